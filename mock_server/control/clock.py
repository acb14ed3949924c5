"""Control plane operations that show, advance, freeze and unfreeze a tenant's clock."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from mock_server.clock import SECOND, timestamp, whole_second
from mock_server.control.context import LAST, ControlContext, invalid, moment
from mock_server.engine.call import Call
from mock_server.engine.reply import Reply

TOLERANCE: Final = 2 * SECOND
"""While a clock is ticking, a requested time may be up to this many microseconds in the past."""


class ClockEndpoints:
    """Handles the operations that show, advance, freeze and unfreeze a tenant's clock."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context

    def get_clock(self, call: Call) -> Reply:
        return Reply(200, self._context.clock(self._context.tenant(call).name))

    async def advance_clock(self, call: Call) -> Reply:
        tenant, requested = self._context.tenant(call).name, call.body
        with self._context.missing():
            results = await self._context.bulk.advance(tenant, partial(self._target, tenant, requested))
        ran = [
            {
                "at": timestamp(result.step.due),
                "vendor": result.step.vendor,
                "step": result.step.step,
                "subject": result.step.subject,
                "error": result.error or None,
            }
            for result in results
        ]
        return Reply(200, {"clock": self._context.clock(tenant), "ran": ran})

    async def freeze_clock(self, call: Call) -> Reply:
        tenant = self._context.tenant(call).name
        await self._context.now(tenant)
        self._context.world.clocks.freeze(tenant)
        return Reply(200, self._context.clock(tenant))

    def unfreeze_clock(self, call: Call) -> Reply:
        tenant = self._context.tenant(call).name
        self._context.world.clocks.unfreeze(tenant)
        return Reply(200, self._context.clock(tenant))

    def _target(self, tenant: str, requested: Mapping[str, Any], now: int) -> int:
        """Return the time to which a request advances the clock; `now` is the clock's current time.

        Both times are in microseconds since the Unix epoch. Raises `Problem` if the requested time is in the
        past or after the year 2199. If the clock is ticking, a time up to `TOLERANCE` in the past is allowed,
        but does not change the clock: otherwise, a client that requests the time it has just read would be
        rejected, because the clock has moved on in the meantime.
        """
        if "to" not in requested:
            to: int = now + round(requested["seconds"] * SECOND)
            if to >= LAST:
                raise invalid("seconds", "the clock cannot go beyond the year 2199")
            return to
        target = moment(requested["to"], "to")
        earliest = now if self._context.world.clocks.frozen(tenant) else now - TOLERANCE
        if target < whole_second(earliest):
            raise invalid("to", f"the clock shows {timestamp(now)}; it cannot go back to {timestamp(target)}")
        return max(target, now)
