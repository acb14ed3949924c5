"""Runs searches: finds a record by ID, records that match filters, or the child records of a parent."""

from __future__ import annotations

from inspect import Parameter
from typing import TYPE_CHECKING, Any

from connector.definition.naming import listed
from connector.errors import FieldError, NotFound, UnexpectedResponse
from connector.runtime.compare import matching_rows
from connector.runtime.descriptions import LazySignature, shown
from connector.runtime.error_context import attributed
from connector.runtime.inputs import fill, not_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connector.definition.model import FindOrCreate, InputField, Operation, Search
    from connector.runtime.actions import BoundAction
    from connector.runtime.inputs import FilledInputs
    from connector.transport.client import Client

LIMIT = 100
"""The maximum number of records that a search returns by default."""
MAX_MISMATCHED_PAGES = 10
"""The maximum number of pages that a search reads if the vendor returns records that do not match."""


class BoundSearch:
    """A search bound to a connection: `await search(rma_number="RMA-2026-001234")` returns the matches."""

    __signature__ = LazySignature("search", Parameter("limit", Parameter.KEYWORD_ONLY, default=LIMIT))

    def __init__(self, client: Client, search: Search) -> None:
        self.search = search
        self.preview = search.preview
        self._client = client

    def __repr__(self) -> str:
        return shown("Search", self._client.integration.vendor.title, self.search)

    @attributed
    async def __call__(self, *, limit: int = LIMIT, **inputs: Any) -> list[dict[str, Any]]:
        """Search with inputs keyed by name; return at most `limit` records, or [] if no record matches.

            returns = await rm.searches["find_return"](order_number="#1001")

        If the API has no filter for an input, the input is compared with the newest records, at most
        `search.scan_pages` pages. Records whose identifiers differ from the inputs are left out, because a
        vendor may ignore a filter.

        Raises `ValidationFailed` for invalid inputs, `UnexpectedResponse` if the vendor ignored a filter and
        no returned record matches, and any other error that a request raises.
        """
        search = self.search
        filled = fill(search.key, search.inputs, inputs, looking=True)
        if search.at_least_one and not any(key in filled.inputs for key in search.at_least_one):
            first, *others = search.at_least_one
            needed = f"is required, unless {listed(others)} is given" if others else "is required"
            raise not_run(search.key, [FieldError(first, needed)])
        operation = self._client.integration.operations[search.operation]
        try:
            if operation.paging:
                return await self._rows(operation, filled, limit)
            data = (await self._client.call(operation, {**search.query, **filled.values})).data
            rows = data if isinstance(data, list) else [data]
            matching, ignored = matching_rows(search.inputs, filled.inputs, rows)
            if ignored:
                raise self._ignored(ignored, filled, len(rows))
            return [dict(row) for row in matching[:limit]]
        except NotFound:
            # If the path contains no record ID, or is assumed, the URL itself may be wrong.
            if "{" not in operation.path or operation.path_provenance == "assumed":
                raise
            return []

    async def _rows(self, operation: Operation, filled: FilledInputs, limit: int) -> list[dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        pages = passed = received = 0
        ignored: list[InputField] = []
        async for page in self._client.pages(operation, {**self.search.query, **filled.values}):
            pages += 1
            matching, mismatched = matching_rows(self.search.inputs, filled.inputs, page.rows)
            received, passed = received + len(page.rows), passed + len(matching)
            ignored = ignored or mismatched
            # Keyed by content: a record created while the list is read pushes a page's last row to the next
            # page.
            found |= {repr(row): dict(row) for row in matching if filled.fits(row)}
            if len(found) >= limit or (filled.matches and (found or pages >= self.search.scan_pages)):
                break
            if passed < received and pages >= MAX_MISMATCHED_PAGES:
                break
        if received and not passed:
            raise self._ignored(ignored, filled, received)
        return list(found.values())[:limit]

    def _ignored(self, fields: Sequence[InputField], filled: FilledInputs, count: int) -> UnexpectedResponse:
        """Build the error for filters that the vendor ignored; `count` is the number of records received.

        Returning an empty list instead would wrongly suggest that no record exists.
        """
        title = self._client.integration.vendor.title
        filters = " and ".join(f"{field.key} {filled.inputs[field.key]!r}" for field in fields)
        records = (
            "one record with another value" if count == 1 else f"{count:,} records, none of which has it"
        )
        return UnexpectedResponse(
            f"{self.search.key}: {title} ignored the filter {filters}: it answered with {records}. Such a "
            "record may or may not exist.",
            operation=self.search.operation,
        )


class BoundFindOrCreate:
    """A search and the action to run if the search finds nothing: `await pair(search={…}, create={…})`."""

    def __init__(self, pair: FindOrCreate, search: BoundSearch, create: BoundAction) -> None:
        self.pair = pair
        self._search = search
        self._create = create

    async def __call__(
        self, *, search: dict[str, Any], create: dict[str, Any]
    ) -> tuple[dict[str, Any], bool]:
        """Find the first record that matches the inputs `search`, or create one with the inputs `create`.

        Both are keyed by name. Returns the record and whether it was created. Two concurrent calls may both
        create a record. Raises the same errors as the search and the action.
        """
        records = await self._search(limit=1, **search)
        return (records[0], False) if records else (await self._create(**create), True)
