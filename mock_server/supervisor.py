"""Background tasks that have to go on: one that ends is logged, reported and started again."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mock_server.clock import sleep, steady

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

_PAUSES: Final = (1, 2, 5, 10, 30, 60)
"""Seconds before each new start; the last one repeats."""
STEADY: Final = 60.0
"""Seconds that a task has to run before its last end is forgotten."""
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Trouble:
    """How a task ended, how often in a row, and when it was started again (None: not yet)."""

    reason: str
    times: int
    again: float | None = None


class Supervisor:
    """Keeps the background tasks of one sandbox running until `stop`."""

    def __init__(
        self,
        sleep: Callable[[float], Awaitable[None]] = sleep,
        now: Callable[[], float] = steady,
    ) -> None:
        self._sleep = sleep
        self._now = now
        self._tasks: list[asyncio.Task[None]] = []
        self._troubles: dict[str, _Trouble] = {}

    def start(self, name: str, run: Callable[[], Coroutine[object, object, None]]) -> None:
        """Run a task, and run it again whenever it ends; `name` says in logs and reports what it does."""
        self._tasks.append(asyncio.create_task(self._keep(name, run), name=name))

    async def stop(self) -> None:
        """Cancel every task and wait for its end."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def problems(self) -> list[str]:
        """Return a sentence for each task that ended and has not run steadily since."""
        for name, trouble in list(self._troubles.items()):
            if trouble.again is not None and self._now() - trouble.again >= STEADY:
                del self._troubles[name]
        return [_sentence(name, trouble) for name, trouble in self._troubles.items()]

    async def _keep(self, name: str, run: Callable[[], Coroutine[object, object, None]]) -> None:
        while True:
            try:
                await run()
            except Exception as error:  # noqa: BLE001 - whatever ends a task that has to go on
                _log.exception("The background task %s failed; it is started again.", name)
                reason = f"failed with {type(error).__name__}"
            else:
                _log.error("The background task %s ended by itself; it is started again.", name)
                reason = "ended by itself"
            self.problems()  # forgets an earlier end that is long past
            trouble = self._troubles.get(name)
            times = trouble.times + 1 if trouble else 1
            self._troubles[name] = _Trouble(reason, times)
            await self._sleep(_PAUSES[min(times, len(_PAUSES)) - 1])
            self._troubles[name].again = self._now()


def _sentence(name: str, trouble: _Trouble) -> str:
    often = "once" if trouble.times == 1 else f"{trouble.times} times in a row"
    now = "It runs again." if trouble.again is not None else "It is about to be started again."
    return f"The background task {name} {trouble.reason}, {often}. {now}"
