"""Records requests that the server refuses before the application receives them, such as 431 and 408."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mock_server.journal.entry import FieldProblem
    from mock_server.journal.journal import Journal

_LONGEST: Final = 2_000
"""The number of bytes of the target that are kept."""


@dataclass(frozen=True, slots=True)
class _Sentence:
    message: str
    fields: Sequence[FieldProblem] = ()


@dataclass(slots=True)
class _Refused:
    """The state of a request without an API, an operation and a tenant."""

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
    """Record a refused request; `target` is its path and query as far as they were received."""
    path, _, query = target[:_LONGEST].partition(b"?")
    scope: dict[str, Any] = {"method": method, "path": "", "raw_path": path or b"/", "query_string": query}
    scope["headers"] = []
    state = _Refused(_Sentence(sentence), journal.ticks())
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    journal.record(scope, state, _Answer(status, sentence.encode()), headers)
