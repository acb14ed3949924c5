"""`Pages`: pages and slices of rows, read from the index in which SQLite finds them with the fewest steps.

SQLite knows nothing about how many rows a filter selects; here, the counters and `Moments` tell. A page costs
about the same for any number of stored rows, unless several filters on times and columns are combined.
"""

import sqlite3
from array import array
from dataclasses import replace
from itertools import chain
from typing import Any, Final

from mock_server.store import listing, statements
from mock_server.store.memory import CounterKey, Memory
from mock_server.store.model import Filters, Order, Row, Sorting
from mock_server.store.moments import Moments

_STATUSES: Final = frozenset({"statuses"})
_BY_TIME: Final[dict[Order, frozenset[str]]] = {
    "created_at": frozenset({"statuses", "created_from", "created_after", "created_before", "created_until"}),
    "updated_at": frozenset({"updated_from", "updated_after", "updated_before", "updated_until"}),
}
"""The filters that `Moments` counts, for each column."""
_OF_SHOP: Final = _BY_TIME["created_at"] | _BY_TIME["updated_at"] | {"shop", "created_not", "updated_not"}
_SHOP_INDEXES: Final[tuple[tuple[Order, str], ...]] = (
    ("updated_at", "rows_by_shop_updated_at"),
    ("created_at", "rows_by_shop"),
)
_FAR: Final = 200
"""The number of rows that SQLite skips to reach a page; beyond it, the page is found by its time."""
_FEW: Final = 300
_SHARE: Final = 20
"""If a time selects at most `_FEW` rows, or one in `_SHARE`, they are all read, and sorted."""


