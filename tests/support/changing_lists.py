"""Lists that change while their pages are read: rows are added or changed between two pages."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from connector.transport.paging import Page, Position
from connector.transport.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def run(coroutine: Any) -> Any:
    """Run a coroutine that never waits, without an event loop."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("The coroutine waits for something.")


def iso(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class GrowingList:
    """A list sorted by creation; `between` is called before each page and may add (backdated) rows."""

    size: int
    inclusive: bool = True
    counts: bool = True
    seed: int = 0
    now: datetime = START
    rows: list[dict[str, Any]] = field(default_factory=list)
    between: Callable[[], None] = lambda: None
    fetched: int = 0

    def add(self, late: int = 0, status: str = "pending") -> str:
        key = f"r{len(self.rows):04d}"
        created = iso(self.now - timedelta(seconds=late))
        self.rows.append({"id": key, "created_at": created, "status": status})
        return key

    async def fetch(self, query: Mapping[str, Any], position: Position | None) -> Page:
        self.between()
        self.fetched += 1
        page = int(position or 1)
        dice = random.Random(self.seed * 7919 + self.fetched)
        rows = [row for row in self.rows if self._fits(row, query)]
        dice.shuffle(rows)  # rows created in the same second come in a different random order each time
        rows.sort(key=lambda row: str(row["created_at"]), reverse=query["order"] == "desc")
        part = rows[(page - 1) * self.size : page * self.size]
        return Page(
            rows=tuple(dict(row) for row in part),
            next=None if page * self.size >= len(rows) else page + 1,
            total=len(rows) if self.counts else None,
            at=self.now,
        )

    def _fits(self, row: Mapping[str, Any], query: Mapping[str, Any]) -> bool:
        if "created_after" not in query:
            return True
        created, bound = parse_time(row["created_at"]), parse_time(query["created_after"])
        return created >= bound if self.inclusive else created > bound


@dataclass
class ChangingList:
    """A list whose rows change; `between` is called before each page and may add and change rows.

    The list contains rows changed since the requested bound, sorted by creation or by change, in either
    direction (`order` 0 to 3). `silent` rows have no timestamps, and then the list has no total.
    """

    size: int
    order: int = 0
    silent: bool = False
    inclusive: bool = True
    now: datetime = START
    rows: list[dict[str, Any]] = field(default_factory=list)
    between: Callable[[], None] = lambda: None
    fetched: int = 0

    def add(self, late: int = 0, status: str = "open") -> str:
        key = f"r{len(self.rows):04d}"
        made = iso(self.now - timedelta(seconds=late))
        self.rows.append(
            {"id": key, "created_at": made, "updated_at": made, "closed_at": None, "status": status}
        )
        return key

    def change(self, place: int, status: str | None = None) -> None:
        row = self.rows[place]
        row["updated_at"] = iso(self.now)
        if status is not None:
            row["status"] = status
        if row["status"] == "closed" and row["closed_at"] is None:
            row["closed_at"] = iso(self.now)

    async def fetch(self, query: Mapping[str, Any], position: Position | None) -> Page:
        self.between()
        self.fetched += 1
        page = int(position or 1)
        bound = parse_time(query["updated_after"].removeprefix("gte:"))
        earliest = bound if self.inclusive else bound + timedelta(seconds=1)
        rows = [row for row in self.rows if parse_time(row["updated_at"]) >= earliest]
        by = ("created_at", "updated_at")[self.order % 2]
        rows.sort(key=lambda row: (row[by], row["id"]), reverse=self.order > 1)
        part = rows[(page - 1) * self.size : page * self.size]
        following = None if page * self.size >= len(rows) else page + 1
        if self.silent:
            shown = tuple({"id": row["id"], "status": row["status"]} for row in part)
            return Page(rows=shown, next=following, at=self.now)
        return Page(rows=tuple(dict(row) for row in part), next=following, total=len(rows), at=self.now)
