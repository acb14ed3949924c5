"""Jinja filters of the console, which format times, durations, states and JSON for people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import orjson
from markupsafe import Markup, escape

from mock_server.journal.moments import tenant_time
from mock_server.wording import phrase, title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_UNITS: Final = ((86_400 * 365, "y"), (86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_TONES: Final = {
    "requested": "waiting",
    "approved": "open",
    "label_sent": "open",
    "in_transit": "transit",
    "received": "received",
    "inspected": "received",
    "completed": "done",
    "rejected": "refused",
    "cancelled": "refused",
}
"""The CSS class that colours each return state; the states are the same for all vendors."""
_TICK: Final = 0.999
"""Moving a clock rounds its time down to whole seconds, which loses up to this part of a second."""
_OPEN_LEVELS: Final = 3
"""Number of levels of a JSON document that are expanded at first."""
_SECRET: Final = re.compile(r"[A-Za-z0-9_.-]{60,}")
_SHORT: Final = 14
_LONG: Final = 28


def filters() -> dict[str, Callable[..., Any]]:
    """Return the console's Jinja filters, keyed by name."""
    return {
        "ago": ago,
        "breaking": breaking,
        "difference": difference,
        "duration": duration,
        "exact": exact,
        "json_tree": json_tree,
        "json_text": json_text,
        "number": number,
        "plural": plural,
        "segment": segment,
        "shortened": shortened,
        "tenant_time": tenant_time,
        "tone": tone,
        "without_secrets": without_secrets,
        "words": words,
        "ordinal": ordinal,
        "phrase": phrase,
        "received": received,
        "yes_or_no": yes_or_no,
    }


def ago(moment: str, now: str) -> Markup:
    """Render a time relative to `now`, with the exact time as a tooltip; both are RFC 3339 date-times."""
    seconds = round((_parsed(now) - _parsed(moment)).total_seconds())
    text = "now" if seconds == 0 else duration(abs(seconds))
    if seconds:
        text = f"{text} ago" if seconds > 0 else f"in {text}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(moment, exact(moment), text)


def received(exchange: Mapping[str, Any], real_now: str) -> Markup:
    """Render how long ago a request was received in real time, and the tenant's time if it differs.

    `real_now` is the current real time as an RFC 3339 date-time.
    """
    moment = exchange["received_at"]
    age = max(0.0, (_parsed(real_now) - _parsed(moment)).total_seconds())  # `real_now` may be a moment old
    text = f"{duration(age)} ago" if age >= 1 else "now"
    clock = tenant_time(exchange)
    tip = f"{exact(moment)}; the tenant's clock showed {exact(clock)}" if clock else exact(moment)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(moment, tip, text)


def breaking(name: str) -> Markup:
    """Render a path or the name of an event, so that browsers can wrap it after `/`, `.` and `_`."""
    parts = re.split(r"(?<=[/._])", name)
    return Markup("<wbr>").join(parts)


def duration(seconds: float) -> str:
    """Format a duration in the largest unit that fits, such as `3 h`, rounded down."""
    whole = int(abs(seconds))
    return next((f"{whole // size:,} {unit}" for size, unit in _UNITS if whole >= size), "0 s")


def difference(seconds: float) -> str:
    """Format the difference between two clocks, such as `30 d` for a clock that was moved by 30 days."""
    return duration(abs(seconds) + _TICK)


def exact(moment: str) -> str:
    """Format an RFC 3339 date-time as `2026-03-02 09:41:07 UTC`."""
    return f"{_parsed(moment):%Y-%m-%d %H:%M:%S} UTC"


def _parsed(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


def number(value: float) -> str:
    """Format a number with a comma between thousands."""
    return f"{value:,}"


def ordinal(value: int) -> str:
    """Format a positive integer as an ordinal number, such as 2nd, 3rd, 11th or 21st."""
    suffix = "th" if value % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
    return f"{value}{suffix}"


def yes_or_no(value: Any) -> Any:
    """Return "yes" or "no" for a boolean, and any other value unchanged."""
    return value if not isinstance(value, bool) else "yes" if value else "no"


def plural(count: int, noun: str, many: str = "") -> str:
    """Format a count with its noun, such as `1 return` or `2 returns`; `many` is an irregular plural."""
    return f"{count:,} {noun if count == 1 else many or f'{noun}s'}"


def segment(text: str) -> str:
    """Percent-encode a value for use as one segment of a path."""
    return quote(text, safe="")


def shortened(text: str) -> str:
    """Return a long secret with its middle replaced by an ellipsis; a copy button copies the full secret."""
    return text if len(text) <= _LONG else f"{text[:_SHORT]}…{text[-6:]}"


def without_secrets(text: str) -> str:
    """Shorten the long secrets in a code snippet for display; a copy button copies the full snippet."""
    return _SECRET.sub(lambda found: shortened(found[0]), text)


def tone(state: str | None) -> str:
    """Return the CSS class that colours a return state, or `plain` if there is none for the state."""
    return _TONES.get(state or "", "plain")


def words(name: str) -> str:
    """Convert a name in snake case or camel case to words, such as `Label sent` or `Truncated JSON`."""
    return title(name)


def json_text(value: Any) -> str:
    """Format a value as indented JSON."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def json_tree(value: Any) -> Markup:
    """Render a JSON value with syntax colours; objects and arrays can be collapsed without JavaScript."""
    return Markup('<div class="json">{}</div>').format(Markup("").join(_lines(value, Markup(""), 0, "")))


def _lines(value: Any, key: Markup, level: int, comma: str) -> Iterator[Markup]:
    pairs = list(_members(value))
    if not pairs:
        yield Markup("<div>{}{}{}</div>").format(key, _scalar(value), comma)
        return
    is_object = isinstance(value, Mapping)
    begin, end = ("{", "}") if is_object else ("[", "]")
    count = plural(len(pairs), "field" if is_object else "item")
    is_open = Markup(" open") if level < _OPEN_LEVELS else ""
    yield Markup(
        '<details{}><summary>{}{}<span class="count"> {} </span></summary><div class="members">'
    ).format(is_open, key, begin, count)
    for place, (name, member) in enumerate(pairs, 1):
        label = Markup('<span class="key">{}</span>: ').format(_quoted(name)) if is_object else Markup("")
        yield from _lines(member, label, level + 1, "," if place < len(pairs) else "")
    yield Markup("</div></details><div>{}{}</div>").format(end, comma)


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, list):
        yield from (("", member) for member in value)


def _scalar(value: Any) -> Markup:
    if isinstance(value, str):
        return Markup('<span class="text">{}</span>').format(_quoted(value))
    if isinstance(value, Mapping | list):
        return escape("{}" if isinstance(value, Mapping) else "[]")
    kind = "literal" if value is None or isinstance(value, bool) else "digits"
    return Markup('<span class="{}">{}</span>').format(kind, orjson.dumps(value).decode())


def _quoted(text: str) -> str:
    return orjson.dumps(text).decode()
