"""The request that an operation's inputs have to become, written without code of the product."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from support.requests.inputs import Described


@dataclass(frozen=True)
class Sent:
    """A request with decoded values; `query` is sorted by name, and the values of a name keep their order."""

    method: str
    path: tuple[str, ...]
    query: tuple[tuple[str, str], ...]
    body: Any


def expected(operation: Described, values: Mapping[str, Any]) -> Sent:
    """Serialize inputs as OpenAPI's defaults say: `simple` in a path, exploded `form` in a query, JSON."""
    placed: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "body": {}}
    for name, value in values.items():
        placed[operation.places[name]][name] = value
    path = [
        _text(placed["path"][part[1:-1]]) if part[:1] == "{" else part for part in operation.path.split("/")
    ]
    pairs = [
        (name, _text(item))
        for name, value in placed["query"].items()
        for item in (value if isinstance(value, list) else [value])
    ]
    has_body = "body" in operation.places.values()
    return _normal(operation.method, path, pairs, placed["body"] if has_body else None)


def sent(request: httpx.Request, base_path: str = "") -> Sent:
    """Decode a request that arrived."""
    raw, _, query = request.url.raw_path.decode().removeprefix(base_path).partition("?")
    path = [unquote(part) for part in raw.split("/")]
    body = orjson.loads(request.content) if request.content else None
    return _normal(request.method, path, parse_qsl(query, keep_blank_values=True), body)


def _normal(method: str, path: list[str], query: list[tuple[str, str]], body: Any) -> Sent:
    pairs = [(name, plain(value)) for name, value in query]
    return Sent(method, tuple(path), tuple(sorted(pairs, key=lambda pair: pair[0])), plain(body))


def plain(value: Any) -> Any:
    """Return a value with each time as its instant: `…+02:00` and `…Z` may stand for each other.

    A date stands for the start of its day in UTC.
    """
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if not isinstance(value, str) or value[4:5] != "-":
        return value
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        return value
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC).isoformat()


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
