"""Loops over items that must not be empty."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def each(items: Iterable[T]) -> Iterator[T]:
    """Yield every item; fail if the iterable is empty, because such a loop asserts nothing."""
    empty = True
    for item in items:
        empty = False
        yield item
    assert not empty, "The iterable is empty, so nothing was asserted."
