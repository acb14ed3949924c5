"""Exsited's pagination: parses the paging and sorting parameters, and builds links to adjacent pages.

The vendor's clients send these parameters (observed); some details of how the API interprets them are
assumed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from mock_server.store.model import Order
from mock_server.vendors.exsited.facts import LARGEST_PAGE, NO_PAGE, USUAL_PAGE

_ORDERS: Mapping[str, Order] = {"created_on": "created_at", "last_updated_on": "updated_at"}


@dataclass(frozen=True, slots=True)
class Slice:
    """A requested page of a list sorted by `order`: at most `limit` rows, after the first `offset` rows."""

    limit: int
    offset: int
    order: Order
    descending: bool


def slice_of(query: Mapping[str, Any]) -> Slice:
    """Parse the paging and sorting parameters of a query.

    Unknown sort fields and directions are ignored, because the vendor's clients send the string `None` for
    both.
    """
    direction = query.get("direction", "").rpartition(".")[2].lower()
    return Slice(
        limit=min(query["limit"] or USUAL_PAGE, LARGEST_PAGE),
        offset=query["offset"],
        order=_ORDERS.get(query.get("order_by", ""), "created_at"),
        descending=direction != "asc",
    )


def pagination(part: Slice, total: int, url: str, query: Mapping[str, Any]) -> dict[str, Any]:
    """Build the `Pagination` object for one page of a list that has `total` rows and is served at `url`."""
    sorting = {name: query[name] for name in ("order_by", "direction") if name in query}

    def link(offset: int) -> str:
        return f"{url}?{urlencode({'limit': part.limit, 'offset': offset, **sorting})}"

    before, after = min(part.offset, total) - part.limit, part.offset + part.limit
    return {
        "records": total,
        "limit": part.limit,
        "offset": part.offset,
        "previous_page": link(max(0, before)) if part.offset and total else NO_PAGE,
        "next_page": link(after) if after < total else NO_PAGE,
    }
