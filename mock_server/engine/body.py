"""Reads request bodies up to a size limit, parses them as JSON and validates them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from mock_server.engine.messages import WHOLE, explain, refusal, shorten
from mock_server.engine.problem import FieldError, Problem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, MutableMapping

    from mock_server.engine.schema import Schemas

    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

JSON = "application/json"
_CHARSETS = {"", "utf-8", "utf8", "us-ascii"}


class ClientDisconnected(Exception):  # noqa: N818 - an event, not an error: no client is left to respond to
    """Raised if the client disconnects before its request body is complete."""


async def receive_body(receive: Receive, limit: int) -> bytes:
    """Receive the whole request body.

    Raises `Problem("too_large")` if the body exceeds `limit` bytes, or `ClientDisconnected` if the client
    disconnects before the body is complete.
    """
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks) if len(chunks) > 1 else chunk


def too_large(limit: int) -> Problem:
    """Build the `Problem` for a request body of more than `limit` bytes."""
    return Problem("too_large", f"The request body is larger than {limit} bytes.", details={"limit": limit})


class Body:
    """The compiled Request Body Object of one operation, which receives and validates JSON bodies.

    `limit` is the size limit in bytes; `x-max-body` in the specification raises it. Raises `ValueError` if
    the specification allows a media type other than JSON.
    """

    __slots__ = ("_limit", "_required", "_validator")

    def __init__(self, raw: Mapping[str, Any], schemas: Schemas, limit: int) -> None:
        if set(raw["content"]) != {JSON}:
            raise ValueError(f"Request bodies of {', '.join(raw['content'])} are not supported.")
        self._required = raw.get("required", False)
        self._validator = schemas.validator(raw["content"][JSON]["schema"], "request")
        self._limit = max(limit, raw.get("x-max-body", 0))

    async def receive(self, headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
        """Receive the request body.

        Raises `Problem` if the body is too large, and `ClientDisconnected` if the client disconnects before
        the body is complete.
        """
        # A body whose Content-Length is too large need not be received. Twenty digits are enough to compare.
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length[:20]) > self._limit:
            raise too_large(self._limit)
        return await receive_body(receive, self._limit)

    def parse(self, headers: Mapping[bytes, bytes], raw: bytes) -> Any:
        """Parse and validate a received body; return its JSON value, or None if there is no body.

        Raises `Problem` if a required body is missing, or if the body is not JSON or not valid.
        """
        if not raw:
            if self._required:
                raise refusal([FieldError(WHOLE, "is required: send a JSON document")])
            return None
        if b"content-encoding" in headers:
            _check_encoding(headers[b"content-encoding"].decode("latin-1"))
        _check_type(headers.get(b"content-type", b"").decode("latin-1"))
        value = _parse(raw)
        # `is_valid` takes a few microseconds. Finding the errors takes longer; only invalid bodies need it.
        if not self._fits(value):
            raise refusal(explain(self._validator, value) or [FieldError(WHOLE, "is not valid")])
        return value

    def _fits(self, value: Any) -> bool:
        try:
            return self._validator.is_valid(value)
        except ValueError:  # deeper than the validator supports
            return False


def parsed_or_none(raw: bytes) -> Any:
    """Parse a body without validation; return None if it is not JSON."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None


def _check_encoding(encoding: str) -> None:
    """Raise `Problem` for a compressed body (RFC 9110, section 8.4); no vendor documents support for it."""
    if encoding.strip().lower() not in {"", "identity"}:
        raise Problem(
            "unsupported_media_type",
            f"The Content-Encoding {shorten(encoding.strip())} is not supported; send the body uncompressed.",
        )


def _check_type(content_type: str) -> None:
    media, _, rest = content_type.partition(";")
    if media.strip().lower() != JSON:
        found = f"not {shorten(media.strip())}" if media.strip() else "but the header is missing"
        raise Problem("unsupported_media_type", f"The Content-Type must be {JSON}, {found}.")
    for option in rest.split(";"):
        name, _, value = option.strip().partition("=")
        if name.lower() == "charset" and value.strip('"').lower() not in _CHARSETS:
            raise Problem("unsupported_media_type", "JSON bodies must be UTF-8.")


def _parse(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        reason = f"is not valid JSON: {error.msg} (line {error.lineno}, column {error.colno})"
        raise refusal([FieldError(WHOLE, reason)]) from None
