"""`Figures`: sums over all rows of one kind, kept in memory, so that reports need not read the rows.

A vendor's function names the figures to which a row contributes. The rows are read once, in slices; after
that, each change of a row changes the figures, and an undone change is undone in them.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from sqlite3 import Connection
from typing import Final

from mock_server.store import listing
from mock_server.store.memory import CounterKey

Number = int | Decimal
Figure = tuple[str | int, ...]
"""The name of a figure, such as `("status", 20514, "received")`."""
Facts = Callable[[bytes, str, int], Iterable[tuple[Figure, Number]]]
"""A function that names the figures of a row, from its document, status and created_at (µs), and what it adds
to each."""
_ROWS: Final = 200
"""The number of rows that are read at a time; this takes two to three milliseconds."""


class Figures:
    """The figures of one partition, vendor and kind; `values` is complete if `complete` is True."""

    def __init__(self, key: CounterKey, facts: Facts) -> None:
        self.key = key
        self._facts = facts
        self._last = -1, -1
        self._values: dict[Figure, Number] = {}
        self.complete = False

    @property
    def values(self) -> Mapping[Figure, Number]:
        """The figures that are not 0."""
        return self._values

    def read(self, connection: Connection) -> None:
        """Add the next rows that were not read yet."""
        found = connection.execute(listing.NEXT_ROWS, (*self.key, *self._last, _ROWS, 0)).fetchall()
        added = [
            fact for created, _, status, document in found for fact in self._facts(document, status, created)
        ]
        self.add(added)
        if found:
            self._last = found[-1][:2]
        self.complete = len(found) < _ROWS

    def of_row(
        self, sequence: int, document: bytes, status: str, created_at: int
    ) -> list[tuple[Figure, Number]]:
        """Return what a row adds to the figures; nothing if the row will be read later."""
        if not self.complete and (created_at, sequence) > self._last:
            return []
        return list(self._facts(document, status, created_at))

    def add(self, facts: Iterable[tuple[Figure, Number]]) -> None:
        """Add numbers to figures."""
        values = self._values
        for figure, number in facts:
            total = values.get(figure, 0) + number
            if total:
                values[figure] = total
            else:
                values.pop(figure, None)

    def remove(self, facts: Iterable[tuple[Figure, Number]]) -> None:
        """Subtract numbers from figures."""
        self.add([(figure, -number) for figure, number in facts])
