"""Searches, run: one record by id, the records that fit, the records below a parent, a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.actions import holds
from connector.errors import FieldError, NotFound
from connector.inputs import fill, refused
from connector.resolve import at_path
from connector.words import listed

if TYPE_CHECKING:
    from connector.actions import BoundAction
    from connector.client import Client
    from connector.inputs import Filled
    from connector.model import FindOrCreate, Operation, Search

LIMIT = 100


class BoundSearch:
    """A search of one connection: `await search(rma_number="RMA-2026-001234")` returns a list of records."""

    def __init__(self, client: Client, search: Search) -> None:
        self.search = search
        self._client = client

    async def __call__(self, *, limit: int = LIMIT, **inputs: Any) -> list[dict[str, Any]]:
        """Search with inputs by key; an empty list means that nothing fits.

        At most `limit` records come back. A search for something that the API cannot look up reads the newest
        `search.scan_pages` pages and no more. Raises `ValidationFailed` for wrong inputs, and what a read
        raises.
        """
        search = self.search
        filled = fill(search.key, search.inputs, inputs)
        if search.at_least_one and not any(key in filled.inputs for key in search.at_least_one):
            first, *others = search.at_least_one
            needed = f"is required, unless {listed(others)} is given" if others else "is required"
            raise refused(search.key, [FieldError(first, needed)])
        operation = self._client.integration.operations[search.operation]
        try:
            if operation.paging:
                return await self._rows(operation, filled, limit)
            data = (await self._client.call(operation, {**search.query, **filled.values})).data
        except NotFound:
            if "{" not in operation.path:  # no record is asked for, so none is missing: the address is wrong
                raise
            return []
        return data[:limit] if isinstance(data, list) else [data]

    async def _rows(self, operation: Operation, filled: Filled, limit: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        read = 0
        async for page in self._client.pages(operation, {**self.search.query, **filled.values}):
            read += 1
            found.extend(
                dict(row)
                for row in page.rows
                if all(holds(at_path(row, path), wanted) for path, wanted in filled.matches)
            )
            if len(found) >= limit or (filled.matches and (found or read >= self.search.scan_pages)):
                break
        return found[:limit]


class BoundFindOrCreate:
    """A search, and the action to fall back on: `await pair(search={…}, create={…})`."""

    def __init__(self, pair: FindOrCreate, search: BoundSearch, create: BoundAction) -> None:
        self.pair = pair
        self._search = search
        self._create = create

    async def __call__(
        self, *, search: dict[str, Any], create: dict[str, Any]
    ) -> tuple[dict[str, Any], bool]:
        """Return the record, and whether it was created. Two at the same moment may both create."""
        found = await self._search(limit=1, **search)
        return (found[0], False) if found else (await self._create(**create), True)
