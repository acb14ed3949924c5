"""A tenant's clock: read, moved, stopped."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from mock_server.clock import SECOND, reached_at, timestamp, whole_second
from mock_server.control.context import LAST, ControlContext, invalid, moment
from mock_server.engine.call import Call
from mock_server.engine.reply import Reply

JUST_NOW: Final = 2 * SECOND
"""How long ago a clock may have shown the moment that it is moved to."""


class ClockEndpoints:
    """Operations on clocks."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context

    def get_clock(self, call: Call) -> Reply:
        return Reply(200, self._clock(self._context.tenant(call).name))

    async def advance_clock(self, call: Call) -> Reply:
        tenant, requested = self._context.tenant(call).name, call.body
        with self._context.missing():
            ran = await self._context.bulk.advance(tenant, partial(self._target, tenant, requested))
        told = [
            {
                "at": timestamp(one.step.due),
                "vendor": one.step.vendor,
                "step": one.step.step,
                "subject": one.step.subject,
                "error": one.error or None,
            }
            for one in ran
        ]
        return Reply(200, {"clock": self._clock(tenant), "ran": told})

    async def freeze_clock(self, call: Call) -> Reply:
        tenant = self._context.tenant(call).name
        await self._context.now(tenant)
        self._context.world.clocks.freeze(tenant)
        return Reply(200, self._clock(tenant))

    def unfreeze_clock(self, call: Call) -> Reply:
        tenant = self._context.tenant(call).name
        self._context.world.clocks.unfreeze(tenant)
        return Reply(200, self._clock(tenant))

    def _target(self, tenant: str, requested: Mapping[str, Any], now: int) -> int:
        """Return where to move a clock that shows `now`, in µs.

        A clock shows whole seconds and, unless frozen, ticks on until its reader asks. So it accepts what it
        showed last, and stays where it is.
        """
        if "to" not in requested:
            to: int = now + round(requested["seconds"] * SECOND)
            if to >= LAST:
                raise invalid("seconds", "the clock cannot go beyond the year 2199")
            return to
        told = moment(requested["to"], "to")
        shown = now if self._context.world.clocks.frozen(tenant) else now - JUST_NOW
        if told < whole_second(shown):
            raise invalid("to", f"the clock shows {timestamp(now)}; it cannot go back to {timestamp(told)}")
        return max(told, now)

    def _clock(self, tenant: str) -> dict[str, Any]:
        clocks = self._context.world.clocks
        due = clocks.next_due(tenant)
        return {
            "now": timestamp(clocks.now(tenant)),
            "frozen": clocks.frozen(tenant),
            "ahead_seconds": round(clocks.offset(tenant) / SECOND, 3) + 0.0,  # no -0.0
            "next_due": None if due is None else reached_at(due),
        }
