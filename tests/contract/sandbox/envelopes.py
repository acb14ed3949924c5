"""What a list says about its pages besides the rows, compared with arithmetic of our own."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contract.sandbox.documents import document
from contract.sandbox.lists import Listing, Query, pages, rows_of, whole
from contract.sandbox.served import ACME, Served, login_query

ECHO = "query_params"
"""The member in which an answer repeats the query."""
ALWAYS = {"success": True}
NONE = "NULL"
"""What stands for the address of a page that does not exist."""


@dataclass(frozen=True)
class Page:
    """A page of a list with `rows` rows in all; `start` is the position of its first row, from 0."""

    rows: int
    start: int
    size: int

    @property
    def shown(self) -> int:
        """The number of rows on the page."""
        return max(0, min(self.size, self.rows - self.start))

    @property
    def numbers(self) -> Mapping[str, Any]:
        """What each member that describes the page has to be, by its name."""
        count, place = -(-self.rows // self.size), self.start // self.size + 1
        return {
            "page": place,
            "per_page": self.size,
            "items_per_page": self.size,
            "limit": self.size,
            "offset": self.start,
            "total": self.rows,
            "records": self.rows,
            "total_items": self.rows,
            "total_pages": count,
            "has_next_page": place < count,
            "has_previous_page": place > 1,
            "current_page_size": self.shown,
            "items_in_remaining_pages": max(0, self.rows - self.start - self.size),
        }

    @property
    def neighbours(self) -> Mapping[str, int | None]:
        """The position at which the next and the previous page start; None if there is no such page."""
        after, before = self.start + self.size, min(self.start, self.rows) - self.size
        return {
            "next_page": after if after < self.rows else None,
            "previous_page": max(0, before) if self.start and self.rows else None,
        }


def check_pages(api: Served, listing: Listing, path: Mapping[str, str], query: Query) -> None:
    """Check that small pages show the whole list once, in the same order, and state the right numbers.

    So do the page without a size, the largest page, and a page after the last one.
    """
    rows = whole(api, listing, path, query)
    size = max(1, min(listing.largest, -(-len(rows) // 3)))
    got = list(pages(api, listing, path, query, size))
    assert [row for body in got for row in rows_of(body)] == rows, "The pages do not show the whole list."
    for place, body in enumerate(got):
        check_page(api, listing, query, body, Page(len(rows), place * size, size))
    if not listing.is_cursor:
        _check_other_sizes(api, listing, path, query, len(rows))


def _check_other_sizes(
    api: Served, listing: Listing, path: Mapping[str, str], query: Query, rows: int
) -> None:
    size_of, page_of = listing.paging.size_parameter, listing.paging.page_parameter
    start = rows + rows % 2 + 4  # two pages of two rows after the last row, or more
    beyond = start // 2 + 1 if listing.paging.style == "page" else start
    documented = listing.operation.query(size_of)
    assert documented is not None
    usual = documented["schema"]["default"]
    for asked, page in (
        ([], Page(rows, 0, usual)),
        ([(size_of, str(listing.largest))], Page(rows, 0, min(listing.largest, most_rows(listing)))),
        ([(size_of, "2"), (page_of, str(beyond))], Page(rows, start, 2)),
    ):
        answer = api.call(listing.operation, path, [*asked, *query])
        assert answer.status == 200, (listing.operation.id, asked, answer)
        check_page(api, listing, [*asked, *query], answer.body, page)


def most_rows(listing: Listing) -> int:
    """Return the largest number of rows that the document allows in an answer."""
    known = document(listing.vendor)
    _, answer = known.success(listing.operation)
    level = [known.merged(answer["content"]["application/json"]["schema"])]
    while level:
        for schema in level:
            if schema.get("type") == "array":
                return int(schema.get("maxItems", listing.largest))
        level = [known.merged(one) for schema in level for one in schema.get("properties", {}).values()]
    raise AssertionError(f"{listing.operation.id} has no rows.")


def check_page(api: Served, listing: Listing, query: Query, body: Any, page: Page) -> None:
    """Compare the number of rows and all other members of an answer with the page; fail for unknown ones."""
    rows = rows_of(body)
    assert len(rows) == page.shown, f"{page} has {len(rows)} rows."
    for name, value in members(body, rows):
        if name == ECHO:
            _check_echo(api, listing, query, page, value)
        elif name in page.neighbours:
            _check_address(api, name, value, page.neighbours[name])
        elif name in (listing.paging.next or ()):
            more = page.start + page.size < page.rows
            assert bool(value) == more, f"{page}: {name} is {value!r}."
        else:
            expected = {**ALWAYS, **version(listing, query), **page.numbers}
            assert name in expected, f"No test knows what {name} is, which the answer has beside the rows."
            assert value == expected[name], f"{page}: {name} is {value!r}, not {expected[name]!r}."


def members(body: Any, rows: list[Any]) -> Iterator[tuple[str, Any]]:
    """Yield the members of an answer with their names, but neither rows nor objects that hold others."""
    for name, value in body.items() if isinstance(body, dict) else ():
        if isinstance(value, dict) and name != ECHO:
            yield from members(value, rows)
        elif value is not rows:
            yield name, value


def version(listing: Listing, query: Query) -> dict[str, int]:
    """Return the version of the API that a query asks for, if the operation has a parameter for it."""
    names = {"api_version", "version"}
    found = [one for one in listing.operation.parameters if one["name"] in names]
    if not found:
        return {}
    (parameter,) = found
    return {"version": int(dict(query).get(parameter["name"], parameter["schema"]["default"]))}


def _check_echo(api: Served, listing: Listing, query: Query, page: Page, echo: Mapping[str, Any]) -> None:
    """Check that an answer repeats the query, the login and the documented defaults included."""
    documented = {one["name"]: one["schema"] for one in listing.operation.parameters if one["in"] == "query"}
    paging = listing.paging
    wanted = {
        **{name: schema["default"] for name, schema in documented.items() if "default" in schema},
        **login_query(listing.operation, api.observers[ACME]["query"], dict(query)),
        **dict(query),
        paging.size_parameter: page.size,
        paging.page_parameter: page.numbers["page"],
    }
    shown = {name: str(value) for name, value in echo.items()}
    sent = {name: str(value) for name, value in wanted.items()}
    assert shown == sent, f"The answer repeats the query as {shown}, not as {sent}."


def _check_address(api: Served, name: str, address: str, start: int | None) -> None:
    if start is None:
        assert address == NONE, f"{name} is {address}."
        return
    assert address.startswith(api.base_url), f"{name} is {address}."
    assert re.search(rf"[?&]offset={start}(&|$)", address), f"{name} is {address}, not of offset {start}."
