"""Defines the interface through which `Runner` stores cursors and events that are pending delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager
    from datetime import datetime

    from connector.runtime.polling import Cursor, Event
    from connector.runtime.stored_events import Skipped


class Outbox(Protocol):
    """The methods that `Cursors` (a SQLite file) and `DatabaseCursors` (a database) share.

    A `place` is an event's number in the outbox. `Cursors` describes each method.
    """

    def locked(self, profile: str, trigger: str) -> AbstractContextManager[None]: ...
    def load(self, profile: str, trigger: str) -> Cursor | None: ...
    def waiting(self, profile: str, trigger: str) -> list[tuple[int, Event]]: ...
    def failures(self, profile: str, trigger: str) -> dict[int, int]: ...
    def record_failure(self, place: int) -> None: ...
    def advance(
        self,
        profile: str,
        trigger: str,
        cursor: Cursor,
        events: Iterable[Event],
        *,
        rows: Iterable[str] = (),
        at: datetime | None = None,
    ) -> None: ...
    def set_aside(self, place: int, why: str, at: datetime) -> None: ...
    def skipped(self, profile: str, trigger: str) -> list[Skipped]: ...
    def retry(self, profile: str, trigger: str) -> int: ...
    def settle(self, place: int) -> None: ...
    def forget(self, profile: str, trigger: str) -> None: ...
