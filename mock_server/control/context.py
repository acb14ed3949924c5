"""Shared by the control plane's endpoints: looks up the tenant and vendor of a request, builds errors."""

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
"""Times from `_FIRST` up to `LAST` fit every vendor's date formats."""


@dataclass(frozen=True, slots=True)
class ControlContext:
    """One sandbox: its world, its tenants and the vendors it serves."""

    world: World
    tenants: Tenants
    vendors: Mapping[str, Vendor]
    bulk: Bulk = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "bulk", Bulk(self.world, self.tenants, self.vendors))

    def tenant(self, call: Call) -> Tenant:
        """Return the tenant in the path; raises `Problem("not_found")`."""
        with self.missing():
            return self.tenants.get(call.path["tenant"])

    @contextmanager
    def missing(self) -> Iterator[None]:
        """Turn `UnknownTenantError` into `Problem("not_found")`.

        A tenant that exists at first may be deleted by another request while this one waits.
        """
        try:
            yield
        except UnknownTenantError as error:
            raise Problem("not_found", str(error)) from None

    def vendor(self, name: str) -> Vendor:
        """Return the vendor that a body names; raises `Problem("invalid")`."""
        try:
            return self.vendors[name]
        except KeyError:
            raise invalid("vendor", f"this sandbox serves {', '.join(self.vendors)}") from None

    async def now(self, tenant: str) -> int:
        """Run all steps that are due, then return the tenant's time in µs, rounded to whole seconds."""
        await self.world.clocks.catch_up_in_slices(tenant)
        with self.missing():
            self.tenants.get(tenant)
        return whole_second(self.world.clocks.now(tenant))

    def credentials(self, call: Call, vendor: Vendor, key: str) -> dict[str, Any]:
        """Return how to use a key: the API's base URL, fields to type in, headers and query to send."""
        path = self.world.settings.path_of(vendor.name, vendor.base_path)
        return {"base_url": call.base_url + path, **vendor.credentials(key)}


def moment(text: str, field: str) -> int:
    """Return a date-time in µs, in whole seconds; raises `Problem` naming `field`."""
    try:
        at = whole_second(instant(text))
    except ValueError:
        raise invalid(field, "must be a date-time like 2026-03-02T09:00:00Z") from None
    if not _FIRST <= at < LAST:
        raise invalid(field, "must be between the years 1990 and 2199")
    return at


def invalid(field: str, message: str) -> Problem:
    """Return the problem of one field of a request."""
    return Problem("invalid", f"{field}: {message.rstrip('.')}.", fields=(FieldError(field, message),))


def conflict(error: Exception) -> Reply:
    """Return the 409 reply for a request that conflicts with existing data."""
    return Reply(409, {"error": {"code": "conflict", "message": str(error)}})
