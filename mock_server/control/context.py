"""Helpers for the control plane's handlers: look up tenants and vendors, parse times, build errors."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from mock_server.bulk import Bulk
from mock_server.clock import SECOND, instant, reached_at, timestamp, whole_second
from mock_server.engine.call import Call
from mock_server.engine.problem import FieldError, Problem
from mock_server.engine.reply import Reply
from mock_server.faults.registry import Faults
from mock_server.spelling import UnknownNameError
from mock_server.tenants import Tenant, Tenants, UnknownTenantError
from mock_server.vendors import Vendor
from mock_server.world import World

LAST: Final = instant("2200-01-01")
_FIRST: Final = instant("1990-01-01")
"""Times from `_FIRST` up to, but not including, `LAST` are valid in every vendor's date formats."""


@dataclass(frozen=True, slots=True)
class ControlContext:
    """The world, tenants, vendors and faults of one sandbox, shared by all handlers of the control plane."""

    world: World
    tenants: Tenants
    vendors: Mapping[str, Vendor]
    faults: Faults
    bulk: Bulk = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "bulk", Bulk(self.world, self.tenants, self.vendors))

    def tenant(self, call: Call) -> Tenant:
        """Look up the tenant in the request's path; raise `Problem("not_found")` if it does not exist."""
        with self.missing():
            return self.tenants.get(call.path["tenant"])

    @contextmanager
    def missing(self) -> Iterator[None]:
        """Convert an `UnknownTenantError` raised in the `with` block to `Problem("not_found")`.

        Even if a tenant existed when a request arrived, another request can delete it while this request
        waits.
        """
        try:
            yield
        except UnknownTenantError as error:
            raise unknown_name(error) from None

    def vendor(self, name: str) -> Vendor:
        """Look up a vendor named in a request; raise `UnknownNameError` if it is not served."""
        try:
            return self.vendors[name]
        except KeyError:
            raise UnknownNameError("vendor", name, self.vendors, field="vendor") from None

    def vendor_in_path(self, call: Call) -> Vendor:
        """Look up the vendor in the request's path; raise `UnknownNameError` if it is not served."""
        name = call.path["vendor"]
        if name not in self.vendors:
            raise UnknownNameError("vendor", name, self.vendors)
        return self.vendors[name]

    def clock(self, tenant: str) -> dict[str, Any]:
        """Build the JSON of a tenant's clock."""
        clocks = self.world.clocks
        due = clocks.next_due(tenant)
        return {
            "now": timestamp(clocks.now(tenant)),
            "frozen": clocks.frozen(tenant),
            "ahead_seconds": round(clocks.offset(tenant) / SECOND, 3) + 0.0,  # turns -0.0 into 0.0
            "next_due": None if due is None else reached_at(due),
        }

    async def now(self, tenant: str) -> int:
        """Run a tenant's due steps, then return the tenant's current time, rounded down to whole seconds.

        The result is in microseconds since the Unix epoch. Raises `Problem("not_found")` if the tenant was
        deleted while the steps were run.
        """
        await self.world.clocks.catch_up_in_slices(tenant)
        with self.missing():
            self.tenants.get(tenant)
        return whole_second(self.world.clocks.now(tenant))

    def credentials(self, call: Call, vendor: Vendor, key: str) -> dict[str, Any]:
        """Return what a client needs to use an API key: base URL, form values, headers, query parameters."""
        path = self.world.settings.path_of(vendor.name, vendor.base_path)
        return {"base_url": call.base_url + path, **vendor.credentials(key)}


def moment(text: str, field: str) -> int:
    """Parse a date-time string to microseconds since the Unix epoch, rounded down to whole seconds.

    Raises `Problem("invalid")` for the field `field` if the string is not a date-time, or is outside the
    years 1990 to 2199.
    """
    try:
        at = whole_second(instant(text))
    except ValueError:
        raise invalid(field, "must be a date-time like 2026-03-02T09:00:00Z") from None
    if not _FIRST <= at < LAST:
        raise invalid(field, "must be between the years 1990 and 2199")
    return at


def invalid(field: str, message: str) -> Problem:
    """Create the `Problem` for an invalid field of a request; `message` is the rule that it breaks."""
    end = "" if message.endswith("?") else "."
    separator = " " if message.startswith(("is ", "must ")) else ": "
    return Problem(
        "invalid", f"{field}{separator}{message.rstrip('.')}{end}", fields=(FieldError(field, message),)
    )


def unknown_name(error: UnknownNameError) -> Problem:
    """Build the problem for a name that does not exist.

    It is "invalid" if a field of the request contains the name, and "not_found" if the path does.
    """
    message, details = str(error), {"unknown": error.kind}
    if not error.field:
        return Problem("not_found", message, details=details)
    return Problem("invalid", message, fields=(FieldError(error.field, message),), details=details)


def is_of_vendor(call: Call, vendor: str) -> bool:
    """Return True if a list request asks for this vendor's entries, or for those of all vendors."""
    return "vendor" not in call.query or vendor == str(call.query["vendor"])


def conflict(error: Exception) -> Reply:
    """Build the 409 response to a request that conflicts with existing data."""
    return Reply(409, {"error": {"code": "conflict", "message": str(error)}})
