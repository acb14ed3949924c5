"""Control plane operation that lists a tenant's ledger events, such as changes to its returns."""

from mock_server.clock import timestamp
from mock_server.control.context import ControlContext
from mock_server.engine.call import Call
from mock_server.engine.reply import Reply


class LedgerEndpoints:
    """Handles the operation that lists a tenant's ledger events."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context

    async def list_ledger_events(self, call: Call) -> Reply:
        tenant, query = self._context.tenant(call).name, call.query
        await self._context.world.clocks.catch_up_in_slices(tenant)
        after = query.get("after", 0)
        rows = await self._context.world.ledger.search(
            tenant,
            after=after,
            limit=query.get("limit", 100),
            last=query.get("last"),
            kind=query.get("kind"),
            vendor=query.get("vendor"),
        )
        events = [
            {
                "sequence": event.sequence,
                "vendor": event.vendor,
                "kind": event.kind,
                "subject": event.subject,
                "at": timestamp(event.at),
                "body": event.body,
            }
            for event in rows
        ]
        return Reply(200, {"events": events, "next": rows[-1].sequence if rows else after})
