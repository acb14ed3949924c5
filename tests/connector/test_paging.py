"""Where the next page begins, for every style of paging and every way a vendor tells the end of a list."""

from __future__ import annotations

from typing import Any

import pytest

from connector.answers import Answer
from connector.errors import UnexpectedResponse
from connector.model import Paging
from connector.paging import as_page

ROWS = [{"id": number} for number in range(10)]


def paging(style: str, *, total: bool, size: bool) -> Paging:
    return Paging.model_validate(
        {
            "style": style,
            "page_parameter": "from",
            "size_parameter": "limit",
            "first": 1 if style == "page" else 0,
            "size": 100,
            "max_size": 100,
            "total": ("total",) if total else None,
            "size_reported": ("limit",) if size else None,
        }
    )


def read(about: Paging, asked: int, cap: int = 1_000) -> tuple[list[Any], list[Any]]:
    """Read a vendor that gives at most `cap` rows a page to the end: the positions asked for, and the ids."""
    asked_for: list[Any] = []
    found: list[Any] = []
    position: Any = about.first
    given = min(asked, cap)
    while position is not None:
        asked_for.append(position)
        start = position if about.style == "offset" else (position - 1) * given
        data = ROWS[start : start + given]
        body = {"rows": data, "total": len(ROWS), "limit": given}
        page = as_page(about, Answer("list", 200, data, {}, body), position, asked)
        found += [row["id"] for row in page.rows]
        position = page.next
        assert len(asked_for) < 20, "the list has no end"
    return asked_for, found


@pytest.mark.parametrize("style", ["page", "offset"])
@pytest.mark.parametrize(("total", "size"), [(True, False), (False, True), (True, True), (False, False)])
@pytest.mark.parametrize("asked", [1, 2, 3, 5, 10, 11])
def test_every_row_is_read_once(style: str, asked: int, *, total: bool, size: bool) -> None:
    _, found = read(paging(style, total=total, size=size), asked)
    assert found == [row["id"] for row in ROWS]


@pytest.mark.parametrize(
    ("total", "size", "positions"),
    [(True, False, [0, 3, 6, 9]), (False, True, [0, 3, 6, 9]), (True, True, [0, 3, 6, 9])],
)
def test_offsets_count_what_came_when_the_vendor_gives_less_than_was_asked_for(
    positions: list[int], *, total: bool, size: bool
) -> None:
    asked_for, found = read(paging("offset", total=total, size=size), asked=5, cap=3)
    assert (asked_for, found) == (positions, [row["id"] for row in ROWS])


def test_without_a_total_a_short_page_ends_the_list() -> None:
    assert read(paging("offset", total=False, size=False), asked=4)[0] == [0, 4, 8]
    assert read(paging("offset", total=False, size=False), asked=5)[0] == [0, 5, 10], "the last one is empty"


def test_with_a_total_no_empty_page_is_asked_for() -> None:
    assert read(paging("offset", total=True, size=False), asked=5)[0] == [0, 5]


CURSORS = Paging(
    style="cursor",
    page_parameter="cursor",
    size_parameter="limit",
    first=0,
    size=2,
    max_size=2,
    next=("next",),
)


@pytest.mark.parametrize("end", [{}, {"next": None}, {"next": ""}, {"next": False}])
def test_a_list_with_cursors_ends_where_none_is_named(end: dict[str, Any]) -> None:
    answer = Answer("list", 200, ROWS[:2], {}, {"rows": ROWS[:2], **end})
    assert as_page(CURSORS, answer, None, 2).next is None


def test_a_cursor_is_handed_on_as_it_came_and_short_pages_end_nothing() -> None:
    answer = Answer("list", 200, ROWS[:1], {}, {"rows": ROWS[:1], "next": "cm93OjI="})
    assert as_page(CURSORS, answer, None, 2).next == "cm93OjI="


def test_an_empty_page_ends_a_list_whatever_it_names() -> None:
    answer = Answer("list", 200, [], {}, {"rows": [], "next": "cm93OjI="})
    assert as_page(CURSORS, answer, "cm93OjE=", 2).next is None


def test_a_page_that_names_itself_as_the_next_is_told() -> None:
    answer = Answer("list", 200, ROWS[:1], {}, {"rows": ROWS[:1], "next": "cm93OjI="})
    with pytest.raises(UnexpectedResponse, match="names itself"):
        as_page(CURSORS, answer, "cm93OjI=", 2)
