"""Reads and decompresses the body of a response, up to a size limit.

A response is untrusted input: 400 kB of gzip can decompress to 400 MB, and a body without a length may never
end. Therefore the body is decompressed in chunks, and reading stops as soon as the size limit is exceeded.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final

import httpx

MAX_BODY: Final = 32 * 2**20
"""The maximum size of a body in bytes, both before and after decompression.

The body of a typical page has about 1% of this size.
"""
ACCEPTED: Final = "gzip, deflate"
"""The content codings that this module decompresses (RFC 9110 section 8.4.1)."""
MAX_CODINGS = 3
"""The maximum number of content codings that may be applied to one body."""
GZIP_WINDOW, ZLIB_WINDOW, RAW_WINDOW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP response with its decompressed body.

    `location` is the value of the `Location` header. `unread` is the reason why the body could not be read,
    as a clause such as "is cut off", or "" if it was read.
    """

    url: httpx.URL
    status_code: int
    headers: httpx.Headers
    content: bytes
    location: str = ""
    unread: str = ""


class Unreadable(Exception):  # noqa: N818 - internal: becomes `Reply.unread`
    """Raised if a body is too large, incomplete or damaged; the message is a clause such as "is cut off"."""


async def read_body(response: httpx.Response, largest: int = MAX_BODY) -> bytes:
    """Read and decompress the body of a response, up to `largest` bytes.

    Raises `Unreadable` if the body is too large, incomplete or not decompressible, and `httpx.TransportError`
    if the connection breaks.
    """
    layers = _layers(response.headers, largest)
    stream = response.stream
    assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101 - the client is asynchronous
    received, size = 0, 0
    parts: list[bytes] = []
    async for piece in stream:
        received += len(piece)
        data = piece
        for layer in layers:
            data = layer.feed(data)
        size += len(data)
        if max(received, size) > largest:
            raise too_large(largest)
        parts.append(data)
    if received and not all(layer.complete for layer in layers):
        raise Unreadable("is cut off")
    return b"".join(parts)


def too_large(largest: int) -> Unreadable:
    """Build the error for a body of more than `largest` bytes."""
    return Unreadable(f"is larger than {largest // 2**20} MB" if largest >= 2**20 else "is too large")


class _Layer:
    """A decompressor for one content coding, which raises `Unreadable` after `largest` bytes of output."""

    def __init__(self, coding: str, largest: int) -> None:
        self._deflate = coding == "deflate"
        self._unpack = zlib.decompressobj(ZLIB_WINDOW if self._deflate else GZIP_WINDOW)
        self._largest = largest
        self._size = 0
        self._head = b""

    @property
    def complete(self) -> bool:
        return self._unpack.eof

    def feed(self, data: bytes) -> bytes:
        if self._deflate and not self._size:
            self._head += data
        try:
            output = self._unpack.decompress(data, self._largest - self._size + 1)
        except zlib.error as problem:
            if not self._deflate or self._size:
                raise Unreadable("cannot be decompressed") from problem
            # Some servers send raw deflate data without the zlib wrapper (RFC 9110 section 8.4.1.2).
            self._deflate = False
            self._unpack = zlib.decompressobj(RAW_WINDOW)
            return self.feed(self._head)
        self._size += len(output)
        if self._size > self._largest:
            raise too_large(self._largest)
        return output


def _layers(headers: httpx.Headers, largest: int) -> list[_Layer]:
    """Create a decompressor for each coding in `Content-Encoding`, in the order in which to apply them.

    If a coding is unknown, the returned list is empty, and the caller does not decompress the body.
    Raises `Unreadable` if there are more than `MAX_CODINGS` codings.
    """
    named = [coding.strip().lower() for coding in headers.get("content-encoding", "").split(",")]
    codings = [coding for coding in reversed(named) if coding not in {"", "identity"}]
    if len(codings) > MAX_CODINGS:
        raise Unreadable("is compressed too many times")
    if any(coding not in {"gzip", "x-gzip", "deflate"} for coding in codings):
        return []
    return [_Layer(coding, largest) for coding in codings]
