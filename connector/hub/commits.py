"""Lets transactions that wait at the same time share one commit.

A commit waits for the disk, which takes longer than most transactions, and SQLite allows one writer. Each
transaction is a savepoint of the shared one, so that one that fails does not undo the others.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import sqlalchemy as sa

T = TypeVar("T")

MOST = 100
"""The most transactions that share one commit."""


@dataclass(slots=True, eq=False)
class Unit(Generic[T]):
    """A transaction that waits for a shared commit.

    `done` is True after the commit, or after it failed; `problem` is then the exception that undid `work`, or
    None. A unit that is `dropped` before its turn is not run.
    """

    work: Callable[[sa.Connection], T]
    done: bool = False
    dropped: bool = False
    result: T | None = None
    problem: BaseException | None = None


class SharedCommits:
    """Runs units in their order, as many in one transaction as wait.

    Any thread may call `add`. Only one thread may call `result`, and in the order of the units.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._waiting: deque[Unit[Any]] = deque()

    def add(self, work: Callable[[sa.Connection], T]) -> Unit[T]:
        """Let `work` wait for the next commit."""
        unit = Unit(work)
        self._waiting.append(unit)
        return unit

    def result(self, unit: Unit[T]) -> T:
        """Return the result of a unit after its commit; first commit what waits, if the unit is not done.

        Raises the exception of the unit's work, or the one of the shared transaction, if that failed.
        """
        while not unit.done:
            self._commit([self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))])
        if unit.problem is not None:
            raise unit.problem
        return cast("T", unit.result)

    def _commit(self, waiting: Sequence[Unit[Any]]) -> None:
        units = [unit for unit in waiting if not unit.dropped]
        run = _run if len(units) == 1 else _run_in_savepoint
        try:
            with self._engine.begin() as connection:
                for unit in units:
                    run(connection, unit)
        except BaseException as problem:  # noqa: BLE001 - each caller gets it
            # Nothing is stored, so that also the result of a unit that failed by itself does not count.
            for unit in units:
                unit.problem = problem
        finally:
            for unit in waiting:  # also those that were dropped: nothing else would end their `result`
                unit.done = True


def _run(connection: sa.Connection, unit: Unit[Any]) -> None:
    unit.result = unit.work(connection)


def _run_in_savepoint(connection: sa.Connection, unit: Unit[Any]) -> None:
    """Run a unit; undo only its own changes if it fails.

    Raises the unit's exception if SQLite has undone the whole transaction, as it does if the disk is full.
    """
    driver: Any = connection.connection.driver_connection
    driver.execute("savepoint unit")
    try:
        unit.result = unit.work(connection)
    except BaseException as problem:
        if not driver.in_transaction:
            raise
        driver.execute("rollback to unit")
        unit.problem = problem
    driver.execute("release unit")
