"""What lists are asked for: filters on moments, lists with commas, sorting, and cursors.

A cursor of returns names the row that comes next, as `returns.id:<id>`; one of transactions the last row that
was shown, as `<id>`; both in base64. Clients take them for opaque.
"""

import base64
import binascii
import calendar
from collections.abc import Mapping
from typing import Any, Final, cast

from mock_server.clock import instant
from mock_server.engine.problem import FieldError, Problem
from mock_server.store import Order, Sorting

_RETURNS: Final = "returns.id:"
_COLUMNS: Final[dict[str, Order]] = {"rma_created_at": "created_at", "rma_updated_at": "updated_at"}
_BOUNDS: Final = {"lt": "before", "lte": "until", "gt": "after", "gte": "from", "neq": "not"}
NOTHING: Final = ("",)
"""A list of words that fits no row."""


def moments(query: Mapping[str, Any], name: str, column: str) -> dict[str, Any]:
    """Return the bounds of the filters `<op>:<moment>` as the store knows them; all of several hold.

    Raises `Problem` for two moments to leave out, which the store cannot ask for at once.
    """
    bounds: dict[str, int] = {}
    for written in query.get(name, ()):
        operator, _, text = written.partition(":")
        at = _moment(text)
        for bound in ("from", "until") if operator == "eq" else (_BOUNDS[operator],):
            known = bounds.setdefault(bound, at)
            if bound == "not" and known != at:
                raise _twice(name)
            bounds[bound] = max(known, at) if bound in {"from", "after"} else min(known, at)
    return {f"{column}_{bound}": at for bound, at in bounds.items()}


def _moment(text: str) -> int:
    """Read a moment; without a zone it is UTC, and a day that its month has not is the month's last.

    A space stands for the `+` of an offset that was not encoded.
    """
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    if year:
        last = calendar.monthrange(year, month)[1]
        text = f"{text[:8]}{min(day, last):02d}{text[10:]}"
    return instant(text.replace(" ", "+"))


def _twice(name: str) -> Problem:
    why = "can leave out one moment with neq, not several"
    return Problem("invalid", f"{name} {why}.", (FieldError(name, why),))


def words(query: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return the words of a list with commas; none where it is not given."""
    if name not in query:
        return ()
    return tuple(dict.fromkeys(word.strip() for word in query[name].split(",") if word.strip())) or NOTHING


def sorting(query: Mapping[str, Any]) -> Sorting:
    """Return the columns of `sort_by`; the first mention of one counts."""
    found: dict[Order, bool] = {}
    for word in query.get("sort_by", "").split(","):
        if word:
            found.setdefault(_COLUMNS[word[1:]], word[0] == "-")
    return cast("Sorting", tuple(found.items()))


def next_return(id_: str) -> str:
    """The cursor of the page that begins with this return."""
    return base64.b64encode(f"{_RETURNS}{id_}".encode()).decode()


def last_transaction(id_: str) -> str:
    """The cursor of the page behind this transaction."""
    return base64.b64encode(id_.encode()).decode()


def read_cursor(query: Mapping[str, Any], beginning: str = "") -> str:
    """Return the id that a cursor holds, "" where none is given; raises `Problem` for none of ours."""
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
    """Return the id of the return that a page begins with; "" is the first page."""
    return read_cursor(query, _RETURNS)


def wrong_cursor() -> Problem:
    """A cursor that no answer has named."""
    return Problem(
        "invalid",
        "cursor is not one that an earlier page named.",
        (FieldError("cursor", "is not one that an earlier page named"),),
    )
