"""Loads dropdowns: pages of values to choose from, each with a label for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connector.definition.naming import text_of
from connector.definition.paths import at_path
from connector.definition.spelling import trimmed
from connector.runtime.error_context import attributed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from connector.definition.model import Dropdown
    from connector.transport.client import Client
    from connector.transport.paging import Position


@dataclass(frozen=True, slots=True)
class Option:
    """One entry of a dropdown: `value` is sent to the vendor, `label` is shown."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Options:
    """One page of a dropdown; pass `next_page` to get the next one (None after the last)."""

    options: tuple[Option, ...]
    next_page: Position | None


class BoundDropdown:
    """A dropdown of one connection.

    `await dropdown()` returns its first page, `await dropdown(page=options.next_page)` the next.
    """

    def __init__(self, client: Client, dropdown: Dropdown) -> None:
        self.dropdown = dropdown
        self._client = client

    @attributed
    async def __call__(self, *, page: Position | None = None, search: str | None = None) -> Options:
        """Return one page. `search` filters in the API if that can search, otherwise the labels of this page.

        Raises the errors of a request.
        """
        dropdown = self.dropdown
        if dropdown.operation is None:
            fixed = tuple(Option(choice.value, choice.label) for choice in dropdown.choices)
            return Options(_filtered(fixed, search), None)
        operation = self._client.integration.operations[dropdown.operation]
        query = dict(dropdown.query)
        if search and dropdown.search:
            query[dropdown.search] = search
        if operation.paging is None:
            rows: tuple[Any, ...] = tuple((await self._client.call(operation, query)).data)
            following: Position | None = None
        else:
            answer = await self._client.page(operation, query, page)
            rows, following = answer.rows, answer.next
        options = _distinct(option for row in rows if (option := self._option(row)))
        return Options(options if dropdown.search else _filtered(options, search), following)

    def _option(self, row: Mapping[str, Any]) -> Option | None:
        value = text_of(at_path(row, self.dropdown.value))
        parts = [text_of(at_path(row, path)) for path in self.dropdown.label]
        label = " · ".join(part for part in parts if trimmed(part))
        return Option(value, label or value) if trimmed(value) else None


def _distinct(options: Iterable[Option]) -> tuple[Option, ...]:
    """Keep the first option of each value: an order with two returns is listed twice, but is one choice."""
    by_value: dict[str, Option] = {}
    for option in options:
        by_value.setdefault(option.value, option)
    return tuple(by_value.values())


def _filtered(options: tuple[Option, ...], search: str | None) -> tuple[Option, ...]:
    if not search:
        return options
    return tuple(option for option in options if search.casefold() in option.label.casefold())
