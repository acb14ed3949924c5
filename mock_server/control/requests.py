"""Control plane operations that list, show and delete the requests that clients sent to the vendors' APIs."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

import orjson

from mock_server.control.context import ControlContext, moment
from mock_server.engine.call import Call
from mock_server.engine.problem import Problem
from mock_server.engine.reply import EventStream, Reply
from mock_server.journal.entry import Entry
from mock_server.journal.journal import NO_TENANT, Journal
from mock_server.journal.stream import MAX_VIEWERS, follow
from mock_server.store.batch import Turn

_AT_ONCE: Final = 25
"""The number of exchanges to build before other requests may run; this takes a few milliseconds."""


class RequestEndpoints:
    """Handles the operations on recorded requests, both a tenant's requests and those without a tenant."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context
        self._journal = context.world.journal

    async def list_requests(self, call: Call) -> Reply:
        tenant = self._context.tenant(call).name
        tenants = (tenant, NO_TENANT) if call.query.get("without_tenant") else (tenant,)
        return await self._list(call, *tenants)

    async def list_requests_without_tenant(self, call: Call) -> Reply:
        return await self._list(call, NO_TENANT)

    def stream_requests(self, call: Call) -> Reply:
        tenant = self._context.tenant(call).name
        if not self._journal.capacity:
            raise Problem("unavailable", "The journal is off; start the sandbox without `--journal 0`.")
        if len(self._journal.closing) >= MAX_VIEWERS:
            raise Problem(
                "unavailable", f"{MAX_VIEWERS} streams are open already; close one, or try again later."
            )
        filters = _Filters(call.query)
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

    async def _list(self, call: Call, *tenants: str) -> Reply:
        query = call.query
        newest_first = query.get("order", "newest") == "newest"
        filters = _Filters(query)
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
            and entry.at >= self._since
            and _has_status(entry, query.get("status", ""))
        )


def _compared(entry: Entry) -> Iterator[tuple[str, Any]]:
    """Yield the name of each filter for an exact value, with the value that the entry has."""
    yield "vendor", entry.vendor
    yield "operation", entry.operation
    yield "method", entry.scope["method"]


def _has_status(entry: Entry, status: str) -> bool:
    """Return True if the entry's status equals `status`, such as 404, or belongs to a class, such as 4xx."""
    return not status or (
        entry.status == int(status) if status.isdigit() else entry.status // 100 == int(status[0])
    )
