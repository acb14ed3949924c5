"""The result of comparing a tenant's stored data with its ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference between the stored data and the ledger; `message` explains it.

    `part` is `ledger`, `row`, `counter`, `report`, `switch`, `step` or `delivery`; `subject` is the ID of a
    record, or "".
    """

    part: str
    vendor: str
    subject: str
    message: str


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of `Tenant.verify`, which compares the stored data with the ledger.

    `rows` and `events` are the numbers of compared rows and events. `found` is the number of differences, and
    `differences` contains the first 1,000 of them. `not_verified` contains sentences that describe the data
    that cannot be compared, because the ledger does not contain it.
    """

    ok: bool
    rows: int
    events: int
    found: int
    differences: tuple[Difference, ...]
    not_verified: tuple[str, ...]

    @classmethod
    def read(cls, shown: Mapping[str, Any]) -> Self:
        """Build a verification from the control plane's JSON."""
        differences = tuple(Difference(**row) for row in shown["differences"])
        return cls(**{**shown, "differences": differences, "not_verified": tuple(shown["not_verified"])})
