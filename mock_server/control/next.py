"""Control plane operation that lists a tenant's next scheduled steps and webhook deliveries."""

from typing import Any

from mock_server.clock import reached_at
from mock_server.control.context import ControlContext
from mock_server.engine.call import Call
from mock_server.engine.reply import Reply
from mock_server.forecast.upcoming import Upcoming, upcoming


class NextEndpoints:
    """Handles the operation that lists a tenant's next scheduled steps and webhook deliveries."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context

    async def list_next(self, call: Call) -> Reply:
        tenant, query = self._context.tenant(call).name, call.query
        vendors, limit = self._context.vendors, query.get("limit", 20)
        served = (self._context.vendor(query["vendor"]).name,) if "vendor" in query else tuple(vendors)
        await self._context.now(tenant)
        entries = upcoming(self._context.world, vendors, tenant, served=served, limit=limit + 1)
        shown = [upcoming_entry(entry) for entry in entries[:limit]]
        clock = self._context.clock(tenant)
        return Reply(200, {"clock": clock, "next": shown, "more": len(entries) > limit})


def upcoming_entry(entry: Upcoming) -> dict[str, Any]:
    """Build the JSON of an upcoming step or webhook delivery."""
    return {
        "at": reached_at(entry.due),
        "kind": entry.kind,
        "vendor": entry.vendor,
        "what": entry.what,
        "subject": entry.subject,
        "return": entry.return_id,
        "status": entry.status,
        "sentence": entry.sentence,
        "error": entry.error,
    }
