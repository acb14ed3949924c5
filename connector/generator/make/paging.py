"""Reading a list page by page: Make's `pagination`, and when it stops.

Make asks the condition twice: when page n has come, and, counting `pagination.page` one further, before the
next request. So nothing here compares the number itself with the last one; what is compared is how many rows
lie before the page, which is right both times.
"""

from typing import Any

from connector.definition.model import Integration, Operation, Paging
from connector.generator.make import iml

MOST_PAGES = 50
"""A list whose pages go round is read so far: an app cannot remember what it asked for."""


def page_query(paging: Paging | None, size: int | None = None) -> dict[str, Any]:
    """Give the query of a list's first page."""
    if paging is None:
        return {}
    asked = {paging.size_parameter: str(_size(paging, size))}
    return asked if paging.style == "cursor" else {paging.page_parameter: str(paging.first), **asked}


def pagination(
    integration: Integration, operation: Operation, *, pages: str | None = None, size: int | None = None
) -> dict[str, Any]:
    """Give `pagination`, or nothing for a list that comes whole; `pages` is an expression for the ceiling."""
    paging = integration.paging.get(operation.paging or "")
    if paging is None:
        return {}
    rows = f"length({iml.at('body', operation.payload)})"
    position, more = _next(paging, rows, _size(paging, size))
    ceiling = f"pagination.page <= {pages or MOST_PAGES}"
    condition = iml.both(more, ceiling)
    return {
        "pagination": {
            "qs": {paging.page_parameter: iml.braced(position)},
            "condition": iml.braced(condition),
        }
    }


def _size(paging: Paging, size: int | None) -> int:
    return min(size or paging.size, paging.max_size)


def _next(paging: Paging, rows: str, size: int) -> tuple[str, str]:
    """Give where the next page begins, and whether there is one."""
    if paging.next is not None:
        cursor = iml.at("body", paging.next)
        return cursor, f"ifempty({cursor}, '') != ''"  # an empty page may name another
    reported = iml.at("body", paging.size_reported) if paging.size_reported else ""
    per_page = f"ifempty({reported}, {size})" if reported else str(size)
    before = f"(pagination.page - 1) * {per_page}"
    more = f"{rows} > 0"  # a short page is not the last: a vendor may give fewer rows than it was asked for
    if paging.total:
        told = iml.at("body", paging.total)
        more = f"({more}) && if(ifempty({told}, '') != '', {before} < {told}, true)"
    if paging.style == "offset":
        return (f"{paging.first} + {before}" if paging.first else before), more
    offset = paging.first - 1  # Make counts pages from one
    sign = "+" if offset > 0 else "-"
    return (f"pagination.page {sign} {abs(offset)}" if offset else "pagination.page"), more
