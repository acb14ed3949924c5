"""Request handlers for the ReturnGO sandbox, one for each operation in `openapi/returngo.yaml`.

Assumptions about the vendor's API are listed in the specification.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from mock_server.access.grants import Grant
from mock_server.access.ratelimit import Verdict
from mock_server.clock import whole_second
from mock_server.engine.call import Call
from mock_server.engine.problem import Problem
from mock_server.engine.reply import Document, Documents, Reply
from mock_server.lifecycle import IllegalMove
from mock_server.overview import Overview
from mock_server.pages.prefill import Examples
from mock_server.seed import SeedReturn, SeedShop
from mock_server.seed.present import PresentShop
from mock_server.store import Change, Filters, Row, Step
from mock_server.vendors.refusals import STATUSES, invalid, not_found, require_grant
from mock_server.vendors.returngo import queries
from mock_server.vendors.returngo.documents import comment, without_media
from mock_server.vendors.returngo.examples import examples
from mock_server.vendors.returngo.facts import API, FIRST_SHOP, LIFECYCLE, NAME, PLANS, SHOPS, SWITCHES
from mock_server.vendors.returngo.hooks import Hooks
from mock_server.vendors.returngo.overview import overview
from mock_server.vendors.returngo.policies import Orders, check_units, put_order
from mock_server.vendors.returngo.returns import Returns, schedule_scans
from mock_server.vendors.returngo.rows import emails, tracked
from mock_server.vendors.returngo.seeding import SeedWriter, write_shop
from mock_server.vendors.returngo.shop import read_shop
from mock_server.vendors.returngo.transactions import Transactions
from mock_server.vendors.returngo.validation import Validation
from mock_server.vendors.returngo.webhooks import WEBHOOKS
from mock_server.webhooks.transport import url_problem
from mock_server.world import World

_MESSAGES = {
    "unauthenticated": "Missing or incorrect API key",
    "server_error": "Internal server error",
}
"""Error messages, keyed by kind of problem. The vendor's API description contains these strings as
descriptions of the error responses. It is assumed that the responses contain the same strings."""
_BATCH = 500
"""The number of transactions that a filtered list reads from the store at a time."""


class ReturnGO:
    """Implements ReturnGO's API operations for one sandbox."""

    name = NAME
    title = "ReturnGO"
    base_path = ""
    lifecycle = LIFECYCLE
    status_path = ("rmaSummary", "status")
    scopes: tuple[str, ...] = ()
    plans = PLANS
    switches = SWITCHES
    webhooks = WEBHOOKS

    def __init__(self, world: World) -> None:
        self._store = world.store
        self._clocks = world.clocks
        self._hooks = Hooks(world.store, world.outbox)
        self._transactions = Transactions(world.store, world.switches, self._hooks)
        self._returns = Returns(world.store, self._transactions, self._hooks)
        self._orders = Orders(world.store)
        self.acts = {"validate_items": Validation(world.store, self._returns).act}

    # Returns

    def list_rmas(self, call: Call) -> Reply:
        (tenant, shop), query = _tenant_and_shop(call), call.query
        size = query["pagesize"]
        try:
            page = self._store.slice(
                tenant,
                NAME,
                "return",
                self._filters(tenant, shop, query),
                sorting=queries.sorting(query),
                start=queries.read_return_cursor(query),
                limit=size + 1,
            )
        except LookupError:
            raise queries.wrong_cursor() from None
        cursor = queries.next_return(page[size][0]) if len(page) > size else None
        rows = [summary for _, summary in page[:size]]
        return Reply(200, {"rmas": Documents(rows), "next_cursor": cursor})

    def get_rma(self, call: Call) -> Reply:
        row = self._rma(call)
        if call.query["includeMedia"] or b'"mediaAnswer"' not in row.document:
            return Reply(200, Document(row.document))
        return Reply(200, without_media(orjson.loads(row.document)))

    def add_comment(self, call: Call) -> Reply:
        row, at = self._rma(call), self._now(call)
        entry = comment("merchant", API, call.body["htmlText"], at)
        with self._store.change() as change:
            self._returns.add_comment(change, row, entry, at)
        return Reply(200, entry)

    def set_rma_status(self, call: Call) -> Reply:
        row, at = self._rma(call), self._now(call)
        try:
            with self._store.change() as change:
                rma = self._returns.move(change, row, call.body["status"], at, API)
        except IllegalMove as error:
            raise Problem("invalid", f"Invalid status transition: {error}") from None
        return Reply(200, rma["rmaSummary"])

    def get_eligible_policies(self, call: Call) -> Reply:
        tenant, shop = _tenant_and_shop(call)
        try:
            items = self._orders.eligible(tenant, shop, call.body, self._now(call))
        except LookupError as error:
            raise _missing(error) from None
        return Reply(200, {"items": items})

    def create_rma_by_policy(self, call: Call) -> Reply:
        (tenant, shop), at = _tenant_and_shop(call), self._now(call)
        try:
            requested = self._orders.shopper_request(tenant, shop, call.body, at)
        except LookupError as error:
            raise _missing(error) from None
        with self._store.change() as change:
            rma = self._returns.create(change, tenant, shop, requested, at)
        return Reply(200, rma["rmaSummary"])

    # Shipments

    def update_shipment(self, call: Call) -> Reply:
        row = self._shipment(call, call.path["shipmentId"])
        try:
            with self._store.change() as change:
                shipment = self._returns.update_shipment(change, row, call.body, self._now(call))
        except IllegalMove:
            raise Problem("invalid", "Invalid status transition") from None
        return Reply(200, shipment)

    def delete_shipment(self, call: Call) -> Reply:
        row = self._shipment(call, call.path["shipmentId"])
        try:
            with self._store.change() as change:
                self._returns.delete_shipment(change, row, self._now(call))
        except ValueError as error:
            raise Problem("invalid", str(error)) from None
        return Reply(200, {"message": f"Shipment {row.id} was deleted."})

    def create_shipment_tracker(self, call: Call) -> Reply:
        requested, at = call.body, self._now(call)
        row = self._shipment(call, requested["shipmentId"])
        tracking = {name: requested[name] for name in ("trackingNumber", "carrierName") if name in requested}
        with self._store.change() as change:
            shipment = self._returns.update_shipment(change, row, tracking, at)
            if row.status in {"Pending", "LabelCreated", "Shipped"}:
                schedule_scans(change, row.tenant, row.id, made=at, start=at)
        tracker = {name: shipment[name] for name in ("shipmentId", "trackingNumber", "carrierName")}
        return Reply(200, {**tracker, "status": "Registered"})

    # Webhooks

    def list_webhooks(self, call: Call) -> Reply:
        return Reply(200, Documents(self._hooks.registered(*_tenant_and_shop(call))))

    def create_webhook(self, call: Call) -> Reply:
        (tenant, shop), requested = _tenant_and_shop(call), call.body
        _check_address(requested)
        with self._store.change() as change:
            return Reply(200, self._hooks.register(change, tenant, shop, requested, self._now(call)))

    def update_webhook(self, call: Call) -> Reply:
        row = self._webhook(call)
        _check_address(call.body)
        with self._store.change() as change:
            return Reply(200, self._hooks.update(change, row, call.body))

    def delete_webhook(self, call: Call) -> Reply:
        row = self._webhook(call)
        with self._store.change() as change:
            self._hooks.delete(change, row)
        return Reply(200, {"message": f"Webhook {row.id} was deleted."})

    # Transactions

    async def list_transactions(self, call: Call) -> Reply:
        (tenant, shop), query = _tenant_and_shop(call), call.query
        size, start = query["pagesize"], queries.read_cursor(query)
        # The store has no columns for type and processor, so this loop reads rows in batches and filters
        # them. It stops when it has one row more than a page, which shows that another page follows.
        batch = _BATCH if {"types", "processors"} & query.keys() else size
        matches: list[tuple[str, bytes]] = []
        more = True
        while more and len(matches) <= size:
            try:
                rows = self._store.slice(
                    tenant,
                    NAME,
                    "transaction",
                    _transaction_filters(shop, query),
                    start=start,
                    inclusive=False,
                    limit=batch + 1,
                )
            except LookupError:
                raise queries.wrong_cursor() from None
            matches += [row for row in rows if _matches(row[1], query)]
            more = len(rows) > batch
            start = rows[-1][0] if rows else start
            if more and len(matches) <= size:
                await self._store.yield_after_commit()
        cursor = queries.last_transaction(matches[size - 1][0]) if len(matches) > size else None
        page = [document for _, document in matches[:size]]
        return Reply(200, {"transactions": Documents(page), "next_cursor": cursor})

    def update_transaction(self, call: Call) -> Reply:
        tenant, shop = _tenant_and_shop(call)
        id_, at = str(int(call.path["transactionId"])), self._now(call)
        row = self._store.row(tenant, NAME, "transaction", id_)
        if row is None or row.shop != shop:
            raise not_found("transaction", id_)
        owner = self._returns.row(tenant, row.parent)
        rma = orjson.loads(owner.document)
        try:
            with self._store.change() as change:
                transaction = self._transactions.update(change, row, rma, call.body, at)
                self._returns.save(change, owner, rma, owner.updated_at)
        except IllegalMove as error:
            raise Problem("invalid", f"Invalid status transition: {error}") from None
        return Reply(200, transaction)

    # The methods of `mock_server.vendors.Vendor` and `ManyShops`

    def enter(self, grant: Grant, credentials: Mapping[str, str]) -> None:  # noqa: ARG002 - all accounts have the same shops
        if _shop(credentials.get("shop_name", "")) not in SHOPS:
            raise Problem("forbidden", "No such shop for this user")

    def credentials(self, key: str) -> Mapping[str, Mapping[str, str]]:
        return {
            "fields": {"api_key": key, "shop_name": FIRST_SHOP},
            "headers": {"X-API-KEY": key, "x-shop-name": FIRST_SHOP},
            "query": {},
        }

    def problem(self, problem: Problem) -> Reply:
        """Build the error response for a problem.

        Of the problem's headers, only `Allow` is sent; ReturnGO does not use `Retry-After`.
        """
        message = _MESSAGES.get(problem.kind, problem.message)
        allow = tuple(pair for pair in problem.headers if pair[0] == b"allow")
        return Reply(problem.status or STATUSES[problem.kind], {"message": message}, allow)

    def limit_headers(self, verdict: Verdict) -> tuple[tuple[bytes, bytes], ...]:  # noqa: ARG002 - none are documented
        return ()

    def examples(self, tenant: str) -> Examples:
        at = whole_second(self._clocks.now(tenant))
        return examples(self._store, self._orders, self._hooks, tenant, at)

    def write_seed(self, change: Change, tenant: str, returns: Iterable[SeedReturn], at: int) -> None:
        SeedWriter(change, tenant, self._transactions, at).write_seed(returns)

    def write_shop(self, change: Change, tenant: str, shop: SeedShop, at: int) -> None:
        write_shop(change, tenant, shop, at)

    def read_shop(self, tenant: str) -> PresentShop:
        return read_shop(self._store, tenant)

    def insert(self, change: Change, tenant: str, requested: Mapping[str, Any], at: int) -> Mapping[str, Any]:
        check_units(requested)
        if not self._orders.has(tenant, FIRST_SHOP, requested["order_number"]):
            put_order(change, tenant, FIRST_SHOP, requested, whole_second(at))
        return self._returns.create(change, tenant, FIRST_SHOP, requested, whole_second(at))

    def move(self, change: Change, tenant: str, id_: str, status: str, at: int) -> Mapping[str, Any]:
        return self._returns.move(change, self._returns.row(tenant, id_), status, whole_second(at))

    def run_step(self, change: Change, step: Step) -> None:
        self._returns.scan(change, step.tenant, step.subject, step.body["status"], whole_second(step.due))

    def explain_step(self, step: Step) -> str:
        return f'The carrier scans shipment {step.subject} as "{step.body["status"]}"'

    def overview(self, row: Row) -> Overview:
        return overview(row)

    # Helpers

    def _now(self, call: Call) -> int:
        return whole_second(self._clocks.now(_tenant_and_shop(call)[0]))

    def _rma(self, call: Call) -> Row:
        tenant, shop = _tenant_and_shop(call)
        try:
            return self._returns.row(tenant, str(int(call.path["rmaId"])), shop)
        except LookupError as error:
            raise _missing(error) from None

    def _shipment(self, call: Call, id_: str) -> Row:
        tenant, shop = _tenant_and_shop(call)
        try:
            return self._returns.shipment(tenant, str(int(id_)), shop)
        except LookupError as error:
            raise _missing(error) from None

    def _webhook(self, call: Call) -> Row:
        tenant, shop = _tenant_and_shop(call)
        try:
            return self._hooks.find(tenant, shop, str(int(call.path["webhookId"])))
        except LookupError as error:
            raise _missing(error) from None

    def _filters(self, tenant: str, shop: str, query: Mapping[str, Any]) -> Filters:
        customers, numbers = queries.words(query, "customer_ids"), queries.words(query, "tracking_numbers")
        return Filters(
            statuses=queries.words(query, "status"),
            order_numbers=queries.words(query, "order_name"),
            customer_emails=emails(self._store, tenant, customers) if customers else (),
            ids=tracked(self._store, tenant, numbers) if numbers else (),
            shop=shop,
            **queries.moments(query, "rma_created_at", "created"),
            **queries.moments(query, "rma_updated_at", "updated"),
        )


