"""`Fault`: one fault of a tenant, with the calls that it has seen and disturbed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from mock_server.faults.kinds import ANY, KINDS, WEBHOOK, Kind
from mock_server.faults.schedule import Condition

PREFIX: Final = "flt_"


@dataclass(frozen=True, slots=True)
class NewFault:
    """A fault to add. `vendor` and `operation` are names, or `*` for all."""

    vendor: str
    operation: str
    what: str
    parameters: Mapping[str, Any]
    condition: Condition


@dataclass(slots=True)
class Fault:
    """A fault that a tenant's clients meet.

    `calls` counts the calls that match its vendor and operation, keyed by `vendor/operation`; `fired` counts
    those that were disturbed. `scenario` names the scenario that added the fault, or is "".
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
        """The ID that clients see: in `X-Sandbox-Fault`, and in the control plane."""
        return f"{PREFIX}{self.number}"

    @property
    def kind(self) -> Kind:
        """The kind of the fault."""
        return KINDS[self.what]

    @property
    def is_active(self) -> bool:
        """False if the fault will never fire again."""
        return not self.condition.next or self.fired < self.condition.next

    def matches(self, vendor: str, operation: str) -> bool:
        """Return True if the fault is about this operation, or about webhooks if `operation` is `webhook`."""
        if (self.kind.target == "webhooks") != (operation == WEBHOOK):
            return False
        return self.vendor in (ANY, vendor) and self.operation in (ANY, operation)

    def count(self, vendor: str, operation: str) -> int:
        """Count a call, and return its number among the calls of its operation, which start at 1."""
        key = f"{vendor}/{operation}"
        number = self.calls[key] = self.calls.get(key, 0) + 1
        return number

    def fires(self, vendor: str, operation: str, number: int) -> bool:
        """Return True if the fault fires for the `number`-th call of an operation."""
        return self.is_active and self.condition.holds(number, self.tenant, vendor, operation, self.what)

    def counts(self) -> tuple[bytes, int]:
        """Return the values of the columns `calls` and `fired`."""
        return orjson.dumps(self.calls), self.fired


def number_of(id_: str) -> int | None:
    """Return the number in a fault's ID, or None if the text is not the ID of a fault."""
    digits = id_.removeprefix(PREFIX)
    is_id = id_.startswith(PREFIX) and digits.isascii() and digits.isdigit() and len(digits) < 19  # noqa: PLR2004 - 64 bits
    return int(digits) if is_id else None
