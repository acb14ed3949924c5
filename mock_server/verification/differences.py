"""`Difference`: one thing that a tenant's stored data and its ledger tell differently."""

from dataclasses import dataclass
from typing import Literal

Part = Literal["ledger", "row", "counter", "report", "switch", "step", "delivery"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference in `part` of the data, about the record `subject` ("" if it is not about one).

    `message` is a complete sentence that can be shown to the user.
    """

    part: Part
    vendor: str
    subject: str
    message: str
