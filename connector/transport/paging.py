"""Paging: where the next page of a list begins, when the list ends, and how endless lists are detected."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connector.definition.paths import at_path
from connector.errors import UnexpectedResponse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from connector.definition.model import Paging
    from connector.transport.answers import Answer

Position = int | str
"""Where a page begins, as the vendor counts: a page number, an offset in rows, or an opaque cursor."""

MAX_PAGES = 1_000
"""A list with more pages counts as endless."""
MAX_EMPTY_PAGES = 3
"""This many empty pages in a row are skipped, if each names a next page; more are an error."""
MAX_STALE_PAGES = 10
"""This many pages in a row without a new row are an error.

A single one is normal: rows inserted during the reading push known rows to the next page.
"""
MANY = 10
"""A trigger stops at a page that repeats this many rows: fewer are inserted between two requests."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list.

    `rows` are its records, `next` is where the next page begins (None: this is the last one). `total` is
    the number of rows in the whole list, `at` the vendor's clock when it answered; both None if not
    reported. `malformed` are rows that are not objects, each with its index on the page. `short` is true if
    fewer rows came than requested and the vendor does not report whether there are more.
    """

    rows: tuple[Mapping[str, Any], ...]
    next: Position | None
    total: int | None = None
    at: datetime | None = None
    malformed: tuple[tuple[int, Any], ...] = ()
    short: bool = False


class EndlessList(UnexpectedResponse):
    """A list has too many pages; reading it again from the start would not help."""


@dataclass(slots=True)
class PageWalk:
    """Follows one reading of a list, and raises an error if the list does not end.

    `key` is the path of the rows' ids; without one, rows are compared by their content. `seen` are digests
    of the page cursors requested so far, `pages` counts the pages read, `total` is the last total reported.
    `total_fell` is true once a total is smaller than the one before: a row was deleted, so rows moved up to
    pages already read. These four are stored as JSON if a later poll continues the reading.
    """

    operation: str
    key: tuple[str, ...] = ()
    pages: int = 0
    seen: list[str] = field(default_factory=list)
    total: int | None = None
    total_fell: bool = False
    known: set[str] = field(default_factory=set)
    before: list[str] = field(default_factory=list)
    short: bool = False
    empty: int = 0
    stale: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return what `resume_walk` needs to continue in a later poll."""
        return {"pages": self.pages, "seen": list(self.seen), "total": self.total, "fell": self.total_fell}

    def visit(self, page: Page) -> bool:
        """Record a page; return whether its rows are part of the list.

        They are not if a short page comes a second time: some vendors repeat the last page for every page
        number after it, so the list ended with the page before. Raises `UnexpectedResponse` if the page
        shows that the list does not end.
        """
        self.pages += 1
        keys = self._keys(page)
        # Only without a total (`short`), and by content: a full page that comes twice is counted as stale
        # below.
        if self.short and page.short and keys and keys == self.before:
            return False
        self.short = page.short
        if page.total is not None:
            self.total_fell = self.total_fell or (self.total is not None and page.total < self.total)
            self.total = page.total
        self._count(keys)
        if page.next is None:
            return True
        if self.empty > MAX_EMPTY_PAGES:
            raise self._error("too many pages in a row are empty, and each names a next page.")
        if self.stale >= MAX_STALE_PAGES:
            raise self._error(
                "the pages contain nothing new: the vendor does not answer with the requested page."
            )
        # Digests, because page cursors can be kilobytes long and are stored with the trigger's cursor.
        if isinstance(page.next, str):
            digest = hashlib.sha256(page.next.encode("utf-8", "surrogatepass")).hexdigest()[:16]
            if digest in self.seen:
                raise self._error("the pages form a loop: a page names an earlier one as the next.")
            self.seen.append(digest)
        if self.pages >= MAX_PAGES:
            message = f"{self.operation}: the list did not end after {MAX_PAGES:,} pages."
            raise EndlessList(message, operation=self.operation)
        return True

    def _count(self, keys: list[str]) -> None:
        """Count the empty pages in a row, and the pages in a row without a new row."""
        if not keys:
            self.empty += 1
            return
        fresh = set(keys) - self.known
        self.known |= fresh
        self.empty, self.stale = 0, 0 if fresh else self.stale + 1
        # A trigger's reading has a key. It ends at once, or each poll would spend ten requests on the same
        # page.
        if self.key and keys == self.before and len(keys) >= MANY:
            self.stale = MAX_STALE_PAGES
        self.before = keys

    def _keys(self, page: Page) -> list[str]:
        values = [at_path(row, self.key) if self.key else row for row in page.rows]
        values += [row for _index, row in page.malformed]
        return [
            json.dumps(value) if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
            for value in values
        ]

    def _error(self, fault: str) -> UnexpectedResponse:
        return UnexpectedResponse(f"{self.operation}: {fault}", operation=self.operation)


