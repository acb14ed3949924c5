"""What all parts of the control plane work with: the world, its tenants and vendors, and how it refuses."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from mock_server.bulk import Bulk
from mock_server.clock import instant, whole_second
from mock_server.engine.call import Call
from mock_server.engine.problem import FieldError, Problem
from mock_server.engine.reply import Reply
from mock_server.tenants import Tenant, Tenants, UnknownTenantError
from mock_server.vendors import Vendor
from mock_server.world import World

LAST: Final = instant("2200-01-01")
_FIRST: Final = instant("1990-01-01")
"""Between them lie the years that every vendor can write."""


@dataclass(frozen=True, slots=True)
class ControlContext:
    """One world with its tenants and the vendors it serves."""

    world: World
    tenants: Tenants
    vendors: Mapping[str, Vendor]
    bulk: Bulk = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "bulk", Bulk(self.world, self.tenants, self.vendors))

    def tenant(self, call: Call) -> Tenant:
        """The tenant of the path."""
        with self.missing():
            return self.tenants.get(call.path["tenant"])

    @contextmanager
    def missing(self) -> Iterator[None]:
        """Answer that there is no such tenant; one may be deleted while another request waits."""
        try:
            yield
        except UnknownTenantError as error:
            raise Problem("not_found", str(error)) from None

    def vendor(self, name: str) -> Vendor:
        """A vendor that a body names."""
        try:
            return self.vendors[name]
        except KeyError:
            raise invalid("vendor", f"this sandbox serves {', '.join(self.vendors)}") from None

    async def now(self, tenant: str) -> int:
        """The tenant's time in whole seconds, with everything carried out that was due."""
        await self.world.clocks.catch_up_in_slices(tenant)
        with self.missing():
            self.tenants.get(tenant)
        return whole_second(self.world.clocks.now(tenant))

    def credentials(self, call: Call, vendor: Vendor, key: str) -> dict[str, Any]:
        """A key as people type it and clients send it, with where to."""
        path = self.world.settings.path_of(vendor.name, vendor.base_path)
        return {"base_url": call.base_url + path, **vendor.credentials(key)}


def moment(text: str, field: str) -> int:
    """Read a date-time to the second."""
    try:
        at = whole_second(instant(text))
    except ValueError:
        raise invalid(field, "must be a date-time like 2026-03-02T09:00:00Z") from None
    if not _FIRST <= at < LAST:
        raise invalid(field, "must lie between the years 1990 and 2199")
    return at


def invalid(field: str, message: str) -> Problem:
    """One field that cannot be so."""
    return Problem("invalid", f"{field}: {message.rstrip('.')}.", fields=(FieldError(field, message),))


def conflict(error: Exception) -> Reply:
    """What stands against what is there already."""
    return Reply(409, {"error": {"code": "conflict", "message": str(error)}})
