"""Pagination: finds the next page of a list, recognizes the last page, and detects lists that never end."""

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
"""Where a page begins: a page number, an offset in rows, or an opaque cursor, depending on the vendor."""

MAX_PAGES = 1_000
"""The maximum number of pages in a list; a longer list is treated as endless."""
MAX_EMPTY_PAGES = 3
"""The maximum number of consecutive empty pages that each name a next page; one more is an error."""
MAX_STALE_PAGES = 10
"""After this number of consecutive pages without a new row, reading stops with an error.

A single page without a new row is normal: if rows are inserted while the list is read, rows that were already
read move to the next page.
"""
MANY = 10
"""A poll ends with an error if a page has at least this many rows and is the same as the previous page.

A shorter page may be the same as the previous page without an error: if a page has three rows and three rows
are inserted before the next request, the next page contains the same three rows.
"""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list.

    `rows` are the page's records, and `next` is the position of the next page (None on the last page).
    `total` is the number of rows in the whole list, and `at` is the time of the response according to the
    vendor's clock; both are None if the vendor does not report them. `malformed` lists the rows that are not
    JSON objects, each with its index on the page. `short` is true if the page has fewer rows than requested
    and the vendor does not report the total.
    """

    rows: tuple[Mapping[str, Any], ...]
    next: Position | None
    total: int | None = None
    at: datetime | None = None
    malformed: tuple[tuple[int, Any], ...] = ()
    short: bool = False


class EndlessList(UnexpectedResponse):
    """Raised if a list has more than `MAX_PAGES` pages, or if its pages form a loop.

    Reading the list once more from its beginning would end in the same way.
    """


@dataclass(slots=True)
class PageWalk:
    """Tracks the pages of one list while they are read, and raises an error if the list does not end.

    `key` is the path to the ID in a row; if the path is empty, rows are compared by their content. `seen`
    contains digests of the page cursors requested so far, `pages` is the number of pages read, and `total` is
    the last total that the vendor reported. `total_fell` becomes true when the vendor reports a smaller total
    than before: a row was deleted, so later rows may have moved to pages that were already read. If a
    poll ends before the list does, `seen`, `pages`, `total` and `total_fell` are stored for the next poll.
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
        """Return the state of this walk as a JSON object, from which `resume_walk` can restore it."""
        return {"pages": self.pages, "seen": list(self.seen), "total": self.total, "fell": self.total_fell}

    def visit(self, page: Page) -> bool:
        """Record a page; return False if the list had already ended before this page, otherwise True.

        The list had already ended if this page and the previous page are both short and contain the same
        rows: some vendors return the last page again for every higher page number. Raises
        `UnexpectedResponse` if the page shows that the list does not end.
        """
        self.pages += 1
        keys = self._keys(page)
        # `short` implies that there is no total. A full page that is repeated counts as stale, see `_count`.
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
                "the pages contain nothing new: the vendor does not return the requested pages."
            )
        # Only a digest is kept, because page cursors can be kilobytes long, and `seen` is stored for the next
        # poll.
        if isinstance(page.next, str):
            digest = hashlib.sha256(page.next.encode("utf-8", "surrogatepass")).hexdigest()[:16]
            if digest in self.seen:
                message = f"{self.operation}: the pages form a loop: a page names an earlier one as the next."
                raise EndlessList(message, operation=self.operation)
            self.seen.append(digest)
        if self.pages >= MAX_PAGES:
            message = f"{self.operation}: the list did not end after {MAX_PAGES:,} pages."
            raise EndlessList(message, operation=self.operation)
        return True

    def _count(self, keys: list[str]) -> None:
        """Update the counts of consecutive empty pages and of consecutive pages without a new row."""
        if not keys:
            self.empty += 1
            return
        fresh = set(keys) - self.known
        self.known |= fresh
        self.empty, self.stale = 0, 0 if fresh else self.stale + 1
        # Only a trigger's walk has a key. A trigger stops at the first repeated page; otherwise each poll
        # would spend ten requests on that page.
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
    """Restore a walk from the JSON object that `PageWalk.as_json` returned.

    Starts a new walk if `stored` is None or damaged.
    """
    state = stored if isinstance(stored, dict) else {}
    walk = PageWalk(operation, key)
    if isinstance(state.get("pages"), int) and isinstance(state.get("seen"), list):
        walk.pages, walk.seen = state["pages"], [str(digest) for digest in state["seen"]]
        walk.total, walk.total_fell = state.get("total"), bool(state.get("fell"))
    return walk


def as_page(paging: Paging, answer: Answer, position: Position | None, size: int) -> Page:
    """Convert the response for the page at `position` to a `Page`; `size` is the number of rows requested.

    A list with page cursors ends with the page that does not name a next page. Any other list ends with an
    empty page, or with the page that reaches the total reported by the vendor. A page with fewer rows than
    requested is not necessarily the last page, because some vendors limit the page size without saying so.
    Raises `UnexpectedResponse` for a page that has rows and names itself as the next page.
    """
    rows = tuple(row for row in answer.data if isinstance(row, dict))
    malformed = tuple((index, row) for index, row in enumerate(answer.data) if not isinstance(row, dict))
    if paging.next is not None:
        return Page(rows, _next_cursor(paging.next, answer, position), at=answer.date, malformed=malformed)
    total = _count(answer.body, paging.total)
    reported = _count(answer.body, paging.size_reported)
    count, here = len(answer.data), paging.first if position is None else int(position)
    # The offset grows by the rows received, not by the rows requested, because vendors cap the page size.
    if paging.style == "offset":
        following, last = here + count, total is not None and here + count >= total
    else:
        following, number = here + 1, here - paging.first
        last = total is not None and _reached(total, number, count, size, reported)
    short = total is None and count < (reported or size)
    return Page(rows, None if last or not count else following, total, answer.date, malformed, short)


def _reached(total: int, number: int, count: int, size: int, reported: int | None) -> bool:
    """Check whether a page is the last page of a list with `total` rows.

    `number` is the page's number, counted from 0, and `count` is the number of rows on the page. `reported`
    is the page size that the vendor reports. If it is None, pages may be smaller than the requested `size`,
    so the list may have more pages than `total / size`.
    """
    if reported:
        return (number + 1) * reported >= total
    full = count == size and (number + 1) * size >= total
    return full or number * size + count == total or total <= count


def _next_cursor(path: tuple[str, ...], answer: Answer, position: Position | None) -> Position | None:
    """Return the next page's cursor from a response, or None if there is no next page.

    An empty page that names itself as the next page is the last page. Raises `UnexpectedResponse` if a page
    with rows names itself as the next page, or if the cursor is neither a string nor a whole number.
    """
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
