"""Loads the options of a dropdown input page by page; each option has a value and a label."""

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
    """An option in a dropdown; `value` is sent to the vendor, and `label` is shown to the user."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Options:
    """One page of a dropdown's options.

    `next_page` is the value of `page` that loads the next page. It is None on the last page.
    """

    options: tuple[Option, ...]
    next_page: Position | None


class BoundDropdown:
    """A dropdown bound to a connection.

    `await dropdown()` loads the first page, and `await dropdown(page=options.next_page)` the next page.
    """

    def __init__(self, client: Client, dropdown: Dropdown) -> None:
        self.dropdown = dropdown
        self.preview = False
        self._client = client

    @attributed
    async def __call__(self, *, page: Position | None = None, search: str | None = None) -> Options:
        """Load one page of options: the page at position `page`, or the first page if `page` is None.

        If the vendor's API can search, `search` is sent to the API. Otherwise the options on this page whose
        label contains `search` are returned. Raises any `ConnectorError` that the request raises.
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
    """Remove options with a duplicate value, for example an order that is listed for each of its returns."""
    by_value: dict[str, Option] = {}
    for option in options:
        by_value.setdefault(option.value, option)
    return tuple(by_value.values())


def _filtered(options: tuple[Option, ...], search: str | None) -> tuple[Option, ...]:
    if not search:
        return options
    return tuple(option for option in options if search.casefold() in option.label.casefold())
