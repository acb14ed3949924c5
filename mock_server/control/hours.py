"""A tenant's clock: read, moved, stopped."""

from typing import Any

from mock_server.clock import SECOND, timestamp
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
        tenant, wish, clocks = self._office.tenant(call).name, call.body, self._office.world.clocks
        by = int(wish.get("seconds", 0)) * SECOND
        to = moment(wish["to"], "to") if "to" in wish else clocks.now(tenant) + by
        if to > LAST:
            raise invalid("seconds", "the clock cannot go beyond the year 2199")
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

    def _clock(self, tenant: str) -> dict[str, Any]:
        clocks = self._office.world.clocks
        due = clocks.next_due(tenant)
        return {
            "now": timestamp(clocks.now(tenant)),
            "frozen": clocks.frozen(tenant),
            "ahead_seconds": round(clocks.offset(tenant) / SECOND, 3),
            "next_due": None if due is None else timestamp(due),
        }
