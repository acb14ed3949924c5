"""What the store keeps and how it is asked. Times are µs since 1970 in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Order = Literal["created_at", "updated_at"]
Sorting = tuple[tuple[Order, bool], ...]
"""Columns to sort by, each with whether the latest comes first."""


class StoreError(Exception):
    """The database cannot be used; the message is one sentence for a person."""


@dataclass(slots=True)
class Row:
    """One vendor record: neutral columns for filters, and the vendor's JSON ready to send.

    `kind` is neutral ("return", "shipment", …), `status` is the vendor's word and `state` the
    neutral one. `parent` is the id of the row this one belongs to, or "". `sequence` is given by
    the store on the first `put` and stays; it decides between equal times. `shop` is for accounts with
    several, else "".
    """

    tenant: str
    vendor: str
    kind: str
    id: str
    status: str
    state: str
    created_at: int
    updated_at: int
    summary: bytes
    document: bytes
    order_number: str = ""
    customer_email: str = ""
    parent: str = ""
    shop: str = ""
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Filters:
    """Which rows of a kind: any of the words within a field, all of the fields together.

    The bounds of `created_at` and `updated_at` say in their name what they include: `created_from` (>=),
    `created_after` (>), `created_before` (<), `created_until` (<=), `created_not` (!=). E-mail addresses
    match in any case, order numbers and ids exactly; an empty word matches nothing.
    """

    statuses: tuple[str, ...] = ()
    created_from: int | None = None
    created_after: int | None = None
    created_before: int | None = None
    created_until: int | None = None
    customer_emails: tuple[str, ...] = ()
    order_numbers: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    created_not: int | None = None
    updated_from: int | None = None
    updated_after: int | None = None
    updated_before: int | None = None
    updated_until: int | None = None
    updated_not: int | None = None
    parent: str | None = None
    parents: tuple[str, ...] = ()
    shop: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens to `subject` when the tenant's clock reaches `due`."""

    tenant: str
    vendor: str
    due: int
    step: str
    subject: str
    body: Mapping[str, Any] = field(default_factory=dict)
    id: int = 0
