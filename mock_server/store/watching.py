"""Detects changes to a partition that are made while the partition is being copied in slices."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mock_server.store.change import Change
from mock_server.store.memory import Memory
from mock_server.store.model import Row, Step


@contextmanager
def watch(memory: Memory, partition: str) -> Iterator[Callable[[], bool]]:
    """Yield a function that returns True if rows, events or steps of a partition have changed.

    The function detects changes since its previous call or, if it is called for the first time, since the
    start of the `with` block. It ignores changes to webhook deliveries, keys, clocks, switches and faults.
    """
    memory.watched += 1

    def changed() -> bool:
        written = partition in memory.written
        memory.written.discard(partition)
        return written

    try:
        changed()
        yield changed
    finally:
        memory.watched -= 1
        if not memory.watched:
            memory.written.clear()


class WatchedChange(Change):
    """A `Change` that adds each changed partition to `Memory.written`; used while `watch` is active."""

    def put(self, row: Row) -> int:
        self._note(row.tenant)
        return super().put(row)

    def record(self, tenant: str, vendor: str, **event: Any) -> int:
        self._note(tenant)
        return super().record(tenant, vendor, **event)

    def schedule(self, tenant: str, vendor: str, **step: Any) -> None:
        self._note(tenant)
        super().schedule(tenant, vendor, **step)

    def unschedule(self, tenant: str, vendor: str, subject: str) -> None:
        self._note(tenant)
        super().unschedule(tenant, vendor, subject)

    def done(self, step: Step) -> None:
        self._note(step.tenant)
        super().done(step)

    def _note(self, tenant: str) -> None:
        self._memory.written.add(self._partitions.get(tenant, tenant))
