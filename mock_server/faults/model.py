"""`Fault`: a fault of a tenant, which counts the calls that match it and the calls that it affects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from mock_server.faults.kinds import ANY, KINDS, WEBHOOK, Kind
from mock_server.faults.schedule import Condition

PREFIX: Final = "flt_"


@dataclass(frozen=True, slots=True)
class NewFault:
    """The fields of a fault to add.

    `vendor` and `operation` are names, or `*` for all. `what` is the kind's name in `KINDS`.
    """

    vendor: str
    operation: str
    what: str
    parameters: Mapping[str, Any]
    condition: Condition


@dataclass(slots=True)
class Fault:
    """A fault of a tenant: a deliberate error in some responses or webhooks of a vendor.

    `calls` counts the calls that match the fault, keyed by `vendor/operation`. `fired` counts the calls for
    which the fault fired. `scenario` is the scenario that added the fault, or "" if it was added
    individually.
    """

    number: int
    tenant: str
    scenario: str
    vendor: str
    operation: str
    what: str
    parameters: Mapping[str, Any]
    condition: Condition
    calls: dict[str, int] = field(default_factory=dict)
    fired: int = 0

    @property
    def id(self) -> str:
        """The fault's ID in the control plane and in the header `X-Sandbox-Fault`."""
        return f"{PREFIX}{self.number}"

    @property
    def kind(self) -> Kind:
        """The definition of the fault's kind in `KINDS`."""
        return KINDS[self.what]

    @property
    def is_active(self) -> bool:
        """False if the fault has fired as often as its condition allows, so that it never fires again."""
        return not self.condition.next or self.fired < self.condition.next

    def matches(self, vendor: str, operation: str) -> bool:
        """Return True if the fault applies to this operation; for webhooks, `operation` is `webhook`."""
        if (self.kind.target == "webhooks") != (operation == WEBHOOK):
            return False
        return self.vendor in (ANY, vendor) and self.operation in (ANY, operation)

    def count(self, vendor: str, operation: str) -> int:
        """Count a call that matches the fault; return its number among the calls of its operation, from 1."""
        key = f"{vendor}/{operation}"
        number = self.calls[key] = self.calls.get(key, 0) + 1
        return number

    def fires(self, vendor: str, operation: str, number: int) -> bool:
        """Return True if the fault fires for the `number`-th call of an operation."""
        return self.is_active and self.condition.holds(number, self.tenant, vendor, operation, self.what)

    def counts(self) -> tuple[bytes, int]:
        """Return the values for the database columns `calls` (as JSON) and `fired`."""
        return orjson.dumps(self.calls), self.fired


def number_of(id_: str) -> int | None:
    """Return the number in a fault's ID, or None if the text is not a fault's ID."""
    digits = id_.removeprefix(PREFIX)
    is_id = id_.startswith(PREFIX) and digits.isascii() and digits.isdigit() and len(digits) < 19  # noqa: PLR2004 - 64 bits
    return int(digits) if is_id else None