def resume_walk(operation: str, key: tuple[str, ...], stored: Any) -> PageWalk:
    """Continue the walk that `PageWalk.as_json` stored; start a new one if it is missing or damaged."""
    state = stored if isinstance(stored, dict) else {}
    walk = PageWalk(operation, key)
    if isinstance(state.get("pages"), int) and isinstance(state.get("seen"), list):
        walk.pages, walk.seen = state["pages"], [str(digest) for digest in state["seen"]]
        walk.total, walk.total_fell = state.get("total"), bool(state.get("fell"))
    return walk


def as_page(paging: Paging, answer: Answer, position: Position | None, size: int) -> Page:
    """Read the answer of a list as the page at `position`; `size` is the number of rows requested.

    A page is the last one if it is empty and names no next page, or if it reaches the total that the vendor
    reports. A page with fewer rows than requested is not: vendors cap the page size without saying so. Raises
    `UnexpectedResponse` for a page with rows that names itself as the next.
    """
    rows = tuple(row for row in answer.data if isinstance(row, dict))
    malformed = tuple((index, row) for index, row in enumerate(answer.data) if not isinstance(row, dict))
    if paging.next is not None:
        return Page(rows, _next_cursor(paging.next, answer, position), at=answer.date, malformed=malformed)
    total = _count(answer.body, paging.total)
    reported = _count(answer.body, paging.size_reported)
    count, here = len(answer.data), paging.first if position is None else int(position)
    # An offset counts the rows received, not those requested: vendors cap the page size without saying so.
    if paging.style == "offset":
        following, last = here + count, total is not None and here + count >= total
    else:
        following, number = here + 1, here - paging.first
        last = total is not None and _reached(total, number, count, size, reported)
    short = total is None and count < (reported or size)
    return Page(rows, None if last or not count else following, total, answer.date, malformed, short)


def _reached(total: int, number: int, count: int, size: int, reported: int | None) -> bool:
    """Check whether page `number` (0 is the first) with `count` rows is the last of a list of `total` rows.

    `reported` is the page size that the vendor reports. Without it, pages may be smaller than the requested
    `size`, so the list may have more pages than `total / size`.
    """
    if reported:
        return (number + 1) * reported >= total
    full = count == size and (number + 1) * size >= total
    return full or number * size + count == total or total <= count


def _next_cursor(path: tuple[str, ...], answer: Answer, position: Position | None) -> Position | None:
    """Return the cursor of the next page; None if the answer has none, or an empty page names itself."""
    cursor = at_path(answer.body, path)
    if cursor is None or cursor is False or (isinstance(cursor, str) and not cursor.strip()):
        return None
    where = ".".join(path)
    if not isinstance(cursor, str | int) or cursor is True:
        raise UnexpectedResponse(
            f"{answer.operation}: {where} names the next page, but is neither text nor a whole number.",
            operation=answer.operation,
        )
    if str(cursor) != str(position):
        return cursor
    if not answer.data:
        return None
    raise UnexpectedResponse(
        f"{answer.operation}: a page names itself as the next one.", operation=answer.operation
    )


def _count(body: Any, path: tuple[str, ...] | None) -> int | None:
    count = None if path is None else at_path(body, path)
    return count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None
