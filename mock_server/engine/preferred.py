"""Responses that a client chooses for one request with the header `Prefer` (RFC 7240), as in Prism.

    Prefer: code=404                 the documented response with this status
    Prefer: example=empty            the documented example with this name
    Prefer: code=200, dynamic=true   a generated body instead of an example

The request passes the same checks as any other request. Its handler does not run, so nothing changes.
"""

from __future__ import annotations

import re
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from mock_server.engine.generated import generate
from mock_server.engine.problem import FieldError, Problem
from mock_server.engine.reply import File, Reply
from mock_server.engine.responses import JSON, SIGNATURES, BrokenReplyError, encode_unchecked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mock_server.engine.operation import Operation
    from mock_server.engine.problem import Kind
    from mock_server.engine.protocols import Service

_PREFERENCE = re.compile(r'([^\s=;,"]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^\s;,"]*))?')
_NAMES = ("code", "example", "dynamic")
_KINDS: dict[int, Kind] = {
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    429: "rate_limited",
    503: "unavailable",
}
_ERRORS = range(400, 600)
_FIRST_SERVER_ERROR = 500


class Chosen(NamedTuple):
    """The response that a client has chosen with `Prefer`: status, body, headers and media type."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    content_type: bytes


def chosen(header: bytes, operation: Operation, service: Service) -> Chosen | None:
    """Build the response that a client chose; return None if the header chooses no response.

    Raises `Problem("invalid")` if the operation does not document the chosen response.
    """
    preferences = _preferences(header.decode("latin-1"))
    if not preferences:
        return None
    documented = operation.responses.documented
    code = _code(preferences.get("code"), documented)
    node = next((documented[key] for key in (str(code), f"{str(code)[0]}XX") if key in documented), None)
    if node is None and code in _ERRORS and "example" not in preferences:
        reply = service.problem(_undocumented(code, operation))
        body, content_type = encode_unchecked(reply.body), JSON
    elif node is None:
        known = ", ".join(documented)
        raise _invalid("code", f"must be a status that {operation.id} documents ({known}), not {code}")
    else:
        reply, content_type = _reply(code, node, preferences, operation)
        body = operation.responses.encode(reply)
    applied = ", ".join(f"{name}={value}" for name, value in preferences.items())
    headers = (*reply.headers, (b"preference-applied", applied.encode("latin-1")))
    return Chosen(code, body, headers, content_type.encode())


def _preferences(header: str) -> dict[str, str]:
    """Parse the preferences in a `Prefer` header; unknown preferences are ignored (RFC 7240, section 2)."""
    found: dict[str, str] = {}
    for name, value in _PREFERENCE.findall(header):
        if name.lower() in _NAMES:
            found.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", value.strip('"')))
    if found.get("dynamic", "").lower() not in {"", "true", "false"}:
        raise _invalid("dynamic", "must be true or false")
    return found


def _code(preferred: str | None, documented: Mapping[str, Any]) -> int:
    """Return the preferred status, or the lowest documented success status if no status is preferred."""
    if preferred is None:
        return min(int(status) for status in documented if status.startswith("2"))
    if not re.fullmatch("[1-5][0-9]{2}", preferred, re.ASCII):
        raise _invalid("code", f"must be a status code such as 404, not {preferred[:20]!r}")
    return int(preferred)


def _undocumented(code: int, operation: Operation) -> Problem:
    kind = _KINDS.get(code, "invalid" if code < _FIRST_SERVER_ERROR else "server_error")
    message = f"The request prefers the status {code}, which {operation.id} does not document."
    return Problem(kind, message, status=code)


def _reply(
    code: int, node: Mapping[str, Any], preferences: Mapping[str, str], operation: Operation
) -> tuple[Reply, str]:
    """Build the documented response `node` with the status `code`, and return it with its media type.

    Raises `Problem("invalid")` if the client prefers an example that the response does not have.
    """
    content = node.get("content")
    if not content:
        return Reply(code, None), JSON
    media_type, media = next(iter(content.items()))
    if media_type in SIGNATURES:
        return Reply(code, File(media_type, SIGNATURES[media_type] + b"1.4\n%%EOF\n")), media_type
    examples = _examples(media)
    name = preferences.get("example")
    if name is not None and name not in examples:
        known = ", ".join(examples) or "none"
        raise _invalid("example", f"must be the name of an example of {operation.id} {code} ({known})")
    if examples and preferences.get("dynamic", "false").lower() == "false":
        return Reply(code, examples[name] if name else next(iter(examples.values()))), media_type
    return _generated(code, media, examples, operation), media_type


def _examples(media: Mapping[str, Any]) -> dict[str, Any]:
    named = {name: example.get("value") for name, example in media.get("examples", {}).items()}
    return {"default": media["example"]} if "example" in media else named


def _generated(
    code: int, media: Mapping[str, Any], examples: Mapping[str, Any], operation: Operation
) -> Reply:
    """Generate a response from the schema; if the result is invalid, return the first example instead.

    Each call of an operation returns a different body. After a restart, the same bodies are returned in the
    same order.
    """
    responses = operation.responses
    random = Random(f"{operation.id} {code} {next(responses.generated)}")  # noqa: S311 - no secret
    reply = Reply(code, generate(media.get("schema", {}), responses.schemas, random))
    try:
        responses.encode(reply)
    except BrokenReplyError:
        return Reply(code, next(iter(examples.values()), reply.body))
    return reply


def _invalid(name: str, message: str) -> Problem:
    field = f"Prefer: {name}"
    return Problem("invalid", f"{field} {message}.", (FieldError(field, message),))
