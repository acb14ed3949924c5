"""Pages of a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connector.resolve import at_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.answers import Answer
    from connector.model import Paging


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `last` says that no other follows, `total` how many rows the whole list has."""

    rows: tuple[Mapping[str, Any], ...]
    last: bool
    total: int | None = None


def as_page(paging: Paging, answer: Answer, number: int, size: int) -> Page:
    """Read a list's answer as page `number`; `size` rows were asked for, the vendor may give fewer."""
    total = _count(answer.body, paging.total)
    size = _count(answer.body, paging.size_reported) or size
    so_far = (number - paging.first + 1) * size
    last = not answer.data or (so_far >= total if total is not None else len(answer.data) < size)
    return Page(rows=tuple(answer.data), last=last, total=total)


def _count(body: Any, path: tuple[str, ...]) -> int | None:
    found = at_path(body, path)
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None
