"""The data of a shipping label; `drawing` renders it as a PDF."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """The texts on a label; `direction` is the vendor's word, such as `return` or `outbound`."""

    carrier: str
    service: str
    direction: str
    tracking_number: str
    reference: str