class Pages:
    """Reads pages and slices of rows; `execute` runs a statement on the store's connection."""

    def __init__(self, connection: sqlite3.Connection, memory: Memory) -> None:
        self._connection = connection
        self._execute = connection.execute
        self._memory = memory

    def totals(self, key: CounterKey) -> dict[str, int]:
        """Return the number of rows per status, from the counters."""
        totals = self._memory.totals.get(key)
        if totals is None:
            totals = self._memory.totals[key] = dict(self._execute(statements.TOTALS, key).fetchall())
        return totals

    def count(self, key: CounterKey, filters: Filters) -> int:
        """Count the rows that match the filters."""
        shape, values = statements.shape_of(filters)
        names = {name for name, _ in shape}
        if names <= _STATUSES:
            totals = self.totals(key)
            return sum(totals.get(status, 0) for status in set(filters.statuses or totals))
        for column, counted in _BY_TIME.items():
            if names <= counted:
                return self._moments(key).count(column, filters)
        counted_rows: int = self._execute(listing.count(shape), (*key, *values)).fetchone()[0]
        return counted_rows

    def page(
        self, key: CounterKey, filters: Filters, order: Order, *, descending: bool, limit: int, offset: int
    ) -> list[bytes]:
        """Fetch one page of summaries; see `Store.page`."""
        if offset > _FAR:
            filters, offset = self._nearer(key, filters, order, offset, descending=descending)
        shape, values = statements.shape_of(filters)
        names = {name for name, _ in shape}
        if len(filters.statuses) > 1 and order == "created_at" and names <= _BY_TIME["created_at"]:
            return self._merged(key, filters, order, descending=descending, limit=limit, offset=offset)
        index = ""
        if order == "created_at" and names & _BY_TIME["updated_at"] and names <= _OF_SHOP:
            index = "rows_by_updated_at" if self._is_few(key, filters, "updated_at") else "rows_by_created_at"
        elif order == "updated_at" and names <= _BY_TIME["updated_at"]:
            index = "rows_by_updated_at"
        sql = listing.page(shape, order, descending=descending, index=index)
        return [summary for (summary,) in self._execute(sql, (*key, *values, limit, offset))]

    def slice(
        self,
        key: CounterKey,
        filters: Filters,
        sorting: Sorting,
        start: Row | None,
        *,
        inclusive: bool,
        limit: int,
    ) -> list[tuple[str, bytes]]:
        """Fetch the rows from `start` on, or after it; see `Store.slice`."""
        shape, values = statements.shape_of(filters)
        start_at: listing.StartAt = "beginning"
        named: dict[str, Any] = {"limit": limit, "offset": 0}
        if start is not None:
            start_at = "row" if inclusive else "after row"
            named |= {f"at_{name}": getattr(start, name) for name in ("created_at", "updated_at", "sequence")}
        index = self._index_of_shop(key, filters, sorting, {name for name, _ in shape})
        sql, names = listing.slice_(shape, sorting, start_at, index)
        others = iter((*key, *values))
        return self._execute(sql, [named[n] if n in named else next(others) for n in names]).fetchall()

    def _index_of_shop(self, key: CounterKey, filters: Filters, sorting: Sorting, names: set[str]) -> str:
        """Choose the index from which the rows of one shop are read; "" leaves the choice to SQLite."""
        if "shop" not in names or not names <= _OF_SHOP:
            return ""
        for column, index in _SHOP_INDEXES:
            filtered = bool(names & (_BY_TIME[column] - _STATUSES))
            if sorting and sorting[0][0] == column:
                return index
            if filtered and self._is_few(key, filters, column):
                return index
        if names & _STATUSES and self._few(key, self.count(key, Filters(statuses=filters.statuses))):
            return "rows_by_status"
        return "" if sorting else "rows_by_shop_sequence"

    def _is_few(self, key: CounterKey, filters: Filters, column: Order) -> bool:
        only = replace(filters, statuses=())
        return self._few(key, self._moments(key).count(column, only))

    def _few(self, key: CounterKey, selected: int) -> bool:
        return selected <= max(_FEW, sum(self.totals(key).values()) // _SHARE)

    def _nearer(
        self, key: CounterKey, filters: Filters, order: Order, offset: int, *, descending: bool
    ) -> tuple[Filters, int]:
        """Skip rows by a limit for their time, so that SQLite need not; return the filters and new offset."""
        names = {name for name, _ in statements.shape_of(filters)[0]}
        if not names <= _BY_TIME[order]:
            return filters, offset
        moments = self._moments(key)
        total = moments.count(order, filters)
        if offset >= total:
            return filters, offset
        time, before = moments.nth(order, filters, total - 1 - offset if descending else offset)
        column = order.removesuffix("_at")
        if not descending:
            later: dict[str, Any] = {f"{column}_from": time}
            return replace(filters, **later), offset - before
        until: dict[str, Any] = {f"{column}_until": time}
        nearer = replace(filters, **until)
        return nearer, offset - (total - moments.count(order, nearer))

    def _merged(
        self, key: CounterKey, filters: Filters, order: Order, *, descending: bool, limit: int, offset: int
    ) -> list[bytes]:
        statuses = tuple(dict.fromkeys(filters.statuses))
        values: list[Any] = []
        for status in statuses:
            shape, selected = statements.shape_of(replace(filters, statuses=(status,)))
            values += [*key, *selected, limit + offset, 0]
        sql = listing.merged_page(shape, order, len(statuses), descending=descending)
        return [summary for (summary,) in self._execute(sql, (*values, limit, offset))]

    def _moments(self, key: CounterKey) -> Moments:
        memory = self._memory
        moments = memory.moments.get(key)
        if moments is None:
            moments = memory.moments[key] = Moments(lambda column, status: self._times(key, column, status))
        return moments

    def _times(self, key: CounterKey, column: Order, status: str | None) -> "array[int]":
        if self._connection.in_transaction:  # the array contains uncommitted changes that `undo` lacks
            self._memory.undo.append(lambda: self._memory.moments.pop(key, None))
        values = key if status is None else (*key, status)
        found = self._execute(listing.times(column, of_status=status is not None), values)
        return array("q", chain.from_iterable(found))
