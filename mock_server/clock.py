"""Time of the tenants. `wall` and `steady` are the only readers of real time in this package.

A tenant's clock is real time plus an offset and ticks; it can be frozen, and moved forward.
Scheduled steps happen when the clock reaches them: while `advance` moves it, or before the next
request once real time has passed them. All times are µs since 1970 in UTC.
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
"""How long (µs) work for one tenant may keep the event loop before others are let at it."""
_LEAP_SECOND: Final = re.compile(r"(?<=T[0-9]{2}:[0-9]{2}):60(?=$|[.Z+-])", re.ASCII)

RunStep = Callable[[Change, Step], None]


def wall() -> int:
    """Return real time."""
    return time.time_ns() // 1_000


def steady() -> float:
    """Return seconds on a clock that never goes back; only their differences mean something."""
    return time.monotonic()


def ticks() -> int:
    """Return µs that only measure how long something takes."""
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
    """Return µs since 1970 without what is less than a second."""
    return at // SECOND * SECOND


def timestamp(at: int) -> str:
    """Return µs since 1970 as `2024-12-30T10:30:00Z`; what is less than a second is cut off."""
    return _written(at // SECOND)


def reached_at(due: int) -> str:
    """Return the first full second at which a moment has come, written as by `timestamp`."""
    return timestamp(due + SECOND - 1)


@lru_cache(maxsize=4_096)  # a request writes the same moment many times
def _written(second: int) -> str:
    return f"{moment(second * SECOND).replace(tzinfo=None).isoformat()}Z"


def instant(text: str) -> int:
    """Return an RFC 3339 date-time or a date, as µs since 1970.

    A date is its first moment in UTC; no offset means UTC. A leap second is the second before it.
    What lies outside the years 1 to 9999 is the nearest moment inside. Raises `ValueError` for
    anything else.
    """
    written = _LEAP_SECOND.sub(":59", text.upper())
    if written.startswith("0000-"):
        return _EARLIEST
    at = datetime.fromisoformat(written)
    return min(max(micros(at if at.tzinfo else at.replace(tzinfo=UTC)), _EARLIEST), _LATEST)


@dataclass(slots=True)
class TenantClock:
    """Where one tenant's clock stands: ticking at `offset` from real time, or frozen."""

    offset: int = 0
    frozen_at: int | None = None


@dataclass(frozen=True, slots=True)
class ExecutedStep:
    """A step that happened; `error` tells why it could not be carried out, if so."""

    step: Step
    error: str = ""


