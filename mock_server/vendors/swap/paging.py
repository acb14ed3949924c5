"""Swap's pagination: looks up the returns on a page, and builds list responses with totals."""

from collections.abc import Mapping
from typing import Any

from mock_server.engine.reply import Reply
from mock_server.store import Filters, Store
from mock_server.vendors.swap.facts import NAME


def page(store: Store, tenant: str, query: Mapping[str, Any], filters: Filters) -> tuple[list[bytes], int]:
    """Look up the requested page of returns, newest first, and count all returns that match the filters."""
    size = query["items_per_page"]
    return store.page(tenant, NAME, "return", filters, limit=size, offset=(query["page"] - 1) * size)


def list_reply(name: str, rows: Any, version: int, query: Mapping[str, Any], size: int, total: int) -> Reply:
    """Build the response for a page of a list, with Swap's `pagination` object.

    `name` is the field that contains `rows`. `size` is the number of rows on this page, and `total` the
    number of rows on all pages.
    """
    number, per_page = query["page"], query["items_per_page"]
    pages = -(-total // per_page)
    pagination = {
        "page": number,
        "items_per_page": per_page,
        "total_pages": pages,
        "total_items": total,
        "has_next_page": number < pages,
        "has_previous_page": number > 1,
        "current_page_size": size,
        "items_in_remaining_pages": max(0, total - number * per_page),
    }
    return Reply(200, {name: rows, "version": version, "query_params": dict(query), "pagination": pagination})
