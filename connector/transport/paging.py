"""Pages of a list: where the next one begins, when the list ends, and when its pages go round."""

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
"""Where a page begins, in the vendor's own terms: its number, the rows before it, or an opaque cursor."""

MOST_PAGES = 1_000
"""A list with more pages does not end."""
MOST_EMPTY = 3
"""So many empty pages in a row, each naming another as the next, are passed over."""
MOST_STALE = 10
"""So many pages in a row without a new row are an error. One alone is none: rows that are inserted while
pages are read push known rows to the next page."""
MANY = 10
"""Rows that cannot all be inserted between two requests: a trigger ends at a page that repeats so many."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `next` is where the next one begins (None: there is none).

    `rows` are its records. `odd` are the rows that are no objects, each with its place on the page (0 is the
    first). `total` is how many rows the whole list has, `at` when the vendor answered by its clock; None: not
    told. `short`: fewer rows came than were asked for, and nothing tells whether there are more.
    """

    rows: tuple[Mapping[str, Any], ...]
    next: Position | None
    total: int | None = None
    at: datetime | None = None
    odd: tuple[tuple[int, Any], ...] = ()
    short: bool = False


class Endless(UnexpectedResponse):
    """A list has too many pages: to read it again from its start does not help."""


@dataclass(slots=True)
class PageWalk:
    """One reading of a list from page to page; an error ends it where the list has no end.

    `key` is the path of the rows' ids; without one, rows are told apart by all that they hold. `seen` are the
    digests of the cursors asked for, `pages` counts the pages read, `total` is the last one told. `fell` says
    that a total was less than the one before: a row was deleted, and rows moved up past the place of reading.
    These four are kept as JSON when a later poll goes on with the reading.
    """

    operation: str
    key: tuple[str, ...] = ()
    pages: int = 0
    seen: list[str] = field(default_factory=list)
    total: int | None = None
    fell: bool = False
    known: set[str] = field(default_factory=set)
    before: list[str] = field(default_factory=list)
    short: bool = False
    empty: int = 0
    stale: int = 0

    def as_json(self) -> dict[str, Any]:
        return {"pages": self.pages, "seen": list(self.seen), "total": self.total, "fell": self.fell}

    def turn(self, page: Page) -> bool:
        """Take note of a page; return whether its rows are to be read.

        They are not when a short page is answered again as it was: the vendor has no other page, and the list
        is at its end. Raises `UnexpectedResponse` if the page shows that the list has no end.
        """
        self.pages += 1
        keys = self._keys(page)
        if self.short and page.short and keys and keys == self.before:
            return False
        self.short = page.short
        if page.total is not None:
            self.fell = self.fell or (self.total is not None and page.total < self.total)
            self.total = page.total
        self._count(keys)
        if page.next is None:
            return True
        if self.empty > MOST_EMPTY:
            raise self._error("too many pages in a row are empty, and each names another as the next one.")
        if self.stale >= MOST_STALE:
            raise self._error(
                "the pages bring nothing new: the vendor does not answer with the page that it is asked for."
            )
        if isinstance(page.next, str):
            digest = hashlib.sha256(page.next.encode("utf-8", "surrogatepass")).hexdigest()[:16]
            if digest in self.seen:
                raise self._error("the pages go round: a page names one that was read before as the next.")
            self.seen.append(digest)
        if self.pages >= MOST_PAGES:
            message = f"{self.operation}: the list did not end after {MOST_PAGES:,} pages."
            raise Endless(message, operation=self.operation)
        return True

    def _count(self, keys: list[str]) -> None:
        """Count the pages in a row that are empty, and those that bring nothing new."""
        if not keys:
            self.empty += 1
            return
        fresh = set(keys) - self.known
        self.known |= fresh
        self.empty, self.stale = 0, 0 if fresh else self.stale + 1
        if self.key and keys == self.before and len(keys) >= MANY:
            self.stale = MOST_STALE
        self.before = keys

    def _keys(self, page: Page) -> list[str]:
        found = [at_path(row, self.key) if self.key else row for row in page.rows]
        found += [row for _place, row in page.odd]
        return [
            json.dumps(one) if isinstance(one, str) else json.dumps(one, sort_keys=True, default=str)
            for one in found
        ]

    def _error(self, what: str) -> UnexpectedResponse:
        return UnexpectedResponse(f"{self.operation}: {what}", operation=self.operation)


def resumed(operation: str, key: tuple[str, ...], kept: Any) -> PageWalk:
    """Resume the walk that `PageWalk.as_json` kept; start a new one if it cannot be read."""
    found = kept if isinstance(kept, dict) else {}
    walk = PageWalk(operation, key)
    if isinstance(found.get("pages"), int) and isinstance(found.get("seen"), list):
        walk.pages, walk.seen = found["pages"], [str(one) for one in found["seen"]]
        walk.total, walk.fell = found.get("total"), bool(found.get("fell"))
    return walk


def as_page(paging: Paging, answer: Answer, position: Position | None, size: int) -> Page:
    """Read a list's answer as the page at `position`; `size` rows were asked for, the vendor may give fewer.

    A page ends the list if it is empty and names no other, or if it reaches the total that the vendor tells.
    A page with fewer rows than asked for does not. Raises `UnexpectedResponse` for a page with rows that
    names itself as the next.
    """
    rows = tuple(row for row in answer.data if isinstance(row, dict))
    odd = tuple((place, row) for place, row in enumerate(answer.data) if not isinstance(row, dict))
    if paging.next is not None:
        return Page(rows, _named(paging.next, answer, position), at=answer.date, odd=odd)
    total = _count(answer.body, paging.total)
    reported = _count(answer.body, paging.size_reported)
    count, here = len(answer.data), paging.first if position is None else int(position)
    if paging.style == "offset":
        following, last = here + count, total is not None and here + count >= total
    else:
        following, number = here + 1, here - paging.first
        last = total is not None and _reached(total, number, count, size, reported)
    short = total is None and count < (reported or size)
    return Page(rows, None if last or not count else following, total, answer.date, odd, short)


def _reached(total: int, number: int, count: int, size: int, reported: int | None) -> bool:
    """Say whether page `number` (0 is the first) of `count` rows is the last of a list of `total`.

    Where the vendor does not report how many rows a page has, it may have fewer than were asked for: then
    there are more pages than total and size tell.
    """
    if reported:
        return (number + 1) * reported >= total
    full = count == size and (number + 1) * size >= total
    return full or number * size + count == total or total <= count


def _named(path: tuple[str, ...], answer: Answer, position: Position | None) -> Position | None:
    """Return the cursor that an answer names; None where it names none, or an empty page names itself."""
    found = at_path(answer.body, path)
    if found is None or found is False or (isinstance(found, str) and not found.strip()):
        return None
    where = ".".join(path)
    if not isinstance(found, str | int) or found is True:
        raise UnexpectedResponse(
            f"{answer.operation}: {where} names the next page, and is neither text nor a whole number.",
            operation=answer.operation,
        )
    if str(found) != str(position):
        return found
    if not answer.data:
        return None
    raise UnexpectedResponse(
        f"{answer.operation}: a page names itself as the next one.", operation=answer.operation
    )


def _count(body: Any, path: tuple[str, ...] | None) -> int | None:
    found = None if path is None else at_path(body, path)
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None
