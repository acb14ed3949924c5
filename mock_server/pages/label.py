"""What a shipping label says; `drawing` makes it a PDF."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """What is printed; `direction` is the vendor's word (`return`, `outbound`)."""

    carrier: str
    service: str
    direction: str
    tracking_number: str
    reference: str
