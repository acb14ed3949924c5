"""`Difference`: a contradiction between a tenant's stored data and its ledger."""

from dataclasses import dataclass
from typing import Literal

Part = Literal["ledger", "row", "counter", "report", "switch", "step", "delivery"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A contradiction between a tenant's ledger and one part of its stored data.

    `subject` identifies the record, or is "" if the difference is not about a single record. `message` is a
    complete sentence that can be shown to the user.
    """

    part: Part
    vendor: str
    subject: str
    message: str
