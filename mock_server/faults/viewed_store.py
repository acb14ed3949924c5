"""`ViewedStore`: a store that returns rows as an eventually consistent API might show them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from mock_server.store import EVERYTHING, Filters, Row, Store
from mock_server.store.figures import Facts, Figure, Figures, Number

_ALL: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class View:
    """A distorted view of a store's rows; the default values distort nothing.

    created_until: rows that were created after this time (µs since the Unix epoch) are missing
    shift: every page except the first starts this number of rows too late, or too early if it is negative
    repeat: if True, every page except the first starts where the previous page started
    """

    created_until: int | None = None
    shift: int = 0
    repeat: bool = False


class ViewedStore:
    """A store for one request that reads rows through a `View`, and passes other calls to the real store."""

    def __init__(self, store: Store, view: View) -> None:
        self._store = store
        self._view = view
        self._moves = bool(view.shift or view.repeat)

    def __getattr__(self, name: str) -> Any:
        """Return the real store's attribute for each name that this class does not define."""
        return getattr(self._store, name)

    def row(self, tenant: str, vendor: str, kind: str, id_: str) -> Row | None:
        """Fetch a row as `Store.row` does, or return None if the view hides it."""
        row = self._store.row(tenant, vendor, kind, id_)
        until = self._view.created_until
        return None if row is None or (until is not None and row.created_at > until) else row

    def document(self, tenant: str, vendor: str, kind: str, id_: str) -> bytes | None:
        """Fetch a row's document as `Store.document` does, or return None if the view hides the row."""
        row = self.row(tenant, vendor, kind, id_)
        return None if row is None else row.document

    def children(self, tenant: str, vendor: str, kind: str, parent: str) -> list[bytes]:
        """Fetch the documents of a row's children as `Store.children` does, except those the view hides."""
        return [row.document for row in self.rows(tenant, vendor, kind, Filters(parent=parent))]

    def rows(self, tenant: str, vendor: str, kind: str, filters: Filters = EVERYTHING) -> Iterator[Row]:
        """Yield rows as `Store.rows` does, except those that the view hides."""
        return self._store.rows(tenant, vendor, kind, self._narrowed(filters))

    async def figures(
        self, tenant: str, vendor: str, kind: str, facts: Facts, **_: Any
    ) -> Mapping[Figure, Number]:
        """Sum the figures of the rows that the view shows, as `Store.figures` does for all rows."""
        found = Figures((tenant, vendor, kind), facts)
        for row in self.rows(tenant, vendor, kind):
            found.add(facts(row.document, row.status, row.created_at))
        return found.values

    def page(
        self,
        tenant: str,
        vendor: str,
        kind: str,
        filters: Filters = EVERYTHING,
        *,
        limit: int,
        offset: int = 0,
        **order: Any,
    ) -> tuple[list[bytes], int]:
        """Fetch a page of documents and the total number, as `Store.page` does, but through the view."""
        start = self._start(offset, limit) if offset else 0
        return self._store.page(
            tenant, vendor, kind, self._narrowed(filters), limit=limit, offset=start, **order
        )

    def slice(
        self,
        tenant: str,
        vendor: str,
        kind: str,
        filters: Filters = EVERYTHING,
        *,
        start: str = "",
        inclusive: bool = True,
        limit: int,
        **order: Any,
    ) -> list[tuple[str, bytes]]:
        """Fetch a slice as `Store.slice` does, but through the view.

        The view moves the start of the first slice only, because a handler that filters rows itself fetches
        several slices for one page. To move the start, this method reads all rows.
        """
        seen = (tenant, vendor, kind, self._narrowed(filters))
        moves, self._moves = self._moves, False
        if not start or not moves:
            return self._store.slice(*seen, start=start, inclusive=inclusive, limit=limit, **order)
        rows = self._store.slice(*seen, limit=_ALL, **order)
        offset = next((index for index, (id_, _) in enumerate(rows) if id_ == start), len(rows))
        # With an inclusive start, callers fetch one row more than a page has, to find the next page's start.
        first = self._start(offset, limit - 1) if inclusive else self._start(offset + 1, limit)
        return rows[first : first + limit]

    def _start(self, offset: int, limit: int) -> int:
        """Return the offset at which a page starts in the view; `offset` is where it starts in the store."""
        return max(0, offset - limit if self._view.repeat else offset + self._view.shift)

    def _narrowed(self, filters: Filters) -> Filters:
        """Add the view's `created_until` to the filters, unless they already contain an earlier one."""
        until = self._view.created_until
        if until is None:
            return filters
        before = filters.created_until
        return replace(filters, created_until=until if before is None else min(until, before))
