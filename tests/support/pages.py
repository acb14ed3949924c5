"""A list of any vendor, a page at a time, as its catalog describes the pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from connector.definition.compiler import integration
from support.any_vendor import body

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connector.definition.model import Path


@dataclass
class Pages:
    """Answers an operation with at most `most` rows a page; any other request has the status 404.

    `total` is what the vendor says about the number of rows, if it says anything. `asked` are the requests.
    """

    vendor: str
    operation: str
    rows: Sequence[Any] = ()
    most: int = 3
    total: int | None = None
    asked: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        made = integration(self.vendor)
        operation = made.operations[self.operation]
        paging = made.paging[operation.paging or ""]
        if not request.url.path.endswith(operation.path.rpartition("}")[2]):
            return httpx.Response(404, json={})
        self.asked.append(request)
        size = min(int(request.url.params[paging.size_parameter]), self.most)
        page = int(request.url.params.get(paging.page_parameter, paging.first))
        start = (page - paging.first) * (size if paging.style == "page" else 1)
        rows = list(self.rows[start : start + size])
        answer = body(operation, rows)
        more = start + size < len(self.rows)
        said: list[tuple[Path | None, Any]] = [
            (paging.next, str(start + size) if more else None),
            (paging.total, len(self.rows) if self.total is None else self.total),
            (paging.size_reported, size),
        ]
        for path, value in said:
            if path:
                holder = answer
                for name in path[:-1]:
                    holder = holder.setdefault(name, {})
                holder[path[-1]] = value
        return httpx.Response(200, json=answer)
