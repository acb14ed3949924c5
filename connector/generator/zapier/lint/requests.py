"""Lint checks for a Zapier app's HTTP requests: no redirects, a timeout, and a limit on the response size."""

import re
from collections.abc import Iterator
from typing import Any

from connector.generator.zapier.lint.app import App, sources

CALL = re.compile(r"\bz\.request\(")
REDIRECT = re.compile(r"\bredirect:\s*(['\"])manual\1")
BOUNDS = ("signal", "size")


def h014_no_redirect_is_followed(app: App) -> Iterator[str]:
    """Check that no request follows redirects.

    A redirect could send the credentials to another host, or turn a POST request into a GET request.
    """
    for path, call in _calls(app):
        if not REDIRECT.search(call):
            yield f"{path} sends a request that follows redirects: {_short(call)}. Add redirect: 'manual'."
    for path, request in _shorthands(app.definition):
        if request.get("redirect") != "manual":
            yield f"{path} is a request that follows redirects. Add redirect: 'manual'."


def h015_requests_are_bounded(app: App) -> Iterator[str]:
    """Check that each request has a timeout and a limit on the size of the response.

    Otherwise, a slow vendor or a huge response could block a Zap.
    """
    for path, call in _calls(app):
        missing = [name for name in BOUNDS if not re.search(rf"\b{name}\b\s*[:,}}]", call)]
        if missing:
            yield f"{path} sends a request without {' and '.join(missing)}: {_short(call)}. Add them."


def _calls(app: App) -> Iterator[tuple[str, str]]:
    """Yield the file's path and the source code of each call to `z.request`."""
    for path, text in sources(app):
        for call in CALL.finditer(text):
            yield path, text[call.start() : _end_of_call(text, call.end())]


def _end_of_call(text: str, start: int) -> int:
    depth = 1
    for index in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[index], 0)
        if depth == 0:
            return index + 1
    return len(text)


def _shorthands(value: Any, path: str = "The definition") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the path and the content of each request that is defined by an object instead of a function.

    The path is the request's position in the app's definition, such as `authentication.test`.
    """
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
