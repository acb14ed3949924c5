"""`Repeated`: responses to GET requests, kept until something changes, for clients that poll.

A response is kept only if it depends on nothing but the request, the key and the store: any change of the
store makes all kept responses invalid, and a handler that reads the clock keeps none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mock_server.engine.compression import compress
from mock_server.engine.reply import EventStream, File

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from mock_server.access.grants import Grant
    from mock_server.engine.reply import Reply

MAX_BYTES: Final = 8_000_000
"""The memory limit for the bodies of all kept responses to one API; above it, all are deleted."""
_OVERHEAD: Final = 1_000
_READS: Final = frozenset({"GET", "HEAD"})
_OK: Final = 200
Read = tuple[tuple[bytes, bytes | None], ...]
"""The names of the request headers that a handler read, each with its value, or None if it was not sent."""


class Place(NamedTuple):
    """Where a response may be kept: `key` identifies the operation, the tenant, the path and the query.

    `marks` are the version of the store and the number of times that a clock has been read, before the
    handler runs. `grant` is the grant of the request's key.
    """

    key: Hashable
    marks: tuple[int, int]
    grant: Grant


class Kept:
    """A kept response: its body, the headers of the handler's reply, and what it depends on.

    `grant` is the grant of the key, and `read` contains the request headers that the handler read.
    """

    __slots__ = ("_compressed", "body", "grant", "headers", "is_json", "read", "status")

    def __init__(self, reply: Reply, body: bytes, grant: Grant, read: Read) -> None:
        self.status = reply.status
        self.headers = reply.headers
        self.is_json = not isinstance(reply.body, File | EventStream)
        self.body = body
        self.grant = grant
        self.read = read
        self._compressed = b""

    @property
    def compressed(self) -> bytes:
        """The body in gzip format, which is compressed only once."""
        if not self._compressed:
            self._compressed = compress(self.body)
        return self._compressed


def is_plain_read(scope: Mapping[str, Any], raw: Mapping[bytes, bytes]) -> bool:
    """Return True if a request with the headers `raw` only reads, and its client chooses no response."""
    return scope["method"] in _READS and b"prefer" not in raw


class Repeated:
    """The kept responses of one API; `max_bytes` limits the memory for their bodies."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._version: Any = None
        self._kept: dict[Hashable, Kept] = {}
        self._bytes = 0

    def find(self, place: Place, raw: Mapping[bytes, bytes]) -> Kept | None:
        """Return the response that is kept for a request with the headers `raw`, or None.

        If the store has changed since responses were kept, they are deleted.
        """
        key, (version, _), grant = place
        if version != self._version:
            self._version = version
            self._clear()
            return None
        kept = self._kept.get(key)
        if kept is None or (kept.grant is not grant and kept.grant != grant):
            return None
        for name, value in kept.read:
            if raw.get(name) != value:
                return None
        return kept

    def keep(self, place: Place, kept: Kept) -> None:
        """Keep a response with the status 200 and JSON, unless the store has changed since `find`."""
        if place.marks[0] != self._version or kept.status != _OK or not kept.is_json:
            return
        size = _OVERHEAD + 2 * len(kept.body)
        if self._bytes + size > self._max_bytes:
            self._clear()
        if size <= self._max_bytes:
            self._kept[place.key] = kept
            self._bytes += size

    def _clear(self) -> None:
        self._kept.clear()
        self._bytes = 0
