"""Reading a list page by page: Make's `pagination`, and when it stops.

Make asks the condition twice: when page n has come, and, counting `pagination.page` one further, before the
next request. So nothing here compares the number itself with the last one; what is compared is how many rows
lie before the page, which is right both times.
"""

from typing import Any

from connector.generator.make import iml
from connector.model import Integration, Operation, Paging

FIRST = 1  # Make counts pages from one


def page_query(paging: Paging | None, size: int | None = None) -> dict[str, Any]:
    """Give the query of a list's first page."""
    if paging is None:
        return {}
    asked = min(size or paging.size, paging.max_size)
    return {paging.page_parameter: str(paging.first), paging.size_parameter: str(asked)}


def pagination(
    integration: Integration, operation: Operation, *, pages: str | None = None, size: int | None = None
) -> dict[str, Any]:
    """Give `pagination`, or nothing for a list that comes whole; `pages` is an expression for the ceiling."""
    paging = integration.paging.get(operation.paging or "")
    if paging is None:
        return {}
    asked = min(size or paging.size, paging.max_size)
    more = _more(paging, operation, asked)
    ceiling = f"pagination.page <= {pages}" if pages else ""
    return {
        "pagination": {
            "qs": {paging.page_parameter: _position(paging, asked)},
            "condition": iml.braced(iml.both(more, ceiling)),
        }
    }


def _position(paging: Paging, size: int) -> str:
    offset = paging.first - FIRST
    number = f"pagination.page {'+' if offset > 0 else '-'} {abs(offset)}" if offset else "pagination.page"
    return iml.braced(number)


def _more(paging: Paging, operation: Operation, size: int) -> str:
    rows = f"length({iml.at('body', operation.payload)})"
    told = iml.at("body", paging.total) if paging.total else ""
    per_page = f"ifempty({iml.at('body', paging.size_reported)}, {size})" if paging.size_reported else size
    counted = f"(pagination.page - 1) * {per_page} < {told}"
    full = f"{rows} >= {per_page}"
    return iml.both(f"{rows} > 0", f"if({told}, {counted}, {full})" if told else full)
