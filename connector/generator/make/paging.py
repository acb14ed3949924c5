"""Builds the `pagination` directive for Make requests: how to request the next page, and when to stop.

Make evaluates `pagination.condition` twice per page: when the page has been received, and again before the
next request. Before the second evaluation, Make increases `pagination.page` by one, so the condition
`pagination.page < last` would skip the last page. If the vendor reports the total number of rows, the
conditions therefore compare this total with the number of rows on the previous pages.
"""

from typing import Any

from connector.definition.model import Integration, Operation, Paging
from connector.generator.make import iml

MAX_PAGES = 50
"""The default maximum number of pages to read.

Without a maximum, a vendor that keeps returning the same page would cause an endless loop, because a Make app
cannot detect repeated pages.
"""


def page_query(paging: Paging | None, size: int | None = None) -> dict[str, Any]:
    """Build the query parameters that request the first page of a list.

    The result is empty if the list has no paging. `size` is the requested page size, by default the page size
    in the catalog.
    """
    if paging is None:
        return {}
    query = {paging.size_parameter: str(_size(paging, size))}
    return query if paging.style == "cursor" else {paging.page_parameter: str(paging.first), **query}


def pagination(
    integration: Integration, operation: Operation, *, pages: str | None = None, size: int | None = None
) -> dict[str, Any]:
    """Build the `pagination` directive for a list request.

    The result is empty if the list has no paging. `pages` is an IML expression for the maximum number of
    pages, by default `MAX_PAGES`. `size` is the requested page size, by default the page size in the catalog.
    """
    paging = integration.paging.get(operation.paging or "")
    if paging is None:
        return {}
    rows = f"length({iml.at('body', operation.payload)})"
    position, more = _next(paging, rows, _size(paging, size))
    condition = iml.both(more, f"pagination.page <= {pages or MAX_PAGES}")
    return {
        "pagination": {
            "qs": {paging.page_parameter: iml.braced(position)},
            "condition": iml.braced(condition),
        }
    }


def _size(paging: Paging, size: int | None) -> int:
    return min(size or paging.size, paging.max_size)


def _next(paging: Paging, rows: str, size: int) -> tuple[str, str]:
    """Build an IML expression for the next page's position, and a condition that is true if that page exists.

    The position is a page number, an offset or a cursor.
    """
    if paging.next is not None:
        cursor = iml.at("body", paging.next)
        return cursor, f"ifempty({cursor}, '') != ''"  # even an empty page may be followed by another
    reported = iml.at("body", paging.size_reported) if paging.size_reported else ""
    per_page = f"ifempty({reported}, {size})" if reported else str(size)
    before = f"(pagination.page - 1) * {per_page}"
    more = f"{rows} > 0"  # vendors may return fewer rows per page than requested
    if paging.total:
        total = iml.at("body", paging.total)
        more = f"({more}) && if(ifempty({total}, '') != '', {before} < {total}, true)"
    if paging.style == "offset":
        return (f"{paging.first} + {before}" if paging.first else before), more
    offset = paging.first - 1  # Make counts pages from 1
    sign = "+" if offset > 0 else "-"
    return (f"pagination.page {sign} {abs(offset)}" if offset else "pagination.page"), more
