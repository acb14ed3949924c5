"""Typed records of returns, allowed moves and upcoming steps; all times are timezone-aware, in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Upcoming:
    """A step or a webhook that becomes due at the time `at` on the tenant's clock.

    `kind` is `step` for a scheduled step, such as a carrier's scan, and `webhook` for an attempt to send a
    webhook. `what` is the name of the step or of the webhook's event, and `subject` is the ID of the return,
    shipment or webhook. `return_id` is the return's ID, or None if it is unknown. `status` is the return's
    new status, or None if the status does not change. `sentence` describes what will happen. `error` explains
    why a step will fail, or is None.
    """

    at: datetime
    kind: str
    vendor: str
    what: str
    subject: str
    return_id: str | None
    status: str | None
    sentence: str
    error: str | None


@dataclass(frozen=True, slots=True)
class ReturnSummary:
    """A return in a form that is the same for all vendors.

    `status` is the vendor's status, and `state` is the neutral state. `amount` is the value of the returned
    items in `currency` (an ISO 4217 code), or None if the value is unknown.
    """

    vendor: str
    id: str
    number: str
    order_number: str
    customer_name: str
    customer_email: str
    status: str
    state: str
    amount: Decimal | None
    currency: str | None
    created_at: datetime
    updated_at: datetime
    age_seconds: int


@dataclass(frozen=True, slots=True)
class AllowedMove:
    """A status to which a return can be moved now, and the effects of the move.

    `name` is a label for the move, such as "Approve", and `sentence` describes its effects. `sends` contains
    the webhooks that the move sends, as objects with `event`, `webhook` and `address`.
    """

    name: str
    status: str
    state: str
    sentence: str
    sends: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class ReturnDetails:
    """A return with its items, parcels, allowed moves and next steps, and the vendor's document.

    The objects in `items` and `parcels` have the fields that the control plane's specification describes for
    `get_return`.
    """

    summary: ReturnSummary
    items: tuple[Mapping[str, Any], ...]
    parcels: tuple[Mapping[str, Any], ...]
    moves: tuple[AllowedMove, ...]
    next: tuple[Upcoming, ...]
    document: Mapping[str, Any]


def upcoming(entry: Mapping[str, Any]) -> Upcoming:
    """Build an `Upcoming` from the control plane's JSON."""
    values = {**entry, "at": datetime.fromisoformat(entry["at"]), "return_id": entry["return"]}
    del values["return"]
    return Upcoming(**values)


def summary(entry: Mapping[str, Any]) -> ReturnSummary:
    """Build a `ReturnSummary` from the control plane's JSON."""
    return ReturnSummary(
        vendor=entry["vendor"],
        id=entry["id"],
        number=entry["number"],
        order_number=entry["order_number"],
        customer_name=entry["customer"]["name"],
        customer_email=entry["customer"]["email"],
        status=entry["status"],
        state=entry["state"],
        amount=None if entry["amount"] is None else Decimal(entry["amount"]),
        currency=entry["currency"],
        created_at=datetime.fromisoformat(entry["created_at"]),
        updated_at=datetime.fromisoformat(entry["updated_at"]),
        age_seconds=entry["age_seconds"],
    )


def details(shown: Mapping[str, Any]) -> ReturnDetails:
    """Build a `ReturnDetails` from the control plane's JSON."""
    moves = (AllowedMove(**{**move, "sends": tuple(move["sends"])}) for move in shown["moves"])
    return ReturnDetails(
        summary=summary(shown),
        items=tuple(shown["items"]),
        parcels=tuple(shown["parcels"]),
        moves=tuple(moves),
        next=tuple(map(upcoming, shown["next"])),
        document=shown["document"],
    )
