"""Control plane operations that show returns of all vendors in the same form, with their next steps."""

from typing import Any, Final

from mock_server.clock import SECOND, timestamp
from mock_server.control.context import ControlContext, moment
from mock_server.control.next import upcoming_entry
from mock_server.engine.call import Call
from mock_server.engine.problem import Problem
from mock_server.engine.reply import Document, Reply
from mock_server.forecast.moves import Move, moves
from mock_server.forecast.upcoming import upcoming_of
from mock_server.overview import Item, Overview, Parcel
from mock_server.store import Row
from mock_server.store.newest import Selection, newest

_STEPS: Final = 20
"""The maximum number of scheduled steps that are shown with a return."""


class OverviewEndpoints:
    """Handles the operations that list returns of all vendors and show one of them."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context

    async def list_returns(self, call: Call) -> Reply:
        tenant, query = self._context.tenant(call).name, call.query
        selection = Selection(
            "return",
            self._statuses(query.get("vendor"), query.get("status"), query.get("state")),
            moment(query["since"], "since") if "since" in query else None,
            query.get("search", ""),
        )
        now = await self._context.now(tenant)
        page, limit = query.get("page", 1), query.get("limit", 50)
        store = self._context.world.store
        rows, total = await newest(store, tenant, selection, limit=limit, offset=(page - 1) * limit)
        listed = [self._summary(row, self._context.vendors[row.vendor].overview(row), now) for row in rows]
        pages = -(-total // limit)
        return Reply(200, {"returns": listed, "total": total, "page": page, "pages": pages})

    async def get_return(self, call: Call) -> Reply:
        tenant = self._context.tenant(call).name
        vendor, id_ = self._context.vendor_in_path(call), call.path["id"]
        now = await self._context.now(tenant)
        row = self._context.world.store.row(tenant, vendor.name, "return", id_)
        if row is None:
            raise Problem("not_found", f"The tenant {tenant!r} has no {vendor.name} return {id_[:80]!r}.")
        world, overview = self._context.world, vendor.overview(row)
        shown = {
            **self._summary(row, overview, now),
            "items": [_item(item, overview.currency) for item in overview.items],
            "parcels": [_parcel(parcel) for parcel in overview.parcels],
            "moves": [_move(move) for move in moves(world, vendor, row, now)],
            "next": [upcoming_entry(entry) for entry in upcoming_of(world, vendor, row, limit=_STEPS)],
            "document": Document(row.document),
        }
        return Reply(200, shown)

    def _statuses(
        self, vendor: str | None, status: str | None, state: str | None
    ) -> dict[str, tuple[str, ...]]:
        """Map each vendor to those of its statuses that match the filters; an empty tuple means all statuses.

        Vendors without a matching status are omitted. `Names` has checked that the vendor and the status
        exist.
        """
        served = [self._context.vendor(vendor)] if vendor else list(self._context.vendors.values())
        selected: dict[str, tuple[str, ...]] = {}
        for one in served:
            states = one.lifecycle.states
            wanted = [word for word in states if status is None or word.casefold() == status.casefold()]
            wanted = [word for word in wanted if state is None or states[word] == state]
            if wanted:
                selected[one.name] = tuple(wanted) if status or state else ()
        return selected

    def _summary(self, row: Row, overview: Overview, now: int) -> dict[str, Any]:
        return {
            "vendor": row.vendor,
            "id": row.id,
            "number": overview.number,
            "order_number": row.order_number,
            "customer": {"name": overview.customer_name, "email": overview.customer_email},
            "status": row.status,
            "state": row.state,
            "amount": None if overview.amount is None else f"{overview.amount:.2f}",
            "currency": overview.currency or None,
            "created_at": timestamp(row.created_at),
            "updated_at": timestamp(row.updated_at),
            "age_seconds": max(0, (now - row.created_at) // SECOND),
        }


def _item(item: Item, currency: str) -> dict[str, Any]:
    return {
        "sku": item.sku,
        "name": item.name,
        "quantity": item.quantity,
        "reason": item.reason or None,
        "amount": None if item.amount is None else f"{item.amount:.2f}",
        "currency": currency or None,
    }


def _parcel(parcel: Parcel) -> dict[str, Any]:
    return {
        "id": parcel.id,
        "carrier": parcel.carrier or None,
        "tracking_number": parcel.tracking_number or None,
        "status": parcel.status,
    }


def _move(move: Move) -> dict[str, Any]:
    return {
        "name": move.name,
        "status": move.status,
        "state": move.state,
        "sentence": move.sentence,
        "sends": [
            {"event": delivery.event, "webhook": delivery.webhook, "address": delivery.address}
            for delivery in move.sends
        ],
    }
