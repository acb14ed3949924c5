"""Reads the body of an answer: at most so much of it, packed and unpacked.

A vendor's answer is a stranger's input. 400 kB of gzip can become 400 MB, and a body without a length need
not end. So the body is unpacked piece by piece here, and reading stops where it becomes too large.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final

import httpx

LARGEST: Final = 32 * 2**20
"""The largest body in bytes, packed and unpacked. Pages of records have a hundredth of it."""
ACCEPTED: Final = "gzip, deflate"
"""The encodings that are unpacked here."""
MOST_LAYERS = 3
GZIP_WINDOW, ZLIB_WINDOW, RAW_WINDOW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that was read to its end. `unread` says why `content` is not what was sent."""

    url: httpx.URL
    status_code: int
    headers: httpx.Headers
    content: bytes
    location: str = ""
    unread: str = ""


class Unreadable(Exception):  # noqa: N818 - what is wrong with the body
    """A body that is too large or cannot be unpacked; the message ends a sentence."""


async def read_body(response: httpx.Response, largest: int = LARGEST) -> bytes:
    """Return the unpacked body; raises `Unreadable`, and what httpx raises for a broken connection."""
    layers = _layers(response.headers, largest)
    stream = response.stream
    assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101 - an asynchronous client made it
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
    """Return the error for a body beyond the limit."""
    return Unreadable(f"is larger than {largest // 2**20} MB" if largest >= 2**20 else "is too large")


class _Layer:
    """One content coding, unpacked to at most `largest` bytes in all."""

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
            made = self._unpack.decompress(data, self._largest - self._size + 1)
        except zlib.error as problem:
            if not self._deflate or self._size:
                raise Unreadable("cannot be unpacked") from problem
            self._deflate = False  # some send deflate without its wrapper
            self._unpack = zlib.decompressobj(RAW_WINDOW)
            return self.feed(self._head)
        self._size += len(made)
        if self._size > self._largest:
            raise too_large(self._largest)
        return made


def _layers(headers: httpx.Headers, largest: int) -> list[_Layer]:
    """Return what unpacks a body, in order; an encoding that was not asked for leaves it as it came."""
    named = [one.strip().lower() for one in headers.get("content-encoding", "").split(",")]
    codings = [one for one in reversed(named) if one not in {"", "identity"}]
    if len(codings) > MOST_LAYERS:
        raise Unreadable("is packed too often")
    if any(one not in {"gzip", "x-gzip", "deflate"} for one in codings):
        return []
    return [_Layer(one, largest) for one in codings]
