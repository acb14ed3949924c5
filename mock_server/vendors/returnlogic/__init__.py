"""Request handlers for the ReturnLogic sandbox, one for each operation in `openapi/returnlogic.yaml`.

Assumptions about the vendor's API are listed in the specification.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from mock_server.access.ratelimit import Verdict
from mock_server.clock import whole_second
from mock_server.engine.call import Call
from mock_server.engine.problem import Problem
from mock_server.engine.reply import Document, Documents, Reply
from mock_server.overview import Overview
from mock_server.pages.prefill import Examples
from mock_server.seed import SeedReturn, SeedShop
from mock_server.seed.present import PresentShop
from mock_server.store import Change, Row, Step
from mock_server.vendors.refusals import STATUSES, not_found, phrase, require_grant
from mock_server.vendors.returnlogic.apps import PublicApps
from mock_server.vendors.returnlogic.examples import examples
from mock_server.vendors.returnlogic.facts import LIFECYCLE, MAINTENANCE, NAME, PLANS
from mock_server.vendors.returnlogic.orders import Orders, filters
from mock_server.vendors.returnlogic.overview import overview
from mock_server.vendors.returnlogic.rmas import Rmas
from mock_server.vendors.returnlogic.seeding import write_seed, write_shop
from mock_server.vendors.returnlogic.shop import read_shop
from mock_server.vendors.returnlogic.webhooks import WEBHOOKS
from mock_server.world import World

_STATUSES = {**STATUSES, "forbidden": 401, "unavailable": 503}
_ERRORS = {
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    429: "Rate Limit Exceeded",
    500: "Internal Server Error",
    503: "Down For Maintenance",
}
"""The `error` string of an error response, keyed by HTTP status. The source is the section "Error Codes" of
the vendor page. Strings for statuses that this section does not contain are assumed."""


class ReturnLogic:
    """Implements ReturnLogic's API operations for one sandbox."""

    name = NAME
    title = "ReturnLogic"
    base_path = "/v1"
    lifecycle = LIFECYCLE
    status_path = ("workflowStatus",)
    scopes: tuple[str, ...] = ()
    plans = PLANS
    switches = (MAINTENANCE,)
    webhooks = WEBHOOKS

    def __init__(self, world: World) -> None:
        self._store = world.store
        self._apps = PublicApps(world.tokens, world.keys, world.switches)
        self.acts = {"install_app": self._apps.install_act}
        self._clocks = world.clocks
        self._orders = Orders(world.store)
        self._rmas = Rmas(world.store, self._orders, world.webhooks)

    async def list_orders(self, call: Call) -> Reply:
        return Reply(200, Documents(await self._orders.page(_tenant(call), call.query)))

    def create_order(self, call: Call) -> Reply:
        tenant = _tenant(call)
        at = whole_second(self._clocks.now(tenant))
        with self._store.change() as change:
            return Reply(201, self._orders.create(change, tenant, call.body, at))

    def list_rmas(self, call: Call) -> Reply:
        query = call.query
        rows, _ = self._store.page(
            _tenant(call), NAME, "return", filters(query), limit=query["limit"], offset=query["skip"]
        )
        return Reply(200, Documents(rows))

    def get_rma(self, call: Call) -> Reply:
        id_ = call.path["rlRmaId"]
        document = self._store.document(_tenant(call), NAME, "return", id_)
        if document is None:
            raise not_found("RMA", id_)
        return Reply(200, Document(document))

    def request_tokens(self, call: Call) -> Reply:
        return self._apps.request_tokens(call.body)

    # The methods of `mock_server.vendors.Vendor`

    def credentials(self, key: str) -> Mapping[str, Mapping[str, str]]:
        return {"fields": {"api_key": key}, "headers": {"Authorization": f"Bearer {key}"}, "query": {}}

    def problem(self, problem: Problem) -> Reply:
        """Build the error response for a problem.

        Of the problem's headers, only `Allow` is sent; ReturnLogic does not use `Retry-After`.
        """
        status = problem.status or _STATUSES[problem.kind]
        error = _ERRORS.get(status) or phrase(status)
        body: dict[str, Any] = {"status": status, "error": error, "message": problem.message}
        if problem.fields:
            body["fields"] = [{"field": error.field, "message": error.message} for error in problem.fields]
        return Reply(status, body, tuple(pair for pair in problem.headers if pair[0] == b"allow"))

    def limit_headers(self, verdict: Verdict) -> tuple[tuple[bytes, bytes], ...]:
        return tuple(
            (f"x-ratelimit-{name}-{window.window}".encode(), b"%d" % number)
            for window in verdict.windows
            for name, number in (("limit", window.limit), ("remaining", window.remaining))
        )

    def examples(self, tenant: str) -> Examples:
        return examples(self._store, self._apps, tenant)

    def write_seed(self, change: Change, tenant: str, returns: Iterable[SeedReturn], at: int) -> None:
        write_seed(change, tenant, returns, at)

    def write_shop(self, change: Change, tenant: str, shop: SeedShop, _at: int) -> None:
        write_shop(change, tenant, shop)

    def read_shop(self, tenant: str) -> PresentShop:
        return read_shop(self._store, tenant)

    def insert(self, change: Change, tenant: str, requested: Mapping[str, Any], at: int) -> Mapping[str, Any]:
        """Create the RMA that a shopper requests, and return the `Rma` document.

        Also creates the RMA's order, unless the tenant already has it.
        """
        self._orders.ensure(change, tenant, requested, whole_second(at))
        return self._rmas.create(change, tenant, requested, whole_second(at))

    def move(self, change: Change, tenant: str, id_: str, status: str, at: int) -> Mapping[str, Any]:
        return self._rmas.move(change, tenant, self._rmas.row(tenant, id_), status, whole_second(at))

    def run_step(self, change: Change, step: Step) -> None:
        self._rmas.scan(change, step.tenant, step.subject, step.body["status"], whole_second(step.due))

    def explain_step(self, step: Step) -> str:
        return f'The carrier scans the parcel of RMA {step.subject} as "{step.body["status"]}"'

    def overview(self, row: Row) -> Overview:
        return overview(self._store, self._orders, row)


def vendor(world: World) -> ReturnLogic:
    """Create the request handlers for ReturnLogic; called by `mock_server.vendors.load`."""
    return ReturnLogic(world)


def _tenant(call: Call) -> str:
    return require_grant(call, "An API key is required; none was sent.").tenant
