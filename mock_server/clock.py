"""The tenants' clocks: freeze, advance, and run scheduled steps. All times are µs since 1970 in UTC.

A tenant's clock runs at an offset from real time. It can be frozen and moved forward. A scheduled step (a
carrier's scan, say) runs when the clock reaches it: while `advance` moves the clock, or before the next
request after real time has passed it. No background task runs steps: a tenant that gets no request costs
nothing, and between two requests no client can notice the difference.

This is the only module of the package that reads real time.
"""

import asyncio
import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
"""How long (µs) work for one tenant may occupy the event loop before other requests are served."""
_LEAP_SECOND: Final = re.compile(r"(?<=T[0-9]{2}:[0-9]{2}):60(?=$|[.Z+-])", re.ASCII)

RunStep = Callable[[Change, Step], None]


def wall() -> int:
    """Return real time."""
    return time.time_ns() // 1_000


def steady() -> float:
    """Return seconds on a monotonic clock; only differences are meaningful."""
    return time.monotonic()


def ticks() -> int:
    """Return µs of a performance counter, to measure durations."""
    return time.perf_counter_ns() // 1_000


async def sleep(seconds: float) -> None:
    """Wait in real time."""
    await asyncio.sleep(seconds)


def moment(at: int) -> datetime:
    """Return µs since 1970 as a date-time in UTC."""
    return _EPOCH + timedelta(microseconds=at)


def micros(at: datetime) -> int:
    """Return a date-time with a zone as µs since 1970."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def whole_second(at: int) -> int:
    """Return µs since 1970, rounded down to a whole second."""
    return at // SECOND * SECOND


def timestamp(at: int) -> str:
    """Return µs since 1970 as `2024-12-30T10:30:00Z`, rounded down to a whole second."""
    return _formatted(at // SECOND)


def reached_at(due: int) -> str:
    """Return the first whole second at or after `due`, in the format of `timestamp`."""
    return timestamp(due + SECOND - 1)


@lru_cache(maxsize=4_096)  # a response has the same times over and over
def _formatted(second: int) -> str:
    return f"{moment(second * SECOND).replace(tzinfo=None).isoformat()}Z"


def instant(text: str) -> int:
    """Parse an RFC 3339 date-time, or a date, to µs since 1970; raises `ValueError`.

    A date means midnight UTC, and a date-time without an offset is in UTC. A leap second becomes the second
    before it. Times outside of the years 1 to 9999 become the nearest time inside.
    """
    normalized = _LEAP_SECOND.sub(":59", text.upper())
    if normalized.startswith("0000-"):
        return _EARLIEST
    at = datetime.fromisoformat(normalized)
    return min(max(micros(at if at.tzinfo else at.replace(tzinfo=UTC)), _EARLIEST), _LATEST)


@dataclass(slots=True)
class TenantClock:
    """The state of one tenant's clock: running at `offset` (µs) from real time, or frozen at `frozen_at`."""

    offset: int = 0
    frozen_at: int | None = None


@dataclass(frozen=True, slots=True)
class ExecutedStep:
    """A step that was run; `error` is "" or the reason why it failed."""

    step: Step
    error: str = ""


