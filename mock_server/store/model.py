"""The store's data types: rows, filters and scheduled steps. Times are µs since 1970 in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Order = Literal["created_at", "updated_at"]
Sorting = tuple[tuple[Order, bool], ...]
"""Columns to sort by, each with True for the latest first."""


class StoreError(Exception):
    """The database cannot be used; the message is a sentence for the user."""


@dataclass(slots=True)
class Row:
    """One record of a vendor: neutral columns for filters, and the vendor's JSON ready to send.

    `kind` is neutral ("return", "shipment", …). `status` is the vendor's word for the status, `state` the
    neutral one. `parent` is the id of the row that this one belongs to, or "". `shop` is "" unless the
    account has several shops. The store assigns `sequence` when the row is inserted; it orders rows with
    equal times.
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
    """Selects rows of a kind: a row matches if, in every field that is set, any of the values matches.

    The suffixes of the time fields mean: `_from` (>=), `_after` (>), `_before` (<), `_until` (<=), `_not`
    (!=). E-mail addresses are compared without regard to case, order numbers and ids exactly. "" matches no
    row.
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
    """A scheduled event: the vendor's `step` happens to `subject` when the tenant's clock reaches `due`."""

    tenant: str
    vendor: str
    due: int
    step: str
    subject: str
    body: Mapping[str, Any] = field(default_factory=dict)
    id: int = 0
