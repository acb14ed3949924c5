"""Pages of a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connector.errors import UnexpectedResponse
from connector.resolve import at_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from connector.answers import Answer
    from connector.model import Paging

Position = int | str
"""Where a page begins, in the vendor's own terms: its number, the rows before it, or an opaque cursor."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `next` is where the next one begins (None: there is none).

    `total` is how many rows the whole list has, `at` when the vendor answered by its clock; None: not told.
    """

    rows: tuple[Mapping[str, Any], ...]
    next: Position | None
    total: int | None = None
    at: datetime | None = None


def as_page(paging: Paging, answer: Answer, position: Position | None, size: int) -> Page:
    """Read a list's answer as the page at `position`; `size` rows were asked for, the vendor may give fewer.

    Raises `UnexpectedResponse` for a page that names itself as the next.
    """
    if paging.next is not None:
        return Page(tuple(answer.data), _named(paging.next, answer, position), at=answer.date)
    total = _count(answer.body, paging.total)
    size = _count(answer.body, paging.size_reported) or size
    count, here = len(answer.data), paging.first if position is None else int(position)
    if paging.style == "offset":
        so_far = following = here + count
    else:
        so_far, following = (here - paging.first + 1) * size, here + 1
    last = not count or (so_far >= total if total is not None else count < size)
    return Page(tuple(answer.data), None if last else following, total, answer.date)


def _named(path: tuple[str, ...], answer: Answer, position: Position | None) -> Position | None:
    """Return the cursor that an answer names; None where it names none, or has no rows."""
    found = at_path(answer.body, path)
    if not answer.data or not isinstance(found, str | int) or isinstance(found, bool) or found == "":
        return None
    if found == position:
        raise UnexpectedResponse(
            f"{answer.operation}: a page names itself as the next one.", operation=answer.operation
        )
    return found


def _count(body: Any, path: tuple[str, ...] | None) -> int | None:
    found = None if path is None else at_path(body, path)
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None