class Clocks:
    """The clocks of all tenants, cached from the store, and the runner of scheduled steps."""

    def __init__(
        self, store: Store, real: Callable[[], int] = wall, ticks: Callable[[], int] = ticks
    ) -> None:
        self._store = store
        self._real = real
        self._ticks = ticks
        self._moving: set[str] = set()
        self._clocks: dict[str, TenantClock] = {}
        self._steps: dict[str, RunStep] = {}
        self._vendors: tuple[str, ...] = ()
        table = tables.tenants
        for name, offset, frozen_at in store.select(
            sa.select(table.c.name, table.c.clock_offset, table.c.frozen_at)
        ):
            self._clocks[name] = TenantClock(offset, frozen_at)
        store.on_change(table, self._reload)

    def _reload(self, tenant: str) -> None:
        """Read a tenant's clock from the store again; remove it if the tenant was deleted."""
        self._clocks.pop(tenant, None)
        for row in self._store.tenant_rows(tables.tenants, tenant, "clock_offset", "frozen_at"):
            self._clocks[tenant] = TenantClock(*row)

    def real(self) -> int:
        """Return real time, for everything that does not belong to a tenant."""
        return self._real()

    def register_steps(self, vendor: str, run: RunStep) -> None:
        """Register the function that runs a vendor's steps; the clock shows `step.due` during a call."""
        self._steps[vendor] = run
        self._vendors = tuple(self._steps)

    def now(self, tenant: str) -> int:
        """Return the tenant's time; raises `KeyError` for an unknown tenant."""
        clock = self._clocks[tenant]
        return self._real() + clock.offset if clock.frozen_at is None else clock.frozen_at

    def known(self, tenant: str) -> bool:
        """Return True if a tenant of this name exists."""
        return tenant in self._clocks

    def frozen(self, tenant: str) -> bool:
        """Return True if the tenant's clock is frozen."""
        return self._clocks[tenant].frozen_at is not None

    def offset(self, tenant: str) -> int:
        """Return the difference of the tenant's clock to real time."""
        return self.now(tenant) - self._real()

    def next_due(self, tenant: str) -> int | None:
        """Return when the tenant's next step is due; None if none is scheduled."""
        return self._store.next_due(tenant, self._vendors)

    def freeze(self, tenant: str) -> None:
        """Stop the tenant's clock at its present time, after running the steps that are due.

        Freezing a frozen clock changes nothing.
        """
        self.catch_up(tenant)  # overdue steps would otherwise wait until the clock runs again
        self._set(tenant, TenantClock(frozen_at=self.now(tenant)))

    def unfreeze(self, tenant: str) -> None:
        """Let the tenant's clock run again, from its present time."""
        self._set(tenant, TenantClock(offset=self.offset(tenant)))

    def catch_up(self, tenant: str) -> list[ExecutedStep]:
        """Run all steps that are due, and return them."""
        due = self.next_due(tenant)
        if due is None or due > self.now(tenant):
            return []
        return self._run_until(tenant, self.now(tenant))

    def catch_up_slice(self, tenant: str) -> bool:
        """Run due steps for up to `SLICE` µs; returns True if none is due any more.

        Every request calls this first; it is cheap, because the time of the next step is cached. If it
        returns False, await `catch_up_in_slices`. While `advance` is moving the clock, steps are left to it.
        """
        due = self.next_due(tenant)
        if due is None or due > self.now(tenant) or tenant in self._moving:
            return True
        end, target = self._ticks() + SLICE, self.now(tenant)
        while self.run_next(tenant, target):
            if self._ticks() > end:
                return False
        return True

    async def catch_up_in_slices(self, tenant: str) -> None:
        """Run all steps that are due, serving other requests in between."""
        while self.known(tenant) and not self.catch_up_slice(tenant):
            await self._store.yield_after_commit()

    @contextmanager
    def moving(self, tenant: str) -> Iterator[None]:
        """Reserve the tenant's steps for the caller, which moves the clock in slices.

        Without this, a request that arrives between two slices would run steps too, and they would be missing
        in the result of `advance`.
        """
        self._moving.add(tenant)
        try:
            yield
        finally:
            self._moving.discard(tenant)

    def advance(self, tenant: str, to: int) -> list[ExecutedStep]:
        """Move the clock forward to `to`; run all steps that become due in order, and return them.

        A step may schedule others, which are run too if they are due by `to`. Raises `ValueError` for a time
        before the clock's present time.
        """
        now = self.now(tenant)
        if to < now:
            raise ValueError(f"The clock shows {timestamp(now)}; it cannot go back to {timestamp(to)}.")
        executed = self._run_until(tenant, to)
        self.move(tenant, to)
        return executed

    def move(self, tenant: str, to: int) -> None:
        """Set the clock to `to` without running steps; a time before its present time changes nothing."""
        self._set(tenant, self._set_to(tenant, max(to, self.now(tenant))))

    def _run_until(self, tenant: str, target: int) -> list[ExecutedStep]:
        """Run the steps that are due by `target`; this moves the clock to the last of them."""
        executed: list[ExecutedStep] = []
        while step := self.run_next(tenant, target):
            executed.append(step)
        return executed

    def run_next(self, tenant: str, target: int) -> ExecutedStep | None:
        """Run the first step that is due by `target`; returns None if there is none."""
        step = self._store.next_step(tenant, self._vendors)
        if step is None or step.due > target:
            return None
        # A step that is overdue runs with the clock at `step.due`, but does not set the clock back.
        return self._run(step, self._set_to(tenant, max(step.due, self.now(tenant))))

    def _run(self, step: Step, after: TenantClock) -> ExecutedStep:
        """Run and delete one step, and set the clock to `after`, in one transaction.

        So a step runs exactly once, also if the process is killed. During the step, the cached clock is
        frozen at `step.due`: everything that it writes has this time.
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

    def _set_to(self, tenant: str, at: int) -> TenantClock:
        """Return the tenant's clock set to `at`, frozen or running as it is now."""
        if self.frozen(tenant):
            return TenantClock(frozen_at=at)
        return TenantClock(offset=at - self._real())

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
