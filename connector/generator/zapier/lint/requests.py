"""Checks of how the app sends requests: none is redirected, none lasts for ever."""

import re
from collections.abc import Iterator
from typing import Any

from connector.generator.zapier.lint.app import App, sources

CALL = re.compile(r"\bz\.request\(")
REDIRECT = re.compile(r"\bredirect:\s*(['\"])manual\1")
BOUNDS = ("signal", "size")


def h014_no_redirect_is_followed(app: App) -> Iterator[str]:
    """A redirect takes the login along to any host, and makes a read of a write."""
    for path, call in _calls(app):
        if not REDIRECT.search(call):
            yield f"{path} sends a request that follows redirects: {_short(call)}; add redirect: 'manual'."
    for path, request in _shorthands(app.definition):
        if request.get("redirect") != "manual":
            yield f"{path} is a request that follows redirects; add redirect: 'manual'."


def h015_requests_are_bounded(app: App) -> Iterator[str]:
    """A vendor that sends a byte now and then, or an answer without end, must not use up a run."""
    for path, call in _calls(app):
        missing = [name for name in BOUNDS if not re.search(rf"\b{name}\b\s*[:,}}]", call)]
        if missing:
            yield f"{path} sends a request without {' and '.join(missing)}: {_short(call)}."


def _calls(app: App) -> Iterator[tuple[str, str]]:
    """Yield every call of `z.request`, by its file."""
    for path, text in sources(app):
        for found in CALL.finditer(text):
            yield path, text[found.start() : _closing(text, found.end())]


def _closing(text: str, start: int) -> int:
    depth = 1
    for place in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place + 1
    return len(text)


def _shorthands(value: Any, path: str = "The definition") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every request that stands in the definition in place of a function."""
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        place = key if path == "The definition" else f"{path}.{key}"
        if isinstance(inner, dict) and isinstance(inner.get("url"), str) and _sends(key):
            yield place, inner
        else:
            yield from _shorthands(inner, place)


def _sends(key: str) -> bool:
    return key.startswith("perform") or key in {
        "test",
        "authorizeUrl",
        "getAccessToken",
        "refreshAccessToken",
    }


def _short(call: str) -> str:
    return " ".join(call.split())[:80]
