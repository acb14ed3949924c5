"""Request handlers for the Swap sandbox, one for each operation in `openapi/swap.yaml`.

Assumptions about the vendor's API are listed in the specification.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson

from mock_server.access.ratelimit import Verdict
from mock_server.clock import instant, whole_second
from mock_server.engine.call import Call
from mock_server.engine.problem import Problem
from mock_server.engine.reply import Documents, Reply
from mock_server.overview import Overview
from mock_server.pages.prefill import Examples
from mock_server.seed import SeedReturn, SeedShop
from mock_server.seed.present import PresentShop
from mock_server.store import Change, Filters, Row, Step
from mock_server.switches import Switch
from mock_server.vendors.refusals import STATUSES, not_found, phrase, require_grant
from mock_server.vendors.swap import documents
from mock_server.vendors.swap.examples import examples
from mock_server.vendors.swap.facts import LIFECYCLE, NAME, PLANS, STORE_ID
from mock_server.vendors.swap.overview import overview
from mock_server.vendors.swap.paging import list_reply, page
from mock_server.vendors.swap.quality import QualityControl
from mock_server.vendors.swap.returns import Returns
from mock_server.vendors.swap.seeding import write_seed
from mock_server.vendors.swap.shop import read_shop
from mock_server.vendors.swap.version1 import as_version_1
from mock_server.vendors.swap.webhooks import WEBHOOKS
from mock_server.world import World

_INVALID_KEY = "Invalid API key"
_REASONS = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    429: "TOO_MANY_REQUESTS",
    500: "INTERNAL_SERVER_ERROR",
}
"""The `reason` of an error response, keyed by HTTP status. Only one `reason` was observed. The others are
assumed to be spelled in the same style."""


class Swap:
    """Implements Swap's API operations for one sandbox."""

    name = NAME
    title = "Swap"
    base_path = "/returns-api"
    lifecycle = LIFECYCLE
    status_path = ("status",)
    scopes: tuple[str, ...] = ()
    plans = PLANS
    switches: tuple[Switch, ...] = ()
    webhooks = WEBHOOKS

    def __init__(self, world: World) -> None:
        self._store = world.store
        self._clocks = world.clocks
        self._returns = Returns(world.store, world.webhooks)
        self._quality = QualityControl(world.store, self._returns)

    def list_returns(self, call: Call) -> Reply:
        tenant, query = _tenant(call, call.query["swap_store_id"]), call.query
        rows, total = page(self._store, tenant, query, _filters(query))
        returns: Any = Documents(rows)
        if query["api_version"] == 1:
            returns = [_without_shipments(row) for row in rows]
        return list_reply("returns", returns, query["api_version"], query, len(rows), total)

    def list_returns_v1(self, call: Call) -> Reply:
        tenant, query = _tenant(call, call.query["store"]), call.query
        rows, total = page(self._store, tenant, query, _filters_v1(query))
        orders = [as_version_1(orjson.loads(row)) for row in rows]
        return list_reply("orders", orders, query["version"], query, len(rows), total)

    def update_quality_control(self, call: Call) -> Reply:
        tenant, requested = _tenant(call, call.body["store_id"]), call.body
        at = whole_second(self._clocks.now(tenant))
        match = self._quality.find(tenant, requested)
        with self._store.change() as change:
            if match is None:
                self._quality.add_unexpected(change, tenant, requested, at)
                message = "No return expects this product; it was recorded as unexpected."
                return Reply(200, {"message": message})
            self._quality.update(change, tenant, match, requested, at)
        _, document, _ = match
        return Reply(200, {"message": f"Quality control of {document['rma_number']} was updated."})

    # The methods of `mock_server.vendors.Vendor`

    def credentials(self, key: str) -> Mapping[str, Mapping[str, str]]:
        return {
            "fields": {"api_key": key, "store_id": STORE_ID},
            "headers": {"x-api-key": key},
            "query": {"swap_store_id": STORE_ID},
        }

    def problem(self, problem: Problem) -> Reply:
        status = problem.status or STATUSES[problem.kind]
        message = _INVALID_KEY if problem.kind == "unauthenticated" else problem.message
        error = {"message": f"Error: {message}", "customMessage": ""}
        reason = _REASONS.get(status) or phrase(status).upper().replace(" ", "_")
        return Reply(status, {"status": status, "reason": reason, "error": error}, problem.headers)

    def limit_headers(self, verdict: Verdict) -> tuple[tuple[bytes, bytes], ...]:  # noqa: ARG002 - none are documented
        return ()

    def examples(self, tenant: str) -> Examples:
        return examples(self._store, tenant)

    def write_seed(self, change: Change, tenant: str, returns: Iterable[SeedReturn], at: int) -> None:
        write_seed(change, tenant, returns, at)

    def write_shop(self, change: Change, tenant: str, shop: SeedShop, at: int) -> None:
        """Do nothing: Swap's API stores orders, customers and products only as part of a return."""

    def read_shop(self, tenant: str) -> PresentShop:
        return read_shop(self._store, tenant)

    def insert(self, change: Change, tenant: str, requested: Mapping[str, Any], at: int) -> Mapping[str, Any]:
        return self._returns.create(change, tenant, requested, whole_second(at))

    def move(self, change: Change, tenant: str, id_: str, status: str, at: int) -> Mapping[str, Any]:
        return self._returns.move(change, tenant, self._returns.row(tenant, id_), status, whole_second(at))

    def run_step(self, change: Change, step: Step) -> None:
        at = whole_second(step.due)
        if step.step == "scan":
            self._returns.scan(change, step.tenant, step.subject, step.body["status"], at)
        else:
            self._quality.end(change, step.tenant, step.subject, at)

    def explain_step(self, step: Step) -> str:
        if step.step == "scan":
            return f'The carrier scans shipment {step.subject} as "{step.body["status"]}"'
        return f"The time for the quality control of {step.subject} ends"

    def overview(self, row: Row) -> Overview:
        return overview(self._store, row)


