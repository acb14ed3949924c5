"""Manages the tenants' clocks, which can be frozen and advanced, and runs scheduled steps.

All times are in microseconds (µs) since the Unix epoch, in UTC. A tenant's clock runs at an offset from real
time. The clock can be frozen, and it can be moved forward. A scheduled step, such as a carrier's scan, runs
when the clock reaches its due time. If `advance` moves the clock past that time, the step runs during the
call; if the clock reaches it on its own, the step runs just before the next request is handled. No background
task runs steps, so a tenant without requests costs nothing. Clients cannot tell the difference, because they
only see a step's results when they send a request.

This is the only module in the package that reads real time.
"""

import asyncio
import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

import sqlalchemy as sa

from mock_server.store import Change, Step, Store, tables

SECOND: Final = 1_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
FIRST: Final = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
LAST: Final = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
_log = logging.getLogger(__name__)

_EARLIEST: Final = -62_135_596_800 * SECOND  # 0001-01-01
_LATEST: Final = 253_402_300_800 * SECOND - 1  # 9999-12-31T23:59:59.999999

SLICE: Final = 5_000
"""The longest time (µs) for which work for one tenant may block other tenants' requests."""
_LEAP_SECOND: Final = re.compile(r"(?<=T[0-9]{2}:[0-9]{2}):60(?=$|[.Z+-])", re.ASCII)

RunStep = Callable[[Change, Step], None]


def wall() -> int:
    """Return real time in microseconds since the Unix epoch."""
    return time.time_ns() // 1_000


def steady() -> float:
    """Return the value of a monotonic clock in seconds, for measuring durations."""
    return time.monotonic()


def ticks() -> int:
    """Return the value of a performance counter in microseconds, for measuring short durations."""
    return time.perf_counter_ns() // 1_000


wall_ns: Final = time.time_ns
"""Returns real time in nanoseconds since the Unix epoch; for code that runs in every request."""
elapsed_ns: Final = time.perf_counter_ns
"""Returns the value of a performance counter in nanoseconds; for code that runs in every request."""


async def sleep(seconds: float) -> None:
    """Sleep for the given number of seconds of real time."""
    await asyncio.sleep(seconds)


def moment(at: int) -> datetime:
    """Convert microseconds since the Unix epoch to a date-time in UTC."""
    return _EPOCH + timedelta(microseconds=at)


