"""Converts events to text that can be stored in a database, and back."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from connector.runtime.polling import Event

FRACTION = "\0decimal"
"""The key of the JSON object that represents a `Decimal`, whose exact digits a JSON number would lose."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """An event or unreadable row that was set aside (moved to the skipped entries) and is not delivered.

    `why` states the reason, and `at` is when the entry was set aside. `event` is None for an unreadable row.
    """

    event: Event | None
    why: str
    at: datetime


def storable(text: str) -> str:
    """Make text storable in any database: escape lone surrogates, and remove NUL characters."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "")


def json_of(event: Event) -> str:
    """Serialize an event to JSON, preserving the exact digits of `Decimal` values."""
    return json.dumps(
        {
            "id": event.id,
            "trigger": event.trigger,
            "occurred_at": event.occurred_at and event.occurred_at.isoformat(),
            "observed_at": event.observed_at.isoformat(),
            "data": event.data,
        },
        default=lambda value: {FRACTION: str(value)} if isinstance(value, Decimal) else dict(value),
    )


def event_of(text: str) -> Event:
    """Parse an event serialized by `json_of`.

    Raises `KeyError`, `TypeError` or `ValueError` if the JSON is damaged.
    """

    def restored(members: dict[str, Any]) -> Any:
        digits = members.get(FRACTION)
        with suppress(InvalidOperation):
            return Decimal(digits) if isinstance(digits, str) else members
        return members

    fields = json.loads(text, object_hook=restored)
    occurred = fields["occurred_at"]
    return Event(
        id=fields["id"],
        trigger=fields["trigger"],
        occurred_at=datetime.fromisoformat(occurred) if occurred else None,
        observed_at=datetime.fromisoformat(fields["observed_at"]),
        data=fields["data"],
    )
