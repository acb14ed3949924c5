"""Pages by offset: which rows are asked for, in what order, and the links to the pages around.

The parameters are those that clients send; what they mean beyond that is assumed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from mock_server.store.model import Order
from mock_server.vendors.exsited.facts import LARGEST_PAGE, NOWHERE, USUAL_PAGE

_ORDERS: Mapping[str, Order] = {"created_on": "created_at", "last_updated_on": "updated_at"}


@dataclass(frozen=True, slots=True)
class Slice:
    """Which rows: `limit` of them behind the first `offset`."""

    limit: int
    offset: int
    order: Order
    descending: bool


def slice_of(query: Mapping[str, Any]) -> Slice:
    """Read the query; a field or direction that is none is passed over, as clients send `None`."""
    word = query.get("direction", "").rpartition(".")[2].lower()
    return Slice(
        limit=min(query["limit"] or USUAL_PAGE, LARGEST_PAGE),
        offset=query["offset"],
        order=_ORDERS.get(query.get("order_by", ""), "created_at"),
        descending=word != "asc",
    )


def pagination(part: Slice, total: int, url: str, query: Mapping[str, Any]) -> dict[str, Any]:
    """The `Pagination` of a list at `url`."""
    sorting = {name: query[name] for name in ("order_by", "direction") if name in query}

    def link(offset: int) -> str:
        return f"{url}?{urlencode({'limit': part.limit, 'offset': offset, **sorting})}"

    before, after = min(part.offset, total) - part.limit, part.offset + part.limit
    return {
        "records": total,
        "limit": part.limit,
        "offset": part.offset,
        "previous_page": link(max(0, before)) if part.offset and total else NOWHERE,
        "next_page": link(after) if after < total else NOWHERE,
    }
