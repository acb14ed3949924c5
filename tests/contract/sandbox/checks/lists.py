"""Lists: the pages show every row once, and each row of each page is one that the filters select."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import schemathesis
from contract.sandbox.checks.exchange import Exchange, exchange
from contract.sandbox.envelopes import check_pages
from contract.sandbox.lists import (
    Listing,
    Query,
    check_order,
    details_of,
    listings,
    selected,
    whole,
)
from schemathesis import Case, CheckContext, Response

import openapi

OFTEN = 4
"""How many different queries of an operation are read page by page in one run."""


@schemathesis.check
def pages_cover_the_list(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Small pages show the same rows in the same order as large ones, and count them correctly."""
    _for_new_query(
        exchange(case, response),
        "pages",
        lambda found, listing, query: check_pages(found.served, listing, found.path, query),
    )


@schemathesis.check
def filters_hold_on_every_page(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """A filtered list has exactly the rows of the whole list that the filters select, in its order."""
    _for_new_query(exchange(case, response), "filters", _check_filters)


def _check_filters(found: Exchange, listing: Listing, query: Query) -> None:
    plain = [(name, value) for name, value in query if name not in listing.filters]
    got = whole(found.served, listing, found.path, query)
    check_order(listing, got, query)
    everything = whole(found.served, listing, found.path, plain)
    expected = selected(listing, everything, query, details_of(found.served, listing))
    if expected is None:  # the filter's field is nowhere to read
        assert all(row in everything for row in got), "A filtered list has rows that the whole one has not."
    else:
        assert got == expected, f"The filters select {len(expected)} rows, and the list has {len(got)}."


def _for_new_query(
    found: Exchange | None, what: str, check: Callable[[Exchange, Listing, Query], None]
) -> None:
    if found is None or not found.ok or found.document.name == openapi.CONTROL_PLANE:
        return
    listing = next((one for one in listings(found.document.name) if one.operation == found.operation), None)
    if listing is None:
        return
    query = parse_qsl(urlsplit(str(found.response.request.url)).query, keep_blank_values=True)
    documented = {one["name"] for one in listing.operation.parameters}
    query = [(name, value) for name, value in listing.without_pages(query) if name in documented]
    walked = found.watched.walked
    key = (what, listing.operation.id, tuple(query))
    if key in walked or sum(one[:2] == key[:2] for one in walked) >= OFTEN:
        return
    walked.add(key)
    check(found, listing, query)
