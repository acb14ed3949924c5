"""Swap's pages: which rows of a list a page has, and the totals that the answer shows with it."""

from collections.abc import Mapping
from typing import Any

from mock_server.engine.reply import Reply
from mock_server.store import Filters, Store
from mock_server.vendors.swap.facts import NAME


def page(store: Store, tenant: str, query: Mapping[str, Any], filters: Filters) -> tuple[list[bytes], int]:
    """Return the returns of a page, newest last, and how many returns match in total."""
    size = query["items_per_page"]
    return store.page(tenant, NAME, "return", filters, limit=size, offset=(query["page"] - 1) * size)


def list_reply(name: str, rows: Any, version: int, query: Mapping[str, Any], size: int, total: int) -> Reply:
    """Return a page of rows with Swap's `pagination`: the totals, and whether pages follow or precede."""
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
