"""Make's `pagination`: the request for the next page of a list, and the condition to continue.

Make evaluates the condition twice: after page n arrived and, with `pagination.page` already increased, before
the next request. So the conditions here do not compare the page number with the last page. They compare the
number of rows before the page with the total, which is right both times.
"""

from typing import Any

from connector.definition.model import Integration, Operation, Paging
from connector.generator.make import iml

MAX_PAGES = 50
"""The limit for every list. A Make app cannot remember pages, so it cannot detect that they repeat."""


def page_query(paging: Paging | None, size: int | None = None) -> dict[str, Any]:
    """Return the query parameters of a list's first page."""
    if paging is None:
        return {}
    query = {paging.size_parameter: str(_size(paging, size))}
    return query if paging.style == "cursor" else {paging.page_parameter: str(paging.first), **query}


def pagination(
    integration: Integration, operation: Operation, *, pages: str | None = None, size: int | None = None
) -> dict[str, Any]:
    """Return `pagination`, empty for a list without pages; `pages` is the limit as an expression."""
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
    """Return the expressions of the next page's position, and of whether there is a next page."""
    if paging.next is not None:
        cursor = iml.at("body", paging.next)
        return cursor, f"ifempty({cursor}, '') != ''"  # even an empty page may have a next one
    reported = iml.at("body", paging.size_reported) if paging.size_reported else ""
    per_page = f"ifempty({reported}, {size})" if reported else str(size)
    before = f"(pagination.page - 1) * {per_page}"
    more = f"{rows} > 0"  # a short page is not the last one: a vendor may send fewer rows than requested
    if paging.total:
        total = iml.at("body", paging.total)
        more = f"({more}) && if(ifempty({total}, '') != '', {before} < {total}, true)"
    if paging.style == "offset":
        return (f"{paging.first} + {before}" if paging.first else before), more
    offset = paging.first - 1  # Make counts pages from one
    sign = "+" if offset > 0 else "-"
    return (f"pagination.page {sign} {abs(offset)}" if offset else "pagination.page"), more
