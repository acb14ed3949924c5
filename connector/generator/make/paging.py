"""Builds the `pagination` directive of Make requests: how to request the next page, and when to stop.

Make evaluates the condition twice: after a page has arrived and, with `pagination.page` already increased,
before the next request. A comparison of the page number with the last page would therefore stop one page too
early. The conditions compare the number of rows before the page with the total instead.
"""

from typing import Any

from connector.definition.model import Integration, Operation, Paging
from connector.generator.make import iml

MAX_PAGES = 50
"""The page limit of every list, because a Make app cannot detect that pages repeat."""


def page_query(paging: Paging | None, size: int | None = None) -> dict[str, Any]:
    """Build the query parameters for the first page of a list; empty if the list has no paging.

    `size` is the requested page size. The default is the page size in the catalog.
    """
    if paging is None:
        return {}
    query = {paging.size_parameter: str(_size(paging, size))}
    return query if paging.style == "cursor" else {paging.page_parameter: str(paging.first), **query}


def pagination(
    integration: Integration, operation: Operation, *, pages: str | None = None, size: int | None = None
) -> dict[str, Any]:
    """Build the `pagination` directive of a list request; empty if the list has no paging.

    `pages` is an IML expression for the page limit; the default is `MAX_PAGES`. `size` is the requested page
    size; the default is the page size in the catalog.
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
    """Build two IML expressions: the next page's position, and whether there is a next page."""
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
