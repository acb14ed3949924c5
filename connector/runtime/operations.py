"""Calls any API operation by its operationId, and iterates over the pages or rows of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.definition.lookup import by_key
from connector.definition.spelling import did_you_mean
from connector.errors import attributed_to

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from connector.definition.model import Operation
    from connector.transport.answers import Answer
    from connector.transport.client import Client
    from connector.transport.paging import Page


class BoundOperation:
    """An API operation bound to a connection.

    `await operation(status="pending")` returns an `Answer`. For a list operation, `async for row in
    operation.rows(…)` iterates over the rows of all pages, and `operation.pages(…)` over the pages.
    """

    def __init__(self, client: Client, operation: Operation) -> None:
        self.operation = operation
        self._client = client
        self.__doc__ = f"{operation.summary}. {operation.description}".strip()

    def __repr__(self) -> str:
        operation = self.operation
        return f"<Operation {operation.id}: {operation.method} {operation.path}, {operation.summary}>"

    async def __call__(self, **values: Any) -> Answer:
        """Send a request with values for the operation's parameters and body fields; return the `Answer`.

        Raises `ValidationFailed` for invalid values, before anything is sent, and any other `ConnectorError`
        if the request fails.
        """
        return await self._client.call(self.operation, values)

    async def pages(self, **values: Any) -> AsyncIterator[Page]:
        """Yield the pages of a list.

        Starts at the page that the operation's page parameter selects, or at the first page by default.
        """
        operation = self.operation
        paging = self._client.integration.paging.get(operation.paging or "")
        first = values.pop(paging.page_parameter, None) if paging else None
        async for page in self._client.pages(operation, values, first):
            yield page

    async def rows(self, **values: Any) -> AsyncIterator[dict[str, Any]]:
        """Yield the rows on all pages of a list; each page is requested only when its rows are needed."""
        async for page in self.pages(**values):
            for row in page.rows:
                yield dict(row)


class Operations:
    """All API operations of a connection, accessible as attributes (`operations.list_returns`) or by key."""

    def __init__(self, client: Client, operations: Mapping[str, Operation]) -> None:
        self._client = client
        self._bound = {key: BoundOperation(client, operation) for key, operation in operations.items()}

    def __getattr__(self, name: str) -> BoundOperation:
        bound: dict[str, BoundOperation] = self.__dict__.get("_bound", {})
        if name not in bound:
            raise AttributeError(f"There is no operation {name}{did_you_mean(name, bound) or '.'}")
        return bound[name]

    def __getitem__(self, name: str) -> BoundOperation:
        made = self._client.integration
        with attributed_to(made.vendor.id, self._client.profile):
            return by_key(made, "operation", self._bound, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._bound)

    def __len__(self) -> int:
        return len(self._bound)

    def __repr__(self) -> str:
        return f"<operations: {', '.join(self._bound)}>"

    def _ipython_key_completions_(self) -> list[str]:
        """Return the keys that a notebook suggests within square brackets."""
        return list(self._bound)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._bound]
