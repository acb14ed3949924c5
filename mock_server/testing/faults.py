"""A client for one tenant's faults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mock_server.testing.tenant import Tenant


@dataclass(frozen=True, slots=True)
class Fault:
    """A tenant's fault; this object does not change when the fault affects further calls.

    `calls` is the number of calls so far that match the fault, and `fired` is the number of calls that it has
    affected. `active` is False if the fault cannot affect any further call. `scenario` is None unless a
    scenario added the fault.
    """

    id: str
    scenario: str | None
    vendor: str
    operation: str
    what: str
    parameters: Mapping[str, Any]
    when: Mapping[str, Any]
    calls: int
    fired: int
    active: bool


class Faults:
    """Adds, lists and deletes a tenant's faults."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def add(
        self,
        what: str,
        *,
        vendor: str = "*",
        operation: str = "*",
        next: int | None = None,  # noqa: A002 - the name in the control plane
        every: int | None = None,
        share: float | None = None,
        after: int | None = None,
        seed: int | None = None,
        **parameters: Any,
    ) -> Fault:
        """Add a fault such as `add("rate_limited", operation="create_return", next=3, retry_after=30)`.

        The fault affects the next `next` calls, each `every`-th call, the fraction `share` of the calls (0 to
        1), or all calls, but not the first `after` calls of an operation. `seed` determines which calls
        `share` selects. `parameters` depend on the kind of fault. Raises `SandboxError` if a value is not
        valid.
        """
        when = {"next": next, "every": every, "share": share, "after": after, "seed": seed}
        body = {
            "vendor": vendor,
            "operation": operation,
            "what": what,
            "parameters": parameters,
            "when": {name: value for name, value in when.items() if value is not None},
        }
        return Fault(**self._tenant.call("POST", "/faults", json=body))

    def list(self) -> Sequence[Fault]:
        """List the tenant's faults in the order in which they were added."""
        return [Fault(**row) for row in self._tenant.call("GET", "/faults")["faults"]]

    def get(self, id_: str) -> Fault:
        """Return the fault with an ID; raise `SandboxError` if the tenant has no such fault."""
        return Fault(**self._tenant.call("GET", f"/faults/{quote(id_, safe='')}"))

    def delete(self, id_: str) -> None:
        """Delete the fault with an ID; raise `SandboxError` if the tenant has no such fault."""
        self._tenant.call("DELETE", f"/faults/{quote(id_, safe='')}")

    def clear(self) -> None:
        """Delete all of the tenant's faults."""
        self._tenant.call("DELETE", "/faults")

    def scenario(self, name: str, *, vendor: str = "*", seed: int | None = None) -> Sequence[Fault]:
        """Replace the tenant's faults with those of a scenario, such as `flaky`, and return the new faults.

        Raises `SandboxError` if the scenario is unknown.
        """
        body = {"name": name, "vendor": vendor, **({} if seed is None else {"seed": seed})}
        return [Fault(**row) for row in self._tenant.call("POST", "/scenario", json=body)["faults"]]
