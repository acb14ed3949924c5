"""`Moments`: the sorted times of one kind of rows, so that rows in a period are counted without reading them.

SQLite counts the rows of a period by reading each of them, and reaches a row by reading all rows before it.
With a sorted array of their times in memory, both take a few microseconds for any number of rows. An array
takes eight bytes a row; it is read from an index when it is needed for the first time.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable
from typing import TYPE_CHECKING

from mock_server.store.model import Filters, Order

if TYPE_CHECKING:
    from array import array
    from collections.abc import Sequence

Read = Callable[[Order, str | None], "array[int]"]
"""A function that reads the sorted times in a column of all rows, or of the rows with a status."""


class Moments:
    """The sorted times (µs since the Unix epoch) of the rows of one partition, vendor and kind.

    An array is kept per column and status, and per column for all statuses (None).
    """

    __slots__ = ("_arrays", "_read")

    def __init__(self, read: Read) -> None:
        self._read = read
        self._arrays: dict[tuple[Order, str | None], array[int]] = {}

    def add(self, status: str, created_at: int, updated_at: int) -> None:
        """Add the times of a new row."""
        for (column, of), times in self._arrays.items():
            if of is None or of == status:
                insort(times, created_at if column == "created_at" else updated_at)

    def remove(self, status: str, created_at: int, updated_at: int) -> None:
        """Remove the times of a row."""
        for (column, of), times in self._arrays.items():
            if of is None or of == status:
                del times[bisect_left(times, created_at if column == "created_at" else updated_at)]

    def count(self, column: Order, filters: Filters) -> int:
        """Count the rows that match the statuses in `filters` and its limits for the column."""
        return sum(end - start for _, start, end in self._parts(column, filters))

    def nth(self, column: Order, filters: Filters, place: int) -> tuple[int, int]:
        """Find the time of the row at an index of the selected rows, which are sorted by the column.

        Returns the time, and the number of selected rows that are earlier. Raises `LookupError` if fewer rows
        are selected.
        """
        parts = self._parts(column, filters)
        if not 0 <= place < sum(end - start for _, start, end in parts):
            raise LookupError(f"There is no row {place}.")
        if len(parts) == 1:
            time = parts[0][0][parts[0][1] + place]
            return time, _until(parts[0], time - 1)
        low = min(times[start] for times, start, end in parts if start < end)
        high = max(times[end - 1] for times, start, end in parts if start < end)
        while low < high:  # the earliest time up to which there are more than `place` rows
            middle = (low + high) // 2
            if sum(_until(part, middle) for part in parts) > place:
                high = middle
            else:
                low = middle + 1
        return low, sum(_until(part, low - 1) for part in parts)

    def _parts(self, column: Order, filters: Filters) -> list[tuple[array[int], int, int]]:
        """Return the array of each status with the indexes of the first selected time, and after the last."""
        statuses: Sequence[str | None] = tuple(dict.fromkeys(filters.statuses)) or (None,)
        return [
            (times, *_bounds(times, column, filters)) for times in (self._times(column, s) for s in statuses)
        ]

    def _times(self, column: Order, status: str | None) -> array[int]:
        times = self._arrays.get((column, status))
        if times is None:
            times = self._arrays[column, status] = self._read(column, status)
        return times


def _until(part: tuple[array[int], int, int], time: int) -> int:
    times, start, end = part
    return max(0, min(bisect_right(times, time), end) - start)


def _bounds(times: array[int], column: Order, filters: Filters) -> tuple[int, int]:
    if column == "created_at":
        limits = (filters.created_from, filters.created_after, filters.created_before, filters.created_until)
    else:
        limits = (filters.updated_from, filters.updated_after, filters.updated_before, filters.updated_until)
    from_, after, before, until = limits
    start = max(
        0 if from_ is None else bisect_left(times, from_), 0 if after is None else bisect_right(times, after)
    )
    end = min(
        len(times) if before is None else bisect_left(times, before),
        len(times) if until is None else bisect_right(times, until),
    )
    return start, max(start, end)
