"""Control plane operations that show, advance, freeze and unfreeze a tenant's clock."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from mock_server.clock import SECOND, timestamp, whole_second
from mock_server.control.context import LAST, ControlContext, invalid, moment
from mock_server.engine.call import Call
from mock_server.engine.problem import FieldError, Problem
from mock_server.engine.reply import Reply
from mock_server.forecast.until import NeverReachedError, reached
from mock_server.spelling import UnknownNameError
from mock_server.store import Row
from mock_server.vendors import Vendor

TOLERANCE: Final = 2 * SECOND
"""While a clock is ticking, a requested time may be up to this many microseconds in the past."""

_WITHIN_DAYS: Final = 90
_DAY: Final = 86_400 * SECOND


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
        past or after the year 2199, or if the event that the request waits for never happens. A ticking clock
        moves on between two requests, so a client may request a time that has just passed. Such a time is
        accepted if it is at most `TOLERANCE` in the past, and does not change the clock.
        """
        if "until" in requested:
            return self._until(tenant, requested["until"], now)
        if "to" not in requested:
            to: int = now + round(requested["seconds"] * SECOND)
            if to >= LAST:
                raise _too_late("seconds", now)
            return to
        target = moment(requested["to"], "to")
        earliest = now if self._context.world.clocks.frozen(tenant) else now - TOLERANCE
        if target < whole_second(earliest):
            raise invalid("to", f"the clock shows {timestamp(now)}; it cannot go back to {timestamp(target)}")
        return max(target, now)

    def _until(self, tenant: str, until: Any, now: int) -> int:
        """Return the time (µs) of the next step or webhook, or the time when a return reaches a status."""
        world = self._context.world
        if until == "next":
            dues = (world.clocks.next_due(tenant), world.outbox.next_due(tenant))
            known = [due for due in dues if due is not None]
            if not known:
                raise invalid("until", f"nothing is scheduled; the clock stays at {timestamp(now)}")
            return self._possible(max(min(known), now), now)
        vendor, row = self._return(tenant, until)
        latest = now + until.get("within_days", _WITHIN_DAYS) * _DAY
        try:
            due = reached(world, vendor, row, _statuses(vendor, until["status"]), latest=latest)
        except NeverReachedError as error:
            raise Problem("invalid", str(error), fields=(FieldError("until", str(error)),)) from None
        return now if due is None else self._possible(max(due, now), now)

    def _possible(self, target: int, now: int) -> int:
        if target >= LAST:
            raise _too_late("until", now)
        return target

    def _return(self, tenant: str, until: Mapping[str, Any]) -> tuple[Vendor, Row]:
        """Look up the return that a request waits for; raise `Problem` if the ID is unknown or ambiguous."""
        vendors, id_ = self._context.vendors, until["return"]
        if "vendor" in until:
            vendors = {until["vendor"]: self._context.vendor(until["vendor"])}
        store = self._context.world.store
        rows = [row for name in vendors if (row := store.row(tenant, name, "return", id_))]
        if len(rows) > 1:
            names = " and ".join(row.vendor for row in rows)
            raise invalid("until.vendor", f"is required, because {names} have a return {id_}")
        if not rows:
            at = f" at {until['vendor']}" if "vendor" in until else ""
            raise Problem("not_found", f"The tenant {tenant!r} has no return {id_[:80]!r}{at}.")
        return vendors[rows[0].vendor], rows[0]


def _too_late(field: str, now: int) -> Problem:
    message = f"The clock shows {timestamp(now)} and cannot go beyond the year 2199."
    return Problem("invalid", message, fields=(FieldError(field, message),))


def _statuses(vendor: Vendor, wanted: str) -> frozenset[str]:
    """Return the set of a vendor's statuses that match `wanted`, which is a status or a neutral state.

    Upper and lower case are not distinguished. Raises `UnknownNameError` if `wanted` is neither a status of
    the vendor nor the neutral state of one.
    """
    states, word = vendor.lifecycle.states, wanted.casefold()
    named = [status for status in states if status.casefold() == word]
    found = named or [status for status, state in states.items() if state == word]
    if not found:
        raise UnknownNameError("status", wanted, states, of=vendor.name, field="until.status")
    return frozenset(found)