def vendor(world: World) -> Swap:
    """Create the request handlers for Swap; called by `mock_server.vendors.load`."""
    return Swap(world)


def _tenant(call: Call, store: str) -> str:
    """Look up the tenant of the request's API key.

    Raises `Problem` if the request has no valid API key, or if `store` is not the ID of the tenant's store.
    """
    grant = require_grant(call, _INVALID_KEY)
    if store != STORE_ID:
        raise not_found("store", store)
    return grant.tenant


def _without_shipments(row: bytes) -> Mapping[str, Any]:
    return {name: value for name, value in orjson.loads(row).items() if name != "shipments"}


def _at(query: Mapping[str, Any], name: str) -> int | None:
    return instant(query[name]) if name in query else None


def _filters(query: Mapping[str, Any]) -> Filters:
    return Filters(
        ids=_filter_values(query, "rma_number", documents.return_id),
        order_numbers=_filter_values(query, "shopify_order_name"),
        customer_emails=_filter_values(query, "customer_email"),
        created_from=_at(query, "from_return_submission_date"),
        created_until=_at(query, "to_return_submission_date"),
        created_after=_at(query, "submitted_at_from"),
        created_before=_at(query, "submitted_at_to"),
        updated_after=_at(query, "last_RMA_updated_date"),
    )


def _filter_values(
    query: Mapping[str, Any], name: str, convert: Callable[[str], str] = str
) -> tuple[str, ...]:
    return (convert(query[name]),) if name in query else ()


def _filters_v1(query: Mapping[str, Any]) -> Filters:
    """Convert a version 1 query to store filters.

    Version 1 has three kinds of date filters, and applies only the first kind that the query contains:
    `submitted_at_from` and `submitted_at_to`, then `last_updated_date`, then `from_date` and `to_date`.
    """
    if "submitted_at_from" in query or "submitted_at_to" in query:
        return Filters(
            created_after=_at(query, "submitted_at_from"), created_before=_at(query, "submitted_at_to")
        )
    if "last_updated_date" in query:
        return Filters(updated_after=_at(query, "last_updated_date"))
    return Filters(updated_from=_at(query, "from_date"), created_until=_at(query, "to_date"))
