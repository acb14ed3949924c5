"""Keeps background tasks running: a task that ends or fails is logged, reported and restarted."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mock_server.clock import sleep, steady

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

_PAUSES: Final = (1, 2, 5, 10, 30, 60)
"""Seconds to wait before each consecutive restart of a task; the last value repeats."""
STEADY: Final = 60.0
"""The number of seconds that a restarted task must run before its earlier failure is cleared."""
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Failure:
    """Why a task ended, how many times in a row it has ended, and when it was restarted.

    `restarted` is None until the task has been restarted.
    """

    reason: str
    times: int
    restarted: float | None = None


class Supervisor:
    """Runs the background tasks of one sandbox, and restarts them until `stop` is called."""

    def __init__(
        self,
        sleep: Callable[[float], Awaitable[None]] = sleep,
        now: Callable[[], float] = steady,
    ) -> None:
        self._sleep = sleep
        self._now = now
        self._tasks: list[asyncio.Task[None]] = []
        self._failures: dict[str, _Failure] = {}

    def start(self, name: str, run: Callable[[], Coroutine[object, object, None]]) -> None:
        """Run a task, and restart it whenever it ends; `name` appears in logs and in `problems`."""
        self._tasks.append(asyncio.create_task(self._keep(name, run), name=name))

    async def stop(self) -> None:
        """Cancel all tasks and wait until they have ended."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def problems(self) -> list[str]:
        """Return a sentence for each task that ended and has not run for `STEADY` seconds since then."""
        for name, failure in list(self._failures.items()):
            if failure.restarted is not None and self._now() - failure.restarted >= STEADY:
                del self._failures[name]
        return [_sentence(name, failure) for name, failure in self._failures.items()]

    async def _keep(self, name: str, run: Callable[[], Coroutine[object, object, None]]) -> None:
        while True:
            try:
                await run()
            except Exception as error:  # noqa: BLE001 - a task must be restarted after any error
                _log.exception("The background task %s failed; it will be restarted.", name)
                reason = f"failed with {type(error).__name__}"
            else:
                _log.error("The background task %s ended by itself; it will be restarted.", name)
                reason = "ended by itself"
            self.problems()  # drops an earlier failure if the task has run long enough since
            failure = self._failures.get(name)
            times = failure.times + 1 if failure else 1
            self._failures[name] = _Failure(reason, times)
            await self._sleep(_PAUSES[min(times, len(_PAUSES)) - 1])
            self._failures[name].restarted = self._now()


def _sentence(name: str, failure: _Failure) -> str:
    times = "once" if failure.times == 1 else f"{failure.times} times in a row"
    state = "It runs again." if failure.restarted is not None else "It will be restarted."
    return f"The background task {name} {failure.reason}, {times}. {state}"
