"""A tenant's clock: read, moved, stopped."""

from collections.abc import Mapping
from typing import Any

from mock_server.clock import SECOND, reached_at, timestamp, whole_second
from mock_server.control.office import LAST, Office, invalid, moment
from mock_server.engine.call import Call
from mock_server.engine.reply import Reply


class Hours:
    """Operations on clocks."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def get_clock(self, call: Call) -> Reply:
        return Reply(200, self._clock(self._office.tenant(call).name))

    async def advance_clock(self, call: Call) -> Reply:
        tenant, wish = self._office.tenant(call).name, call.body
        to = self._target(tenant, wish)
        try:
            with self._office.missing():
                ran = await self._office.bulk.advance(tenant, to)
        except ValueError as error:
            raise invalid("to", str(error)) from None
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
        tenant = self._office.tenant(call).name
        await self._office.now(tenant)
        self._office.world.clocks.freeze(tenant)
        return Reply(200, self._clock(tenant))

    def unfreeze_clock(self, call: Call) -> Reply:
        tenant = self._office.tenant(call).name
        self._office.world.clocks.unfreeze(tenant)
        return Reply(200, self._clock(tenant))

    def _target(self, tenant: str, wish: Mapping[str, Any]) -> int:
        """Return where to move the clock; the second that it shows is no way back."""
        now = self._office.world.clocks.now(tenant)
        if "to" in wish:
            told = moment(wish["to"], "to")
            return now if told == whole_second(now) else told
        to: int = now + round(wish["seconds"] * SECOND)
        if to >= LAST:
            raise invalid("seconds", "the clock cannot go beyond the year 2199")
        return to

    def _clock(self, tenant: str) -> dict[str, Any]:
        clocks = self._office.world.clocks
        due = clocks.next_due(tenant)
        return {
            "now": timestamp(clocks.now(tenant)),
            "frozen": clocks.frozen(tenant),
            "ahead_seconds": round(clocks.offset(tenant) / SECOND, 3),
            "next_due": None if due is None else reached_at(due),
        }
