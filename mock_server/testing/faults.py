"""The faults of one tenant of a running sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mock_server.testing.tenant import Tenant


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault as it was when it was read.

    `calls` counts the calls that the fault is about, and `fired` those that met it. `active` is False if it
    never fires again. `scenario` is None if the fault was added by itself.
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

        It fires for the `next` calls, for `every` k-th call, for a `share` of the calls (0 to 1), or for all
        calls; the first `after` calls of an operation pass. `parameters` are those of the kind of fault.
        Raises `SandboxError` if the fault is not valid.
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
        """Return a fault; raises `SandboxError` if the tenant has none with this ID."""
        return Fault(**self._tenant.call("GET", f"/faults/{quote(id_, safe='')}"))

    def delete(self, id_: str) -> None:
        """Delete a fault; raises `SandboxError` if the tenant has none with this ID."""
        self._tenant.call("DELETE", f"/faults/{quote(id_, safe='')}")

    def clear(self) -> None:
        """Delete all of the tenant's faults."""
        self._tenant.call("DELETE", "/faults")

    def scenario(self, name: str, *, vendor: str = "*", seed: int | None = None) -> Sequence[Fault]:
        """Replace the tenant's faults with those of a scenario, such as `flaky`, and return them."""
        body = {"name": name, "vendor": vendor, **({} if seed is None else {"seed": seed})}
        return [Fault(**row) for row in self._tenant.call("POST", "/scenario", json=body)["faults"]]
