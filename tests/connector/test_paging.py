"""Paging styles (page number, offset, cursor), and how each vendor signals the last page."""

from __future__ import annotations

from typing import Any

import pytest

from connector.definition.model import Paging
from connector.errors import UnexpectedResponse
from connector.transport.answers import Answer
from connector.transport.paging import as_page

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
    """Read all pages of at most `cap` rows; return the requested positions and the ids."""
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
    [
        (True, False, [0, 3, 6, 9]),
        (True, True, [0, 3, 6, 9]),
        (False, True, [0, 3, 6, 9, 10]),
        (False, False, [0, 3, 6, 9, 10]),
    ],
)
def test_offset_advances_by_the_rows_received(positions: list[int], *, total: bool, size: bool) -> None:
    asked_for, found = read(paging("offset", total=total, size=size), asked=5, cap=3)
    assert (asked_for, found) == (positions, [row["id"] for row in ROWS])


@pytest.mark.parametrize(
    ("style", "asked", "positions"),
    [
        ("offset", 4, [0, 4, 8, 10]),
        ("offset", 5, [0, 5, 10]),
        ("page", 4, [1, 2, 3, 4]),
        ("page", 5, [1, 2, 3]),
    ],
)
def test_list_without_a_total_ends_at_an_empty_page(style: str, asked: int, positions: list[int]) -> None:
    assert read(paging(style, total=False, size=False), asked=asked)[0] == positions


@pytest.mark.parametrize("total", [True, False])
@pytest.mark.parametrize("cap", [1, 3, 4, 6, 9, 10])
def test_numbered_pages_shorter_than_requested_are_all_read(cap: int, *, total: bool) -> None:
    _, found = read(paging("page", total=total, size=False), asked=10, cap=cap)
    assert found == [row["id"] for row in ROWS]


def test_total_saves_the_request_for_an_empty_page() -> None:
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


@pytest.mark.parametrize("end", [{}, {"next": None}, {"next": ""}, {"next": " "}, {"next": False}])
def test_missing_cursor_ends_the_list(end: dict[str, Any]) -> None:
    answer = Answer("list", 200, ROWS[:2], {}, {"rows": ROWS[:2], **end})
    assert as_page(CURSORS, answer, None, 2).next is None


def test_cursor_is_sent_unchanged_and_a_short_page_does_not_end_the_list() -> None:
    answer = Answer("list", 200, ROWS[:1], {}, {"rows": ROWS[:1], "next": "cm93OjI="})
    assert as_page(CURSORS, answer, None, 2).next == "cm93OjI="


def test_empty_page_ends_the_list_unless_it_has_a_new_cursor() -> None:
    answer = Answer("list", 200, [], {}, {"rows": [], "next": "cm93OjI="})
    assert as_page(CURSORS, answer, "cm93OjI=", 2).next is None
    assert as_page(CURSORS, answer, "cm93OjE=", 2).next == "cm93OjI="


@pytest.mark.parametrize("cursor", [True, 12.5, {"id": 1}, ["cm93OjI="]])
def test_invalid_cursor_is_an_error(cursor: Any) -> None:
    answer = Answer("list", 200, ROWS[:2], {}, {"rows": ROWS[:2], "next": cursor})
    with pytest.raises(UnexpectedResponse, match="next names the next page"):
        as_page(CURSORS, answer, None, 2)


def test_rows_that_are_no_objects_count_towards_the_offset_and_are_returned_apart() -> None:
    answer = Answer("list", 200, [ROWS[0], None, "row", ROWS[1]], {}, {})
    page = as_page(paging("offset", total=False, size=False), answer, 4, 100)
    assert (page.rows, page.malformed, page.next) == ((ROWS[0], ROWS[1]), ((1, None), (2, "row")), 8)


def test_page_that_names_itself_as_next_is_an_error() -> None:
    answer = Answer("list", 200, ROWS[:1], {}, {"rows": ROWS[:1], "next": "cm93OjI="})
    with pytest.raises(UnexpectedResponse, match="names itself"):
        as_page(CURSORS, answer, "cm93OjI=", 2)
