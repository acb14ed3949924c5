"""Reads the query parameters of ReturnGO's lists: date filters, comma-separated lists, sorting and cursors.

A cursor of returns names the first row of the next page (`returns.id:<id>`), a cursor of transactions the
last row of this page (`<id>`), both in base64. Clients treat them as opaque.
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
    """Return the store's filters for date filters like `gte:2026-01-18`; several are combined with AND.

    Raises `Problem` for two different `neq` filters, which the store cannot combine.
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
    """Return a date-time in µs; without a zone it is UTC, and 31 February is read as the month's last day."""
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    if year:
        last = calendar.monthrange(year, month)[1]
        text = f"{text[:8]}{min(day, last):02d}{text[10:]}"
    # A `+` that was not percent-encoded arrives as a space.
    return instant(text.replace(" ", "+"))


def words(query: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return the values of a comma-separated parameter; () if it was not sent."""
    if name not in query:
        return ()
    return tuple(dict.fromkeys(word.strip() for word in query[name].split(",") if word.strip())) or NOTHING


def sorting(query: Mapping[str, Any]) -> Sorting:
    """Return the columns of `sort_by`, and whether each is descending; a repeated column is ignored."""
    columns: dict[Order, bool] = {}
    for word in query.get("sort_by", "").split(","):
        if word:
            columns.setdefault(_COLUMNS[word[1:]], word[0] == "-")
    return cast("Sorting", tuple(columns.items()))


def next_return(id_: str) -> str:
    """Return the cursor of the page that begins with this return."""
    return base64.b64encode(f"{_RETURNS}{id_}".encode()).decode()


def last_transaction(id_: str) -> str:
    """Return the cursor of the page that begins after this transaction."""
    return base64.b64encode(id_.encode()).decode()


def read_cursor(query: Mapping[str, Any], beginning: str = "") -> str:
    """Return the id in the request's cursor, or "" if it has none; raises `Problem` for a malformed one."""
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
    """Return the id of the return that the page begins with, or "" for the first page."""
    return read_cursor(query, _RETURNS)


def wrong_cursor() -> Problem:
    """Return the problem of a cursor that no response has returned."""
    return invalid("cursor", "is not a next_cursor of an earlier page")
