"""An event loop whose clock jumps to the next timer, so that an hour of waiting takes no time."""

import asyncio
import math
import selectors
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar
from unittest import mock

T = TypeVar("T")


class Hung(Exception):  # noqa: N818 - what happened
    """The loop waits for something that can never happen: no timer is set, and nothing is ready."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in which no time passes while code runs, and timers are due at once.

    It serves transports in memory only: a wait for the network or for a thread raises `Hung`.
    """

    def __init__(self) -> None:
        self.passed = 0.0
        super().__init__(_Jumping(self))

    def time(self) -> float:
        return self.passed


class _Jumping(selectors.DefaultSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready: list[tuple[selectors.SelectorKey, int]] = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise Hung("The program waits for something that can never happen.")
        # At least by one step of a float, or a tiny rest of a timer would never pass.
        later = math.nextafter(self._loop.passed, math.inf)
        self._loop.passed = max(self._loop.passed + timeout, later)
        return ready


class VirtualTime:
    """Runs coroutines in a `VirtualLoop`; `clock` shows its time, which begins at `start`."""

    def __init__(self, start: datetime) -> None:
        self.start = start
        self.loop = VirtualLoop()

    def clock(self) -> datetime:
        return self.start + timedelta(seconds=self.loop.passed)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end; the connector's deadlines count this loop's time."""
        with mock.patch("connector.transport.deadline.elapsed", self.loop.time):
            return self.loop.run_until_complete(coroutine)

    def close(self) -> None:
        self.loop.close()
