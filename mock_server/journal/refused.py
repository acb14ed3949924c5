"""Records requests that the server rejects before the application gets them, for example with status 431."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mock_server.journal.entry import FieldProblem
    from mock_server.journal.journal import Journal

_LONGEST: Final = 2_000
"""Maximum number of bytes of the request target that are kept."""


@dataclass(frozen=True, slots=True)
class _Sentence:
    message: str
    fields: Sequence[FieldProblem] = ()


@dataclass(slots=True)
class _Refused:
    """The state of a rejected request; the API, the operation and the owner of the key are unknown."""

    problem: _Sentence
    started: int
    body: bytes = b""
    fault: str = ""
    api: None = None
    operation: None = None
    grant: None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes
    now: int = 0


def record_refusal(journal: Journal, method: str, target: bytes, status: int, sentence: str) -> None:
    """Record a rejected request, and the response with the status `status` and the text `sentence`.

    `target` is the part of the request's path and query that the server received.
    """
    path, _, query = target[:_LONGEST].partition(b"?")
    scope: dict[str, Any] = {"method": method, "path": "", "raw_path": path or b"/", "query_string": query}
    scope["headers"] = []
    state = _Refused(_Sentence(sentence), journal.ticks())
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    journal.record(scope, state, _Answer(status, sentence.encode()), headers)
