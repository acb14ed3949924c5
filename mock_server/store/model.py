"""The store's data types: rows, filters and scheduled steps. Times are microseconds since the Unix epoch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Order = Literal["created_at", "updated_at"]
Sorting = tuple[tuple[Order, bool], ...]
"""The columns to sort by, most significant first; each is paired with True for descending order."""


class StoreError(Exception):
    """Raised if the database cannot be used.

    The message is a complete sentence that can be shown to the user.
    """


class WrongDatabaseError(StoreError):
    """Raised if the sandbox cannot use the chosen database, and another start would fail in the same way.

    The URL, the folder or the permissions are wrong, or the file belongs to another program.
    """


@dataclass(slots=True)
class Row:
    """One of a vendor's records: the vendor's JSON, and vendor-neutral columns for filtering.

    `kind` is vendor-neutral ("return", "shipment", …). `status` is the vendor's status, and `state` is the
    vendor-neutral equivalent. `document` is the whole record, and `summary` is the version shown in lists.
    `parent` is the ID of the row that this row belongs to, or "" if there is no such row. `shop` is "" unless
    the account has several shops. The store assigns `sequence` when the row is inserted; rows with the same
    timestamp are sorted by `sequence`.
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
    """Selects the rows that match all fields that are set.

    If a field has several values, a row must match one of them. The suffix of a time field determines the
    comparison: `_from` (>=), `_after` (>), `_before` (<), `_until` (<=), `_not` (!=). The case of e-mail
    addresses is ignored; order numbers and IDs must match exactly. The value "" matches no row, not even a
    row whose column is "".
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
    """A scheduled step; the vendor's code runs it for the record `subject` when the clock reaches `due`."""

    tenant: str
    vendor: str
    due: int
    step: str
    subject: str
    body: Mapping[str, Any] = field(default_factory=dict)
    id: int = 0
