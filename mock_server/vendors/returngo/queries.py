"""Parses the query parameters of ReturnGO's list operations: date filters, lists, sorting and cursors.

A cursor for returns contains the ID of the first return on the next page (`returns.id:<id>`). A cursor for
transactions contains the ID of the last transaction on the current page (`<id>`). Both are encoded in base64,
and clients treat them as opaque.
"""

import base64
import binascii
import calendar
from collections.abc import Mapping
from typing import Any, Final, cast

from mock_server.clock import instant
from mock_server.engine.problem import Problem
from mock_server.store import Order, Sorting
from mock_server.vendors.refusals import invalid

_RETURNS: Final = "returns.id:"
_COLUMNS: Final[dict[str, Order]] = {"rma_created_at": "created_at", "rma_updated_at": "updated_at"}
_BOUNDS: Final = {"lt": "before", "lte": "until", "gt": "after", "gte": "from", "neq": "not"}
NOTHING: Final = ("",)
"""A filter value that matches no row."""


def moments(query: Mapping[str, Any], name: str, column: str) -> dict[str, Any]:
    """Convert the date filters in the parameter `name`, such as `gte:2026-01-18`, to fields of `Filters`.

    `column`, which is `created` or `updated`, is the prefix of the fields. A row must match all date filters.
    Raises `Problem` if two `neq` filters exclude different times, because the store can exclude only one.
    """
    bounds: dict[str, int] = {}
    for written in query.get(name, ()):
        operator, _, text = written.partition(":")
        at = _moment(text)
        for bound in ("from", "until") if operator == "eq" else (_BOUNDS[operator],):
            known = bounds.setdefault(bound, at)
            if bound == "not" and known != at:
                raise invalid(name, "can leave out one moment with neq, not several")
            bounds[bound] = max(known, at) if bound in {"from", "after"} else min(known, at)
    return {f"{column}_{bound}": at for bound, at in bounds.items()}


def _moment(text: str) -> int:
    """Parse a date-time into microseconds since the Unix epoch; the default time zone is UTC.

    A day that the month does not have, such as 31 February, becomes the last day of the month.
    """
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    if year:
        last = calendar.monthrange(year, month)[1]
        text = f"{text[:8]}{min(day, last):02d}{text[10:]}"
    # A `+` that was not percent-encoded arrives as a space.
    return instant(text.replace(" ", "+"))


def words(query: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Split a comma-separated parameter into its distinct values.

    Returns () if the parameter was not sent, and `NOTHING` if it contains no value.
    """
    if name not in query:
        return ()
    return tuple(dict.fromkeys(word.strip() for word in query[name].split(",") if word.strip())) or NOTHING


def sorting(query: Mapping[str, Any]) -> Sorting:
    """Parse `sort_by` into pairs of a column and a flag, which is True for descending order.

    If a column occurs more than once, only its first occurrence counts.
    """
    columns: dict[Order, bool] = {}
    for word in query.get("sort_by", "").split(","):
        if word:
            columns.setdefault(_COLUMNS[word[1:]], word[0] == "-")
    return cast("Sorting", tuple(columns.items()))


def next_return(id_: str) -> str:
    """Encode the cursor for the page that begins with the return `id_`."""
    return base64.b64encode(f"{_RETURNS}{id_}".encode()).decode()


def last_transaction(id_: str) -> str:
    """Encode the cursor for the page that begins after the transaction `id_`."""
    return base64.b64encode(id_.encode()).decode()


def read_cursor(query: Mapping[str, Any], beginning: str = "") -> str:
    """Decode the request's cursor, which consists of the prefix `beginning` and an ID, and return the ID.

    Returns "" if no cursor was sent, and raises `Problem` for a malformed cursor.
    """
    if "cursor" not in query:
        return ""
    try:
        text = base64.b64decode(query["cursor"], validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        text = ""
    id_ = text.removeprefix(beginning)
    if not text.startswith(beginning) or not id_.isdigit():
        raise wrong_cursor()
    return id_


def read_return_cursor(query: Mapping[str, Any]) -> str:
    """Decode the ID of the return that the requested page begins with.

    Returns "" for the first page, and raises `Problem` for a malformed cursor.
    """
    return read_cursor(query, _RETURNS)


def wrong_cursor() -> Problem:
    """Build the `Problem` for a cursor that is not the `next_cursor` of an earlier response."""
    return invalid("cursor", "is not the next_cursor from an earlier response")