class Clocks:
    """The clocks of all tenants, kept in the store.

    `steps` maps a vendor to what carries out its steps: called with the open change and the step,
    while the clock stands at `step.due`.
    """

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
        """Set the tenant's clock as the store has it, and remove it with the tenant."""
        self._clocks.pop(tenant, None)
        for standing in self._store.tenant_rows(tables.tenants, tenant, "clock_offset", "frozen_at"):
            self._clocks[tenant] = TenantClock(*standing)

    def real(self) -> int:
        """Return real time, for what belongs to no tenant."""
        return self._real()

    def register_steps(self, vendor: str, run: RunStep) -> None:
        """Let `run` carry out the steps of a vendor."""
        self._steps[vendor] = run
        self._vendors = tuple(self._steps)

    def now(self, tenant: str) -> int:
        """Return the tenant's time; `KeyError` for an unknown tenant."""
        clock = self._clocks[tenant]
        return self._real() + clock.offset if clock.frozen_at is None else clock.frozen_at

    def known(self, tenant: str) -> bool:
        """Say whether there is a tenant of this name."""
        return tenant in self._clocks

    def frozen(self, tenant: str) -> bool:
        """Say whether the tenant's clock stands still."""
        return self._clocks[tenant].frozen_at is not None

    def offset(self, tenant: str) -> int:
        """Return how far the tenant's clock is ahead of real time."""
        return self.now(tenant) - self._real()

    def next_due(self, tenant: str) -> int | None:
        """Return when the tenant's next step happens; None if nothing is scheduled."""
        return self._store.next_due(tenant, self._vendors)

    def freeze(self, tenant: str) -> None:
        """Stop the clock where it stands; twice is as once."""
        self.catch_up(tenant)
        self._set(tenant, TenantClock(frozen_at=self.now(tenant)))

    def unfreeze(self, tenant: str) -> None:
        """Let the clock tick on from where it stands."""
        self._set(tenant, TenantClock(offset=self.offset(tenant)))

    def catch_up(self, tenant: str) -> list[ExecutedStep]:
        """Carry out the steps that are due."""
        due = self.next_due(tenant)
        if due is None or due > self.now(tenant):
            return []
        return self._run_until(tenant, self.now(tenant))

    def catch_up_slice(self, tenant: str) -> bool:
        """Carry out steps that are due, for a slice of time; says whether nothing is due any more.

        Call it before each request, it costs next to nothing; if False, await `catch_up_in_slices`.
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
        """Carry out the steps that are due, and let others at the event loop between them."""
        while self.known(tenant) and not self.catch_up_slice(tenant):
            await self._store.yield_after_commit()

    @contextmanager
    def moving(self, tenant: str) -> Iterator[None]:
        """Leave the tenant's steps to the caller, who moves the clock in slices."""
        self._moving.add(tenant)
        try:
            yield
        finally:
            self._moving.discard(tenant)

    def advance(self, tenant: str, to: int) -> list[ExecutedStep]:
        """Move the clock forward, stopping at each step that falls due on the way, in order.

        Returns what happened, when nothing is due any more. Raises `ValueError` for a moment that
        has passed.
        """
        now = self.now(tenant)
        if to < now:
            raise ValueError(f"The clock shows {timestamp(now)}; it cannot go back to {timestamp(to)}.")
        ran = self._run_until(tenant, to)
        self.move(tenant, to)
        return ran

    def move(self, tenant: str, to: int) -> None:
        """Set the clock to a moment, without the steps on the way; it never goes back."""
        self._set(tenant, self._standing_at(tenant, max(to, self.now(tenant))))

    def _run_until(self, tenant: str, target: int) -> list[ExecutedStep]:
        """Carry out what is due by `target`; the clock ends where it stood or at the last step."""
        ran: list[ExecutedStep] = []
        while one := self.run_next(tenant, target):
            ran.append(one)
        return ran

    def run_next(self, tenant: str, target: int) -> ExecutedStep | None:
        """Carry out the first step that is due by `target`; returns None if nothing is due."""
        step = self._store.next_step(tenant, self._vendors)
        if step is None or step.due > target:
            return None
        # A step behind a clock that has moved on does not turn it back.
        return self._run(step, self._standing_at(tenant, max(step.due, self.now(tenant))))

    def _run(self, step: Step, after: TenantClock) -> ExecutedStep:
        """Carry out one step and forget it, in one transaction with the clock's new standing."""
        try:
            with self._store.change() as change:
                change.done(step)
                self._keep(change, step.tenant, after)
                self._clocks[step.tenant] = TenantClock(frozen_at=step.due)
                self._steps[step.vendor](change, step)
                self._clocks[step.tenant] = after
        except Exception as error:  # noqa: BLE001 - whatever a vendor's step raises
            # One that cannot be carried out must not stand in the way of all later requests.
            _log.exception("The step %s of %s failed and is dropped.", step.step, step.subject)
            with self._store.change() as change:
                change.done(step)
                self._keep(change, step.tenant, after)
            return ExecutedStep(step, error=str(error) or type(error).__name__)
        return ExecutedStep(step)

    def _standing_at(self, tenant: str, at: int) -> TenantClock:
        """Return the clock as it ticks on, or stays frozen, from `at`."""
        if self.frozen(tenant):
            return TenantClock(frozen_at=at)
        return TenantClock(offset=at - self._real())

    def _set(self, tenant: str, clock: TenantClock) -> None:
        with self._store.change() as change:
            self._keep(change, tenant, clock)

    def _keep(self, change: Change, tenant: str, clock: TenantClock) -> None:
        table = tables.tenants
        change.run_for(
            tenant,
            sa.update(table)
            .where(table.c.name == tenant)
            .values(clock_offset=clock.offset, frozen_at=clock.frozen_at),
        )
