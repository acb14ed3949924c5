"""Calls any operation of the API by its operationId, and reads lists page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.definition.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from connector.definition.model import Operation
    from connector.transport.answers import Answer
    from connector.transport.client import Client
    from connector.transport.paging import Page


class BoundOperation:
    """An operation of one connection.

    `await operation(status="pending")` returns an `Answer`. For a list, `async for row in
    operation.rows(…)` reads the rows of all pages, and `operation.pages(…)` the pages themselves.
    """

    def __init__(self, client: Client, operation: Operation) -> None:
        self.operation = operation
        self._client = client
        self.__doc__ = f"{operation.summary}. {operation.description}".strip()

    async def __call__(self, **values: Any) -> Answer:
        """Send the operation with values named like its parameters and body fields; return the `Answer`.

        Raises `ValidationFailed` for wrong values, before anything is sent, and any error of a request.
        """
        return await self._client.call(self.operation, values)

    async def pages(self, **values: Any) -> AsyncIterator[Page]:
        """Yield the pages of a list to the last one, starting at the first or at the given page parameter."""
        operation = self.operation
        paging = self._client.integration.paging.get(operation.paging or "")
        first = values.pop(paging.page_parameter, None) if paging else None
        async for page in self._client.pages(operation, values, first):
            yield page

    async def rows(self, **values: Any) -> AsyncIterator[dict[str, Any]]:
        """Yield the rows of a list, page by page."""
        async for page in self.pages(**values):
            for row in page.rows:
                yield dict(row)


class Operations:
    """The operations of one connection, as attributes and by key: `operations.list_returns`."""

    def __init__(self, client: Client, operations: Mapping[str, Operation]) -> None:
        self._bound = {key: BoundOperation(client, operation) for key, operation in operations.items()}

    def __getattr__(self, name: str) -> BoundOperation:
        bound: dict[str, BoundOperation] = self.__dict__.get("_bound", {})
        if name not in bound:
            raise AttributeError(f"There is no operation {name}{did_you_mean(name, bound) or '.'}")
        return bound[name]

    def __getitem__(self, name: str) -> BoundOperation:
        return self._bound[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._bound)

    def __len__(self) -> int:
        return len(self._bound)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._bound]
