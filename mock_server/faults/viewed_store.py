"""`ViewedStore`: a store whose rows appear as a client of an eventually consistent API may see them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from mock_server.store import EVERYTHING, Filters, Row, Store

_ALL: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class View:
    """How the rows appear.

    created_until: rows that were created after this time (µs) are missing
    shift: the number of rows by which a page that is not the first starts too late, or too early if negative
    repeat: whether a page that is not the first starts where the page before started
    """

    created_until: int | None = None
    shift: int = 0
    repeat: bool = False


class ViewedStore:
    """Reads from a store through a `View`, for one request; everything else is the store's own."""

    def __init__(self, store: Store, view: View) -> None:
        self._store = store
        self._view = view
        self._moves = bool(view.shift or view.repeat)

    def __getattr__(self, name: str) -> Any:
        """Return the store's own attribute."""
        return getattr(self._store, name)

    def row(self, tenant: str, vendor: str, kind: str, id_: str) -> Row | None:
        """Fetch a row as `Store.row` does; a row that is missing in the view is None."""
        row = self._store.row(tenant, vendor, kind, id_)
        until = self._view.created_until
        return None if row is None or (until is not None and row.created_at > until) else row

    def document(self, tenant: str, vendor: str, kind: str, id_: str) -> bytes | None:
        """Fetch a row's document as `Store.document` does."""
        row = self.row(tenant, vendor, kind, id_)
        return None if row is None else row.document

    def children(self, tenant: str, vendor: str, kind: str, parent: str) -> list[bytes]:
        """Fetch the documents of a row's children as `Store.children` does."""
        return [row.document for row in self.rows(tenant, vendor, kind, Filters(parent=parent))]

    def rows(self, tenant: str, vendor: str, kind: str, filters: Filters = EVERYTHING) -> Iterator[Row]:
        """Yield rows as `Store.rows` does."""
        return self._store.rows(tenant, vendor, kind, self._narrowed(filters))

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
        """Fetch a page and the total as `Store.page` does."""
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
        """Fetch a slice as `Store.slice` does.

        To know the rows before a slice, all rows are read. Only the first slice is moved: a handler that
        filters rows itself reads several for one page.
        """
        seen = (tenant, vendor, kind, self._narrowed(filters))
        moves, self._moves = self._moves, False
        if not start or not moves:
            return self._store.slice(*seen, start=start, inclusive=inclusive, limit=limit, **order)
        rows = self._store.slice(*seen, limit=_ALL, **order)
        offset = next((index for index, (id_, _) in enumerate(rows) if id_ == start), len(rows))
        # A cursor that names the next page's first row is known from one row more than a page has.
        first = self._start(offset, limit - 1) if inclusive else self._start(offset + 1, limit)
        return rows[first : first + limit]

    def _start(self, offset: int, limit: int) -> int:
        """Return where a page starts in the view that really starts at `offset`."""
        return max(0, offset - limit if self._view.repeat else offset + self._view.shift)

    def _narrowed(self, filters: Filters) -> Filters:
        """Add the view's limit to the filters."""
        until = self._view.created_until
        if until is None:
            return filters
        before = filters.created_until
        return replace(filters, created_until=until if before is None else min(until, before))
