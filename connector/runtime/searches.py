"""Searches, run: one record by id, the records that fit, the records below a parent, a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.definition.naming import listed
from connector.errors import FieldError, NotFound, UnexpectedResponse
from connector.runtime.attribution import attributed
from connector.runtime.compare import strangers
from connector.runtime.inputs import fill, refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connector.definition.model import FindOrCreate, InputField, Operation, Search
    from connector.runtime.actions import BoundAction
    from connector.runtime.inputs import FilledInputs
    from connector.transport.client import Client

LIMIT = 100
MISLED_PAGES = 10
"""The most pages that are read of a list once it held a record that was not asked for."""


class BoundSearch:
    """A search of one connection: `await search(rma_number="RMA-2026-001234")` returns a list of records."""

    def __init__(self, client: Client, search: Search) -> None:
        self.search = search
        self._client = client

    @attributed
    async def __call__(self, *, limit: int = LIMIT, **inputs: Any) -> list[dict[str, Any]]:
        """Search with inputs by key; an empty list means that nothing fits.

        At most `limit` records come back. A search for something that the API cannot look up reads the newest
        `search.scan_pages` pages and no more. Records are compared again with what identifies them: those
        that hold another value are left out. Raises `UnexpectedResponse` where the vendor ignored a filter
        and no record has what was asked for, `ValidationFailed` for wrong inputs, and what a read raises.
        """
        search = self.search
        filled = fill(search.key, search.inputs, inputs, looking=True)
        if search.at_least_one and not any(key in filled.inputs for key in search.at_least_one):
            first, *others = search.at_least_one
            needed = f"is required, unless {listed(others)} is given" if others else "is required"
            raise refused(search.key, [FieldError(first, needed)])
        operation = self._client.integration.operations[search.operation]
        try:
            if operation.paging:
                return await self._rows(operation, filled, limit)
            data = (await self._client.call(operation, {**search.query, **filled.values})).data
            rows = data if isinstance(data, list) else [data]
            fitting, ignored = strangers(search.inputs, filled.inputs, rows)
            if ignored:
                raise self._ignored(ignored, filled, len(rows))
            return [dict(row) for row in fitting[:limit]]
        except NotFound:
            if "{" not in operation.path:  # no record is asked for, so none is missing: the address is wrong
                raise
            return []

    async def _rows(self, operation: Operation, filled: FilledInputs, limit: int) -> list[dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        read = passed = came = 0
        ignored: list[InputField] = []
        async for page in self._client.pages(operation, {**self.search.query, **filled.values}):
            read += 1
            fitting, kept_out = strangers(self.search.inputs, filled.inputs, page.rows)
            came, passed, ignored = came + len(page.rows), passed + len(fitting), ignored or kept_out
            # A record that is made meanwhile pushes the last one of a page to the next.
            found |= {repr(row): dict(row) for row in fitting if filled.fits(row)}
            if len(found) >= limit or (filled.matches and (found or read >= self.search.scan_pages)):
                break
            if passed < came and read >= MISLED_PAGES:
                break
        if came and not passed:
            raise self._ignored(ignored, filled, came)
        return list(found.values())[:limit]

    def _ignored(self, fields: Sequence[InputField], filled: FilledInputs, count: int) -> UnexpectedResponse:
        """Return the error for rows that are not what was asked for: "nothing found" would be untrue."""
        title = self._client.integration.vendor.title
        filters = " and ".join(f"{one.key} {filled.inputs[one.key]!r}" for one in fields)
        came = "one record with another value" if count == 1 else f"{count:,} records, none of which has it"
        return UnexpectedResponse(
            f"{self.search.key}: {title} ignored the filter {filters}: it answered with {came}. Whether such "
            "a record exists is not known.",
            operation=self.search.operation,
        )


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
