"""Control plane operations that list, show and delete the requests that clients sent to the vendors' APIs."""

from collections.abc import Iterator
from typing import Any, Final

import orjson

from mock_server.control.context import ControlContext, moment
from mock_server.engine.call import Call
from mock_server.engine.problem import Problem
from mock_server.engine.reply import Reply
from mock_server.journal.entry import Entry
from mock_server.journal.journal import NO_TENANT
from mock_server.store.batch import Turn

_AT_ONCE: Final = 25
"""How many exchanges are built before other requests may run; this takes a few milliseconds."""


class RequestEndpoints:
    """Handles the operations that read the journal, per tenant and for requests without a tenant."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context
        self._journal = context.world.journal

    async def list_requests(self, call: Call) -> Reply:
        tenant = self._context.tenant(call).name
        tenants = (tenant, NO_TENANT) if call.query.get("without_tenant") else (tenant,)
        return await self._list(call, *tenants)

    async def list_requests_without_tenant(self, call: Call) -> Reply:
        return await self._list(call, NO_TENANT)

    def get_request(self, call: Call) -> Reply:
        return self._get(call, self._context.tenant(call).name, NO_TENANT)

    def get_request_without_tenant(self, call: Call) -> Reply:
        return self._get(call, NO_TENANT)

    def delete_requests(self, call: Call) -> Reply:
        self._journal.clear(self._context.tenant(call).name)
        return Reply(204, None)

    def delete_requests_without_tenant(self, _call: Call) -> Reply:
        self._journal.clear(NO_TENANT)
        return Reply(204, None)

    async def _list(self, call: Call, *tenants: str) -> Reply:
        query = call.query
        newest_first = query.get("order", "newest") == "newest"
        filters = _Filters(query)
        shown: list[dict[str, Any]] = []
        examined = 0
        for entry in self._journal.entries(*tenants, newest_first=newest_first):
            if len(shown) >= query.get("limit", 100):
                break
            if not filters.match(entry):
                continue
            exchange = self._journal.exchanges.shown(entry)
            if filters.match_text(exchange):
                shown.append(exchange)
            examined += 1
            if examined % _AT_ONCE == 0:
                await Turn()
        newest = max((exchange["id"] for exchange in shown), default=query.get("after", 0))
        return Reply(
            200, {"requests": shown, "next": newest, "without_tenant": self._journal.count(NO_TENANT)}
        )

    def _get(self, call: Call, *tenants: str) -> Reply:
        found = (self._journal.get(tenant, call.path["id"]) for tenant in tenants)
        entry = next(filter(None, found), None)
        if entry is None:
            raise Problem(
                "not_found",
                f"The journal has no request {call.path['id']}; it keeps the newest {self._journal.capacity} "
                "of each tenant.",
            )
        return Reply(200, self._journal.exchanges.shown(entry))


class _Filters:
    """The filters of a request that lists exchanges."""

    def __init__(self, query: Any) -> None:
        self._query = query
        self._since = moment(query["since"], "since") if "since" in query else 0
        self._text = query.get("text", "").lower().encode()

    def match(self, entry: Entry) -> bool:
        """Return True if an entry matches all filters except `text`."""
        query = self._query
        return (
            all(name not in query or query[name] == value for name, value in _compared(entry))
            and entry.id > query.get("after", 0)
            and entry.at >= self._since
            and _has_status(entry, query.get("status", ""))
        )

    def match_text(self, exchange: dict[str, Any]) -> bool:
        """Return True if the exchange, as it is shown, contains the text; upper and lower case are equal."""
        return not self._text or self._text in orjson.dumps(exchange).lower()


def _compared(entry: Entry) -> Iterator[tuple[str, Any]]:
    """Yield the filters that compare one value, and the value of an entry."""
    yield "vendor", entry.vendor
    yield "operation", entry.operation
    yield "method", entry.scope["method"]
    yield "fault", entry.state.fault


def _has_status(entry: Entry, status: str) -> bool:
    """Return True if the entry's status is `status`, such as 404, or is in this class, such as 4xx."""
    return not status or (
        entry.status == int(status) if status.isdigit() else entry.status // 100 == int(status[0])
    )
