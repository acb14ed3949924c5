"""Control plane operations that list, show and delete the requests that clients sent to the vendors' APIs."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

import orjson

from mock_server.control.context import LAST, ControlContext, moment
from mock_server.engine.call import Call
from mock_server.engine.problem import Problem
from mock_server.engine.reply import EventStream, Reply
from mock_server.journal.entry import Entry
from mock_server.journal.journal import NO_TENANT, Journal
from mock_server.journal.stream import MAX_VIEWERS, follow
from mock_server.store.batch import Turn

_AT_ONCE: Final = 25
"""The number of exchanges to build before other requests may run; this takes a few milliseconds."""
_SHARED: Final = "All tenants share one numbering; the list of requests shows the IDs."


class RequestEndpoints:
    """Handles the operations on recorded requests, both a tenant's requests and those without a tenant."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context
        self._journal = context.world.journal

    async def list_requests(self, call: Call) -> Reply:
        tenant = self._context.tenant(call).name
        tenants = (tenant, NO_TENANT) if call.query.get("without_tenant") else (tenant,)
        return await self._list(call, self._filters(call, tenant), *tenants)

    async def list_requests_without_tenant(self, call: Call) -> Reply:
        return await self._list(call, self._filters(call, NO_TENANT), NO_TENANT)

    def stream_requests(self, call: Call) -> Reply:
        tenant = self._context.tenant(call).name
        if not self._journal.capacity:
            raise Problem("unavailable", "The journal is off; start the sandbox without `--journal 0`.")
        if len(self._journal.closing) >= MAX_VIEWERS:
            raise Problem(
                "unavailable", f"{MAX_VIEWERS} streams are open already; close one, or try again later."
            )
        filters = self._filters(call, tenant)
        after: int | None = call.query.get("after")
        with suppress(KeyError, ValueError):
            after = int(call.headers["last-event-id"])
        tenants = (tenant, NO_TENANT) if call.query.get("without_tenant") else (tenant,)
        return Reply(200, EventStream(follow(self._journal, tenants, after, filters.shown(self._journal))))

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

    def _filters(self, call: Call, tenant: str) -> "_Filters":
        """Parse the filters in a request's query; the parameter `since` is on the tenant's clock.

        If `tenant` is "", `since` is in real time.
        """
        if "since" not in call.query:
            return _Filters(call.query, 0, 0)
        since = moment(call.query["since"], "since")
        if not tenant:
            return _Filters(call.query, since, since)
        clocks = self._context.world.clocks
        if clocks.frozen(tenant):  # a frozen clock shows only one time, which `since` includes or excludes
            return _Filters(call.query, since, 0 if since <= clocks.now(tenant) else LAST)
        return _Filters(call.query, since, since - clocks.offset(tenant))

    async def _list(self, call: Call, filters: "_Filters", *tenants: str) -> Reply:
        query = call.query
        newest_first = query.get("order", "newest") == "newest"
        shown: list[dict[str, Any]] = []
        show = filters.shown(self._journal)
        after = query.get("after", 0)
        entries = self._journal.entries(*tenants, after=after, newest_first=newest_first)
        for examined, entry in enumerate(entries, 1):
            if len(shown) >= query.get("limit", 100):
                break
            exchange = show(entry)
            if exchange is not None:
                shown.append(exchange)
            if examined % _AT_ONCE == 0:
                await Turn()
        newest = max((exchange["id"] for exchange in shown), default=after)
        return Reply(
            200, {"requests": shown, "next": newest, "without_tenant": self._journal.count(NO_TENANT)}
        )

    def _get(self, call: Call, *tenants: str) -> Reply:
        found = (self._journal.get(tenant, call.path["id"]) for tenant in tenants)
        entry = next(filter(None, found), None)
        if entry is None:
            raise Problem("not_found", self._missing(call.path["id"], tenants[0]))
        return Reply(200, self._journal.exchanges.shown(entry))

    def _missing(self, id_: int, tenant: str) -> str:
        """Return a sentence that says why the tenant has no request with this ID."""
        whose = f"of {tenant}" if tenant else "without a tenant"
        journal = self._journal
        if not journal.capacity:
            return "The journal is off; start the sandbox without `--journal 0`."
        if other := journal.tenant_of(id_):
            return f"Request {id_} is not one {whose}: it belongs to the tenant {other}. {_SHARED}"
        if id_ > journal.last:
            last = f"; the newest is {journal.last}" if journal.last else ""
            return f"There is no request {id_} yet{last}. {_SHARED}"
        return (
            f"The journal has no request {id_} {whose}; it keeps the newest {journal.capacity} of each "
            f"tenant, until they are deleted. {_SHARED}"
        )


class _Filters:
    """The filters of a request that lists exchanges (recorded requests with their responses).

    `since` is on the tenant's clock, and `real_since` is in real time; both are in microseconds since the
    Unix epoch. `real_since` applies to requests without a tenant, because they have no time on a tenant's
    clock.
    """

    def __init__(self, query: Any, since: int, real_since: int) -> None:
        self._query = query
        self._since = since
        self._real_since = real_since
        self._text = query.get("text", "").lower().encode()

    def shown(self, journal: Journal) -> Callable[[Entry], dict[str, Any] | None]:
        """Return a function that converts an entry to JSON, or returns None if a filter excludes it."""

        def show(entry: Entry) -> dict[str, Any] | None:
            if not self._match(entry):
                return None
            exchange = journal.exchanges.shown(entry)
            # The text is searched in what is shown, so that a search cannot reveal a secret.
            return exchange if self._text in orjson.dumps(exchange).lower() else None

        return show

    def _match(self, entry: Entry) -> bool:
        """Return True if an entry matches all filters except `text` and `after`."""
        query = self._query
        return (
            all(name not in query or query[name] == value for name, value in _compared(entry))
            and ("fault" not in query or query["fault"] in entry.state.fault.split(", "))
            and (entry.at >= self._since if entry.tenant else entry.real >= self._real_since)
            and _has_status(entry, query.get("status", ""))
        )


def _compared(entry: Entry) -> Iterator[tuple[str, Any]]:
    """Yield the filters that compare for equality, as pairs of the filter's name and the entry's value."""
    yield "vendor", entry.vendor
    yield "operation", entry.operation
    yield "method", entry.scope["method"]


def _has_status(entry: Entry, status: str) -> bool:
    """Return True if the entry's status equals `status`, such as 404, or belongs to a class, such as 4xx."""
    return not status or (
        entry.status == int(status) if status.isdigit() else entry.status // 100 == int(status[0])
    )
