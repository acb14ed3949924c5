"""Limits how long one call can take, including all attempts and the waits between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.clock import elapsed
from connector.transport.reporting import report_wait

if TYPE_CHECKING:
    from connector.clock import Sleep


class Deadline:
    """A point in time, `seconds` after this object is created, by which a call must end.

    `sleep` is the async function that is used to wait, and `vendor` is the vendor's name in warnings. Time is
    measured with the system's monotonic clock. Tests deliberately cannot replace it: a fake clock does not
    advance while the client waits for a response, so the deadline would never pass. A fake `sleep` in a test
    returns early; its full duration is counted nevertheless.
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
        """Wait for `seconds` before the request for `operation` is sent.

        The wait is logged with `reason` before it begins; one of more than two seconds is a warning. This
        method does not check the deadline; callers must first check that `seconds` is not more than `left`.
        """
        report_wait(self._vendor, operation, seconds, reason)
        began = elapsed()
        await self._sleep(seconds)
        self._skipped += max(0.0, seconds - (elapsed() - began))
