"""`Repeated`: responses to repeated requests, kept until something changes, for clients that poll.

A response is kept only if it depends on nothing but the request, the key and the store: any change of the
store makes all kept responses invalid, and a handler that reads the clock keeps none. Of operations with a
body, only refusals of invalid bodies are kept, because their handlers have not run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mock_server.engine.compression import compress
from mock_server.engine.reply import EventStream, File

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from mock_server.access.grants import Grant
    from mock_server.engine.operation import Operation
    from mock_server.engine.parameters import Headers
    from mock_server.engine.problem import Problem
    from mock_server.engine.reply import Reply

MAX_BYTES: Final = 8_000_000
"""The memory limit in bytes for all kept responses to one API; above it, all are deleted."""
MAX_BODY: Final = 4_000
"""The maximum number of bytes of a request's body; responses to longer bodies are not kept."""
_OVERHEAD: Final = 1_000
_READS: Final = frozenset({"GET", "HEAD"})
_OF_BODY: Final = frozenset({b"content-type", b"content-encoding"})
"""The headers on which the validation of a request's body depends."""
_OK: Final = 200
_SERVER_ERROR: Final = 500


class Place(NamedTuple):
    """Where a response may be kept.

    `key` identifies the operation, the tenant, the path, the query and the body. `marks` are the version of
    the store and the number of times that a clock has been read, before the handler runs. `grant` is the
    grant of the request's key, and `sent` are the request's headers.
    """

    key: Hashable
    marks: tuple[int, int]
    grant: Grant
    sent: Headers


class Kept:
    """A response that may be kept: a handler's reply, or the reply to a problem, with the encoded body.

    `headers` are those of the reply, and `problem` is None if the reply is no error.
    """

    __slots__ = ("_compressed", "_depends_on", "_grant", "_is_json", "body", "headers", "problem", "status")

    def __init__(self, reply: Reply, body: bytes, problem: Problem | None = None) -> None:
        self.status = reply.status
        self.headers = reply.headers
        self.body = body
        self.problem = problem
        self._is_json = not isinstance(reply.body, File | EventStream)
        self._compressed = b""
        self._grant: Grant | None = None
        self._depends_on: tuple[tuple[bytes, bytes | None], ...] = ()

    @property
    def compressed(self) -> bytes:
        """The body in gzip format, which is compressed only once."""
        if not self._compressed:
            self._compressed = compress(self.body)
        return self._compressed

    @property
    def size(self) -> int:
        """The estimated memory in bytes, including the compressed body."""
        return 2 * len(self.body) + _OVERHEAD

    @property
    def is_repeatable(self) -> bool:
        """True for JSON with the status 200, and for errors that are the client's."""
        if self.problem is not None:
            return self.status < _SERVER_ERROR
        return self.status == _OK and self._is_json

    def remember(self, place: Place) -> None:
        """Remember the grant and the headers on which the response depends."""
        self._grant = place.grant
        self._depends_on = place.sent.values_of(_OF_BODY | place.sent.read)

    def answers(self, place: Place) -> bool:
        """Return True if the grant and the headers on which the response depends are the same."""
        if self._grant is not place.grant and self._grant != place.grant:
            return False
        raw = place.sent.raw
        for name, value in self._depends_on:  # noqa: SIM110 - `all` would take twice as long
            if raw.get(name) != value:
                return False
        return True


def may_be_kept(operation: Operation, scope: Mapping[str, Any], sent: Headers, body: bytes) -> bool:
    """Return True if a response may be kept: the operation only reads, or has a body that may be invalid.

    Responses that the client chooses with `Prefer` are not kept.
    """
    if b"prefer" in sent.raw or len(body) > MAX_BODY:
        return False
    return operation.body is not None or scope["method"] in _READS


class Repeated:
    """The kept responses of one API; `max_bytes` limits their memory."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._version = -1
        self._kept: dict[Hashable, Kept] = {}
        self._bytes = 0

    def find(self, place: Place) -> Kept | None:
        """Return the response that is kept at a place, or None.

        If the store has changed since responses were kept, they are deleted.
        """
        version = place.marks[0]
        if version != self._version:
            self._version = version
            self.clear()
            return None
        kept = self._kept.get(place.key)
        return kept if kept is not None and kept.answers(place) else None

    def keep(self, place: Place, kept: Kept) -> None:
        """Keep a response, unless the store has changed since `find`, or the response is not repeatable."""
        if place.marks[0] != self._version or place.sent.listed or not kept.is_repeatable:
            return
        if self._bytes + kept.size > self._max_bytes:
            self.clear()
        if kept.size <= self._max_bytes:
            kept.remember(place)
            self._kept[place.key] = kept
            self._bytes += kept.size

    def clear(self) -> None:
        """Delete all kept responses."""
        self._kept.clear()
        self._bytes = 0
