"""Compares the pages of a list with the paging that the specification and the catalog describe."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connector.definition.paths import at_path
from connector.errors import UnexpectedResponse
from connector.transport.answers import Answer
from connector.transport.paging import as_page
from connector.verify.report import Confirmed, Difference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connector.definition.model import Operation, Paging, Provenance
    from connector.transport.paging import Position
    from connector.verify.recorder import Exchange, Recorder

SMALL = 2
"""The number of rows per small page."""
LARGE = 100
"""The number of rows per large page; fewer if the vendor allows fewer."""


@dataclass(slots=True)
class PageChecks:
    """Checks the paging of one list.

    `large` is the exchange that read the first page with many rows. Pages with few rows are read and compared
    with it.
    """

    recorder: Recorder
    operation: Operation
    paging: Paging
    large: Exchange

    async def run(self) -> tuple[list[Difference], list[Confirmed]]:
        """Read up to two small pages; return the differences and the confirmed paging parameters.

        A list with fewer than three rows is not read again, because it has only one small page. Raises
        `CallsUsedUp` if no request is left, and `ConnectorError` if no response arrives.
        """
        many = _rows(self.large)
        differences = list(self._counts(many))
        if many is None or len(many) <= SMALL:
            return differences, []
        values = {**self.large.values, **page_values(self.paging, SMALL)}
        first = await self.recorder.ask(self.operation, values)
        rows = _rows(first)
        if rows is None:
            return differences, []
        size, position = self.paging.size_parameter, self.paging.page_parameter
        if len(rows) > SMALL:
            detail = f"{size}={SMALL} returns {len(rows)} rows"
            return [*differences, self._difference(size, first.status, detail)], []
        confirmed = [self._confirmed(size)]
        if self._starts_late(many, rows):
            detail = f"{position}={self.paging.first} does not return the first page"
            differences.append(self._difference(position, first.status, detail))
        following, problem = self._next(first)
        if problem or following is None:
            where = ".".join(self.paging.next or self.paging.total or ())
            detail = problem or "names no next page, although the list has more rows"
            return [*differences, self._difference(where or position, first.status, detail)], confirmed
        second = await self.recorder.ask(self.operation, {**values, position: following})
        later = _rows(second)
        if not later:
            detail = "the next page is empty, although the list has more rows"
        elif set(later) & set(rows) == set(rows):
            detail = "the next page returns the same rows again"
        else:
            return differences, [*confirmed, self._confirmed(position)]
        return [*differences, self._difference(position, second.status, detail)], confirmed

    def _counts(self, many: list[str] | None) -> Iterator[Difference]:
        """Yield a difference if the reported total is less than the number of rows, or the page size below 1.

        `many` contains the rows of the large page, or is None if the response contains no list.
        """
        for path, least, what in (
            (self.paging.total, len(many or ()), "rows on one page"),
            (self.paging.size_reported, 1, "row"),
        ):
            value = None if path is None else at_path(self.large.body, path)
            if path and isinstance(value, int) and not isinstance(value, bool) and value < least:
                yield self._difference(".".join(path), self.large.status, f"is less than the {what}")

    def _starts_late(self, many: list[str], rows: list[str]) -> bool:
        """Return True if the small page `rows` begins with a row of the second page instead of the first.

        `many` contains the rows of the large page. A row that arrives between the two requests cannot cause
        this, because it moves the other rows to later positions.
        """
        return bool(rows) and rows[0] in many and many.index(rows[0]) >= SMALL

    def _next(self, exchange: Exchange) -> tuple[Position | None, str]:
        """Return the position of the page that follows a page, and a problem if the position is not valid.

        The position is None if there is no next page; the problem is "" if there is none.
        """
        data = at_path(exchange.body, self.operation.payload)
        answer = Answer(self.operation.id, exchange.status, data, {}, exchange.body)
        here = exchange.values.get(self.paging.page_parameter)
        try:
            return as_page(self.paging, answer, here, SMALL).next, ""
        except UnexpectedResponse:
            return None, "the page names itself as the next one, or its name is neither text nor a number"

    def _difference(self, place: str, status: int, detail: str) -> Difference:
        return Difference("other_paging", self.operation.id, status, place, detail, self._provenance(place))

    def _confirmed(self, name: str) -> Confirmed:
        return Confirmed(self.operation.id, "parameter", name, self._provenance(name))

    def _provenance(self, name: str) -> Provenance:
        parameter = self.operation.parameter(name)
        return parameter.field.provenance if parameter else self.operation.provenance


def page_values(paging: Paging, size: int) -> dict[str, Any]:
    """Return the values of the paging parameters that request the first page with up to `size` rows."""
    values: dict[str, Any] = {paging.size_parameter: min(size, paging.max_size)}
    return values if paging.style == "cursor" else {**values, paging.page_parameter: paging.first}


def _rows(exchange: Exchange) -> list[str] | None:
    """Return each row of a list as JSON text for comparisons, or None if the response contains no list."""
    if not exchange.succeeded:
        return None
    data = at_path(exchange.body, exchange.operation.payload)
    return [json.dumps(row, sort_keys=True, default=str) for row in data] if isinstance(data, list) else None
