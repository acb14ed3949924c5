"""Limits how long one call may take, including all attempts and the waits between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.clock import elapsed
from connector.transport.retry_after import NOTABLE, duration, log

if TYPE_CHECKING:
    from connector.clock import Sleep


class Deadline:
    """A deadline that passes `seconds` after it is created.

    `sleep` is the coroutine function to wait with, and `vendor` is named in warnings. The deadline measures
    real time, because a test's clock does not move while a vendor is silent, and the call would never end.
    Each wait counts in full, even if the caller's `sleep` returns early.
    """

    def __init__(self, seconds: float, sleep: Sleep, vendor: str) -> None:
        self.seconds = seconds
        self._sleep = sleep
        self._vendor = vendor
        self._began = elapsed()
        self._skipped = 0.0

    @property
    def left(self) -> float:
        """The number of seconds until the deadline; 0 if it has passed."""
        return max(0.0, self.seconds - (elapsed() - self._began) - self._skipped)

    async def sleep(self, seconds: float, operation: str, reason: str) -> None:
        """Wait before an operation is sent; log a warning with `reason` if the wait exceeds two seconds.

        The wait is not shortened to fit into the deadline; callers compare it with `left` first.
        """
        if seconds > NOTABLE:
            log.warning(
                "%s: %s waits %s before it is sent, because %s.",
                self._vendor,
                operation,
                duration(seconds),
                reason,
            )
        began = elapsed()
        await self._sleep(seconds)
        self._skipped += max(0.0, seconds - (elapsed() - began))
