"""One process of a hub: it polls and delivers in virtual time, until it ends at a named step."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest import mock

import httpx

from connector.definition.model import Integration
from connector.hub import delivering, leases, polling
from connector.hub.events import settle_failure
from connector.hub.hub import Hub, Options
from support.certificate.crashes import Crash, CrashPoints
from support.hub import COMPILED
from support.virtual_time import VirtualLoop

ALWAYS = timedelta(days=365)
MOMENT = 0.001
"""Seconds until everything that has begun waits for time: a call that was counted has been sent by then."""


class ShopLoop(VirtualLoop):
    """An event loop whose time is the shop's: `passes` is called with the seconds of each jump.

    Work for a thread is done at once, so that a story is the same each time it is played.
    """

    def __init__(self, passes: Callable[[float], None]) -> None:
        self._passed, self._passes = 0.0, passes
        super().__init__()

    @property
    def passed(self) -> float:
        return self._passed

    @passed.setter
    def passed(self, value: float) -> None:
        jump, self._passed = value - self._passed, value
        if jump > 0:
            self._passes(jump)

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        del executor
        future = self.create_future()
        try:
            self.call_soon(future.set_result, func(*args))
        except BaseException as problem:  # noqa: BLE001 - the caller gets it
            self.call_soon(future.set_exception, problem)
        return future


class _Alive(httpx.AsyncBaseTransport):
    """The network of a process: after the process has ended, nothing is sent and no answer arrives."""

    def __init__(self, process: "HubProcess", inner: httpx.AsyncBaseTransport | None) -> None:
        assert inner is not None, "a story has no network"
        self._process, self._inner = process, inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._process.check()
        try:
            answer = await self._inner.handle_async_request(request)
        except Crash as crash:
            self._process.end(str(crash))
            raise
        self._process.check()
        return answer


class HubProcess:
    """A hub on a database that may have been used before.

    `found` is called with the ID of each event that a poll is about to store, `polled` after each stored
    poll, and `settled` after the result of each attempt was stored, with the delivery's `webhook-id`.
    """

    def __init__(
        self,
        options: Options,
        offer: Integration,
        crashes: CrashPoints,
        *,
        found: Callable[[str], None] = lambda _id: None,
        polled: Callable[[], None] = lambda: None,
        settled: Callable[[str], None] = lambda _id: None,
    ) -> None:
        self.options, self.offer, self.crashes = options, offer, crashes
        self.found, self.polled, self.settled = found, polled, settled
        self.dead, self.ended_at = False, "stop"
        self._ends = AsyncExitStack()
        self._working: asyncio.Task[None] | None = None

    async def start(self, *, alone: bool = True) -> None:
        """Open the hub; the only process of a database ends the leases of the one before, as `Hub.work`."""
        options = replace(
            self.options,
            transport=_Alive(self, self.options.transport),
            target_transport=_Alive(self, self.options.target_transport),
        )

        def compiled(vendor: str) -> Integration:
            return self.offer if vendor == self.offer.vendor.id else COMPILED(vendor)

        with mock.patch("connector.hub.hub.integration", compiled):
            self.hub = await self._ends.enter_async_context(Hub.open(options))
        self._steps = {
            polling.lease_due: "lease",
            vars(polling)["settle"]: "commit",
            delivering.lease_due: "lease",
            delivering.settle: "settle",
        }
        self._run = self.hub.store.run
        self.hub.store.run = self._watched  # type: ignore[method-assign]
        self.hub.engine.longest = ALWAYS  # type: ignore[attr-defined]
        if alone:
            await self.hub.store.run(leases.end_all)

    def check(self) -> None:
        if self.dead:
            raise Crash(self.ended_at)

    def end(self, point: str) -> None:
        """End the process at a named step: from now on, it changes nothing and sends nothing."""
        self.dead, self.ended_at = True, point

    def _reach(self, point: str) -> None:
        self.check()
        try:
            self.crashes.reach(point)
        except Crash:
            self.end(point)
            raise

    async def _watched(self, work: Callable[..., Any], /, *args: Any, **options: Any) -> Any:
        """Run a transaction; the process can end before it, and after it."""
        step = self._steps.get(work)
        self._reach(f"before {step}")
        if step == "commit":
            for one in args[1].found:
                self.found(one.event.id)
        result = await self._run(work, *args, **options)
        if work is delivering.settle:
            self.settled(args[0].webhook_id)
        self._reach(f"after {step}")
        if step == "commit" or work is settle_failure:
            self.polled()
        return result

    async def work_until(self, end: Awaitable[Any]) -> None:
        """Let the engine run its jobs until `end` is reached. Raises `Crash` if the process ended."""
        self.check()
        if self._working is None:
            jobs = [job for job in self.hub.jobs() if job.shared]
            self._working = asyncio.ensure_future(self.hub.engine.run(jobs))
        self.hub.engine.wake()  # time may have passed while the process stood still
        waiting = asyncio.ensure_future(end)
        await asyncio.wait((waiting, self._working), return_when=asyncio.FIRST_COMPLETED)
        await asyncio.sleep(MOMENT)
        self.check()
        if not waiting.cancel():
            waiting.result()

    async def once(self) -> None:
        """Do what is due now, once."""
        await self.hub.poller.poll_due()
        await self.hub.deliverer.deliver_due()

    async def stop(self) -> None:
        """End the process at once; the database stays."""
        self.dead = True
        if self._working:
            self._working.cancel()
            await asyncio.gather(self._working, return_exceptions=True)
        await self._ends.aclose()