def micros(at: datetime) -> int:
    """Convert a date-time with a time zone to microseconds since the Unix epoch."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def whole_second(at: int) -> int:
    """Round a time (µs) down to a whole second."""
    return at // SECOND * SECOND


def timestamp(at: int) -> str:
    """Format a time (µs) like `2024-12-30T10:30:00Z`, rounded down to a whole second."""
    return _formatted(at // SECOND)


def reached_at(due: int) -> str:
    """Format a due time (µs) like `timestamp`, but rounded up to a whole second."""
    return timestamp(due + SECOND - 1)


def timestamp_ms(at: int) -> str:
    """Format a time (µs) like `2024-12-30T10:30:00.125Z`, rounded down to a millisecond."""
    return f"{timestamp(at)[:-1]}.{at % SECOND // 1_000:03}Z"


@lru_cache(maxsize=4_096)  # responses repeat the same times
def _formatted(second: int) -> str:
    return f"{moment(second * SECOND).replace(tzinfo=None).isoformat()}Z"


def instant(text: str) -> int:
    """Parse an RFC 3339 date-time or a date, and return microseconds since the Unix epoch.

    A date means midnight UTC, and a date-time without an offset is in UTC. A leap second is replaced by the
    preceding second. Times outside the years 1 to 9999 are replaced by the nearest time within these years.
    Raises `ValueError` if `text` is not a date or a date-time.
    """
    normalized = _LEAP_SECOND.sub(":59", text.upper())
    if normalized.startswith("0000-"):
        return _EARLIEST
    at = datetime.fromisoformat(normalized)
    return min(max(micros(at if at.tzinfo else at.replace(tzinfo=UTC)), _EARLIEST), _LATEST)


@dataclass(slots=True)
class TenantClock:
    """A tenant's clock.

    It differs from real time by `offset` (µs), unless it is frozen; then it shows `frozen_at` (µs).
    """

    offset: int = 0
    frozen_at: int | None = None


@dataclass(frozen=True, slots=True)
class ExecutedStep:
    """A scheduled step that was run; `error` is the reason if the step failed, or "" if it succeeded."""

    step: Step
    error: str = ""


class Clocks:
    """Manages the clocks of all tenants, which are cached in memory, and runs their scheduled steps."""

    def __init__(
        self, store: Store, real: Callable[[], int] = wall, ticks: Callable[[], int] = ticks
    ) -> None:
        self._store = store
        self._real = real
        self._ticks = ticks
        self._moving: set[str] = set()
        self._held: dict[str, asyncio.Event] = {}
        self._clocks: dict[str, TenantClock] = {}
        self.times_read = 0
        """How many times a clock has been read; a response can be kept if reading it took no clock."""
        self._steps: dict[str, RunStep] = {}
        self._vendors: tuple[str, ...] = ()
        table = tables.tenants
        for name, offset, frozen_at in store.select(
            sa.select(table.c.name, table.c.clock_offset, table.c.frozen_at)
        ):
            self._clocks[name] = TenantClock(offset, frozen_at)
        store.on_change(table, self._reload)

    def _reload(self, tenant: str) -> None:
        """Reload a tenant's clock from the store; remove it from the cache if the tenant was deleted."""
        self._clocks.pop(tenant, None)
        for row in self._store.tenant_rows(tables.tenants, tenant, "clock_offset", "frozen_at"):
            self._clocks[tenant] = TenantClock(*row)

    def real(self) -> int:
        """Return real time (µs), for data that does not belong to a tenant."""
        self.times_read += 1
        return self._real()

    def register_steps(self, vendor: str, run: RunStep) -> None:
        """Register the function that runs the scheduled steps of a vendor.

        During each call to `run`, the tenant's clock shows the time at which the step is due.
        """
        self._steps[vendor] = run
        self._vendors = tuple(self._steps)

    def now(self, tenant: str) -> int:
        """Return the tenant's time (µs); raise `KeyError` if the tenant does not exist."""
        self.times_read += 1
        clock = self._clocks[tenant]
        return self._real() + clock.offset if clock.frozen_at is None else clock.frozen_at

    def known(self, tenant: str) -> bool:
        """Return True if a tenant with this name exists; every tenant has a clock."""
        return tenant in self._clocks

    def frozen(self, tenant: str) -> bool:
        """Return True if the tenant's clock is frozen; raise `KeyError` if the tenant does not exist."""
        self.times_read += 1
        return self._clocks[tenant].frozen_at is not None

    def offset(self, tenant: str) -> int:
        """Return the tenant's time minus real time (µs)."""
        return self.now(tenant) - self._real()

    def next_due(self, tenant: str) -> int | None:
        """Return the time (µs) at which the tenant's next step is due; None if no step is scheduled."""
        return self._store.next_due(tenant, self._vendors)

    def clock(self, tenant: str) -> TenantClock:
        """Return a copy of the tenant's clock; raise `KeyError` if the tenant does not exist."""
        self.times_read += 1
        return replace(self._clocks[tenant])

    def showing(self, at: int, *, frozen: bool) -> TenantClock:
        """Build a clock that currently shows the time `at` (µs); if `frozen` is True, it is frozen there."""
        return TenantClock(frozen_at=at) if frozen else TenantClock(offset=at - self._real())

    def freeze(self, tenant: str) -> None:
        """Run the tenant's due steps, then stop its clock at the current time.

        Freezing a frozen clock has no effect.
        """
        self.catch_up(tenant)  # overdue steps would otherwise wait until the clock runs again
        self._set(tenant, TenantClock(frozen_at=self.now(tenant)))

    def unfreeze(self, tenant: str) -> None:
        """Start the tenant's frozen clock again, from the time that it shows."""
        self._set(tenant, TenantClock(offset=self.offset(tenant)))

    def catch_up(self, tenant: str) -> list[ExecutedStep]:
        """Run all of the tenant's due steps, and return them."""
        due = self.next_due(tenant)
        if due is None or due > self.now(tenant):
            return []
        return self._run_until(tenant, self.now(tenant))

    def catch_up_slice(self, tenant: str) -> bool:
        """Run due steps for up to `SLICE` microseconds; return True if no due step remains.

        Every request calls this method first. The call is cheap, because the time of the next step is cached.
        If it returns False, await `catch_up_in_slices`. There are two exceptions: while the tenant is held
        (see `hold`), it runs no steps and returns False; while a caller of `moving` has reserved the tenant's
        steps, it runs no steps and returns True.
        """
        if tenant in self._held:
            return False
        due = self.next_due(tenant)
        if due is None or due > self.now(tenant) or tenant in self._moving:
            return True
        end, target = self._ticks() + SLICE, self.now(tenant)
        while self.run_next(tenant, target):
            if self._ticks() > end:
                return False
        return True

    async def catch_up_in_slices(self, tenant: str) -> None:
        """Run all of the tenant's due steps in slices, letting other requests run between the slices."""
        while self.known(tenant) and not self.catch_up_slice(tenant):
            held = self._held.get(tenant)
            await (self._store.yield_after_commit() if held is None else held.wait())

    @contextmanager
    def hold(self, tenant: str) -> Iterator[None]:
        """Make the tenant's requests wait until the `with` block ends.

        Call this before all of the tenant's data is read in slices. Requests that have already called
        `catch_up_slice` are not delayed.
        """
        held = self._held[tenant] = asyncio.Event()
        try:
            yield
        finally:
            del self._held[tenant]
            held.set()

    @contextmanager
    def moving(self, tenant: str) -> Iterator[None]:
        """Reserve the tenant's steps for the caller, which advances the clock in slices.

        Otherwise, a request that arrives between two slices could run some of the steps, and they would be
        missing from the steps that `Bulk.advance` returns.
        """
        self._moving.add(tenant)
        try:
            yield
        finally:
            self._moving.discard(tenant)

    def advance(self, tenant: str, to: int) -> list[ExecutedStep]:
        """Advance the clock to the time `to` (µs); run all steps that become due, in order, and return them.

        A step can schedule further steps, which also run if they are due by `to`. Raises `ValueError` if `to`
        is before the clock's current time.
        """
        now = self.now(tenant)
        if to < now:
            raise ValueError(f"The clock shows {timestamp(now)}; it cannot go back to {timestamp(to)}.")
        executed = self._run_until(tenant, to)
        self.move(tenant, to)
        return executed

    def move(self, tenant: str, to: int) -> None:
        """Move the clock forward to the time `to` (µs) without running steps; ignore a time in the past."""
        self._set(tenant, self._set_to(tenant, max(to, self.now(tenant))))

    def _run_until(self, tenant: str, target: int) -> list[ExecutedStep]:
        """Run and return all steps that are due by `target`, moving the clock to each step's due time."""
        executed: list[ExecutedStep] = []
        while step := self.run_next(tenant, target):
            executed.append(step)
        return executed

    def run_next(self, tenant: str, target: int) -> ExecutedStep | None:
        """Run and return the next step that is due by the time `target` (µs); return None if no step is."""
        step = self._store.next_step(tenant, self._vendors)
        if step is None or step.due > target:
            return None
        # An overdue step runs with the clock at `step.due`, but does not set the clock back.
        return self._run(step, self._set_to(tenant, max(step.due, self.now(tenant))))

    def _run(self, step: Step, after: TenantClock) -> ExecutedStep:
        """Run and delete one step, and set the clock to `after`, in one transaction.

        A step therefore runs exactly once, even if the process is killed. While the step runs, the cached
        clock is frozen at `step.due`, so everything that the step writes has this time. If the step fails,
        its changes are undone, the step is still deleted, and the result contains the error.
        """
        try:
            with self._store.change() as change:
                change.done(step)
                self._save(change, step.tenant, after)
                self._clocks[step.tenant] = TenantClock(frozen_at=step.due)
                self._steps[step.vendor](change, step)
                self._clocks[step.tenant] = after
        except Exception as error:  # noqa: BLE001 - a vendor's step may raise anything
            # Steps run before requests, so a step that always fails would block every later request.
            _log.exception("The step %s of %s failed and is dropped.", step.step, step.subject)
            with self._store.change() as change:
                change.done(step)
                self._save(change, step.tenant, after)
            return ExecutedStep(step, error=str(error) or type(error).__name__)
        return ExecutedStep(step)

    def rehearse(self, change: Change, step: Step) -> str:
        """Run and delete a step in the transaction `change`, with the tenant's clock at `step.due`.

        The caller must roll the transaction back (see `forecast.rehearsal`). Returns the error message if the
        step fails, and "" if it succeeds. Afterwards, the tenant's clock shows the same time as before.
        """
        clock = self._clocks[step.tenant]
        change.done(step)
        try:
            self._clocks[step.tenant] = TenantClock(frozen_at=step.due)
            self._steps[step.vendor](change, step)
        except Exception as error:  # noqa: BLE001 - a vendor's step may raise anything
            return str(error) or type(error).__name__
        finally:
            self._clocks[step.tenant] = clock
        return ""

    def _set_to(self, tenant: str, at: int) -> TenantClock:
        """Build a clock that shows `at` (µs); it is frozen if the tenant's current clock is frozen."""
        return self.showing(at, frozen=self.frozen(tenant))

    def _set(self, tenant: str, clock: TenantClock) -> None:
        with self._store.change() as change:
            self._save(change, tenant, clock)

    def _save(self, change: Change, tenant: str, clock: TenantClock) -> None:
        table = tables.tenants
        change.run_for(
            tenant,
            sa.update(table)
            .where(table.c.name == tenant)
            .values(clock_offset=clock.offset, frozen_at=clock.frozen_at),
        )