def vendor(world: World) -> ReturnGO:
    """Create the request handlers for ReturnGO; called by `mock_server.vendors.load`."""
    return ReturnGO(world)


def _shop(name: str) -> str:
    """Convert an `x-shop-name` header to a lowercase shop name.

    One client sends the shop's name in the form `shop@Portal` (observed), so `@Portal` is removed.
    """
    return name.partition("@")[0].strip().lower()


def _tenant_and_shop(call: Call) -> tuple[str, str]:
    """Look up the tenant of the request's API key, and the shop that the request names.

    Raises `Problem` if the request has no valid API key.
    """
    grant = require_grant(call, _MESSAGES["unauthenticated"])
    return grant.tenant, _shop(call.headers["x-shop-name"])


def _missing(error: LookupError) -> Problem:
    return Problem("not_found", str(error))


def _check_address(requested: Mapping[str, Any]) -> None:
    reason = url_problem(requested["url"]) if "url" in requested else ""
    if reason:
        raise invalid("url", reason)


def _transaction_filters(shop: str, query: Mapping[str, Any]) -> Filters:
    return Filters(
        statuses=queries.words(query, "statuses"),
        order_numbers=queries.words(query, "order_ids"),
        parents=queries.words(query, "rma_ids"),
        ids=queries.words(query, "ids"),
        shop=shop,
        **queries.moments(query, "created_at", "created"),
        **queries.moments(query, "updated_at", "updated"),
    )


def _matches(document: bytes, query: Mapping[str, Any]) -> bool:
    """Return True if a transaction matches the query's filters `types` and `processors`."""
    wanted = {"type": queries.words(query, "types"), "processor": queries.words(query, "processors")}
    if not any(wanted.values()):
        return True
    if any(words and not any(orjson.dumps(word) in document for word in words) for words in wanted.values()):
        return False  # most transactions need not be parsed
    transaction = orjson.loads(document)
    return all(not words or transaction[name] in words for name, words in wanted.items())
