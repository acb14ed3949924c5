"""The content of a shipping label, which `label_pdf` renders as a PDF."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """The strings on a shipping label.

    `direction` is the vendor's term for the shipment's direction, such as `return` or `outbound`.
    """

    carrier: str
    service: str
    direction: str
    tracking_number: str
    reference: str
