"""Pages of a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connector.resolve import at_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.answers import Answer
    from connector.model import Paging

Position = int | str
"""Where a page begins, in the vendor's own terms: its number, or the rows before it."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list.

    `next` is where the next one begins (None: there is none), `total` how many rows the whole list has.
    """

    rows: tuple[Mapping[str, Any], ...]
    next: Position | None
    total: int | None = None

    @property
    def last(self) -> bool:
        """Whether no other page follows."""
        return self.next is None


def as_page(paging: Paging, answer: Answer, position: Position, size: int) -> Page:
    """Read an answer as the page at `position`; `size` rows were asked for, the vendor may give fewer."""
    total = _count(answer.body, paging.total)
    size = _count(answer.body, paging.size_reported) or size
    count, here = len(answer.data), int(position)
    if paging.style == "offset":
        so_far = following = here + count
    else:
        so_far, following = (here - paging.first + 1) * size, here + 1
    last = not count or (so_far >= total if total is not None else count < size)
    return Page(rows=tuple(answer.data), next=None if last else following, total=total)


def _count(body: Any, path: tuple[str, ...] | None) -> int | None:
    found = None if path is None else at_path(body, path)
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None
