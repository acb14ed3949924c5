"""What a shopper or a merchant does outside the API."""

from mock_server.clock import timestamp
from mock_server.control.context import Office, invalid, moment
from mock_server.engine.call import Call
from mock_server.engine.problem import Problem
from mock_server.engine.reply import Reply
from mock_server.ledger import RETURN_CREATED
from mock_server.lifecycle import IllegalMove, UnknownReturn


class Counter:
    """Returns asked for by shoppers and moved by merchants."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def create_tenant_return(self, call: Call) -> Reply:
        tenant, wish = self._office.tenant(call).name, dict(call.body)
        vendor = self._office.vendor(wish.pop("vendor"))
        now = await self._office.now(tenant)
        at = moment(wish.pop("created_at"), "created_at") if "created_at" in wish else now
        if at > now:
            raise invalid(
                "created_at", f"lies in the future of the tenant, whose clock shows {timestamp(now)}"
            )
        with self._office.world.store.change() as change:
            document = vendor.insert(change, tenant, wish, at)
            told = self._office.world.ledger.events(tenant, last=1, kind=RETURN_CREATED, vendor=vendor.name)
        return Reply(201, {"vendor": vendor.name, "id": told[-1].subject, "document": document})

    async def move_return(self, call: Call) -> Reply:
        tenant, wish = self._office.tenant(call).name, call.body
        vendor = self._office.vendor(wish["vendor"])
        at = await self._office.now(tenant)
        if wish["status"] not in vendor.lifecycle.states:
            known = ", ".join(vendor.lifecycle.states)
            raise invalid("status", f"{vendor.name} knows no {wish['status']!r}; it knows {known}")
        try:
            with self._office.world.store.change() as change:
                document = vendor.move(change, tenant, call.path["id"], wish["status"], at)
        except IllegalMove as error:
            raise invalid("status", str(error)) from None
        except UnknownReturn as error:
            if owners := self._owners(tenant, call.path["id"]):
                raise invalid("vendor", f"the return is one of {', '.join(owners)}") from None
            raise Problem("not_found", str(error)) from None
        return Reply(200, {"vendor": vendor.name, "id": call.path["id"], "document": document})

    def _owners(self, tenant: str, return_id: str) -> list[str]:
        """The vendors at which the tenant has a return of that id."""
        store = self._office.world.store
        return [name for name in self._office.vendors if store.row(tenant, name, "return", return_id)]
