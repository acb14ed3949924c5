"""Control plane operations that create returns as a shopper and change their status as a merchant."""

from mock_server.clock import timestamp
from mock_server.control.context import ControlContext, invalid, moment
from mock_server.engine.call import Call
from mock_server.engine.problem import Problem
from mock_server.engine.reply import Reply
from mock_server.ledger import RETURN_CREATED
from mock_server.lifecycle import IllegalMove, UnknownReturn
from mock_server.shop.kept import kept


class ReturnEndpoints:
    """Handles the operations that create returns and change their status without using the vendors' APIs."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context

    async def create_tenant_return(self, call: Call) -> Reply:
        found, requested = self._context.tenant(call), dict(call.body)
        tenant = found.name
        vendor = self._context.vendor(requested.pop("vendor"))
        now = await self._context.now(tenant)
        at = moment(requested.pop("created_at"), "created_at") if "created_at" in requested else now
        if at > now:
            raise invalid("created_at", f"is in the future; the tenant's clock shows {timestamp(now)}")
        # Vendors name their ids differently, so the new return's id is read from its ledger event.
        ledger = self._context.world.ledger
        if shop := kept(self._context.world.store, found.shop):
            from mock_server.shop.shoppers import complete

            requested = complete(shop, vendor.name, requested)
        with self._context.world.store.change() as change:
            document = vendor.insert(change, tenant, requested, at)
            events = ledger.events(tenant, last=1, kind=RETURN_CREATED, vendor=vendor.name)
        return Reply(201, {"vendor": vendor.name, "id": events[-1].subject, "document": document})

    async def move_return(self, call: Call) -> Reply:
        tenant, requested = self._context.tenant(call).name, call.body
        vendor = self._context.vendor(requested["vendor"])
        at = await self._context.now(tenant)
        try:
            with self._context.world.store.change() as change:
                document = vendor.move(change, tenant, call.path["id"], requested["status"], at)
        except IllegalMove as error:
            raise invalid("status", str(error)) from None
        except UnknownReturn as error:
            if owners := self._owners(tenant, call.path["id"]):
                raise invalid("vendor", f"the return belongs to {', '.join(owners)}") from None
            raise Problem("not_found", str(error)) from None
        return Reply(200, {"vendor": vendor.name, "id": call.path["id"], "document": document})

    def _owners(self, tenant: str, return_id: str) -> list[str]:
        """List the vendors for which the tenant has a return with this ID."""
        store = self._context.world.store
        return [name for name in self._context.vendors if store.row(tenant, name, "return", return_id)]
