"""The time that one call may take, with its attempts and the waits between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.clock import elapsed
from connector.transport.waits import NOTABLE, log, spelled

if TYPE_CHECKING:
    from connector.clock import Sleep


class Deadline:
    """`seconds` from now on. `sleep` is how to wait, `who` is the vendor for reports.

    Real time counts, because no clock that is handed in moves while a vendor is silent. A wait counts with
    the seconds that were asked for, if the sleep that is handed in takes less than that.
    """

    def __init__(self, seconds: float, sleep: Sleep, who: str) -> None:
        self.seconds = seconds
        self._sleep = sleep
        self._who = who
        self._began = elapsed()
        self._skipped = 0.0

    @property
    def left(self) -> float:
        """The seconds that are left, at least 0."""
        return max(0.0, self.seconds - (elapsed() - self._began) - self._skipped)

    async def sleep(self, seconds: float, operation: str, reason: str) -> None:
        """Wait; a wait of more than two seconds is reported to the logger `returns_connector`."""
        if seconds > NOTABLE:
            log.warning(
                "%s: %s waits %s before it is sent, because %s.",
                self._who,
                operation,
                spelled(seconds),
                reason,
            )
        began = elapsed()
        await self._sleep(seconds)
        self._skipped += max(0.0, seconds - (elapsed() - began))
