"""The deadline of one call: how long it may take with all its attempts and the waits between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.clock import elapsed
from connector.transport.retry_after import NOTABLE, duration, log

if TYPE_CHECKING:
    from connector.clock import Sleep


class Deadline:
    """A deadline in `seconds` from now; `sleep` is how to wait, `vendor` is named in warnings.

    Real time counts, not the clock that a caller passes: a test's clock does not move while a vendor is
    silent, and the call would never end. A wait counts in full even if the caller's `sleep` returns early.
    """

    def __init__(self, seconds: float, sleep: Sleep, vendor: str) -> None:
        self.seconds = seconds
        self._sleep = sleep
        self._vendor = vendor
        self._began = elapsed()
        self._skipped = 0.0

    @property
    def left(self) -> float:
        """The seconds left, at least 0."""
        return max(0.0, self.seconds - (elapsed() - self._began) - self._skipped)

    async def sleep(self, seconds: float, operation: str, reason: str) -> None:
        """Wait before an operation; log a wait of more than two seconds, with its reason."""
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
