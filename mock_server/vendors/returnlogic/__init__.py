"""ReturnLogic, as its reference describes it (`openapi/returnlogic.yaml` lists what is assumed)."""

from collections.abc import Iterable, Mapping
from typing import Any

from mock_server.access.grants import Grant
from mock_server.access.ratelimit import Verdict
from mock_server.clock import whole_second
from mock_server.engine.call import Call
from mock_server.engine.problem import Problem
from mock_server.engine.reply import Document, Documents, Reply
from mock_server.pages.prefill import Examples
from mock_server.seed import SeedReturn
from mock_server.store import Change, Step
from mock_server.vendors.returnlogic.apps import PublicApps
from mock_server.vendors.returnlogic.examples import examples
from mock_server.vendors.returnlogic.facts import LIFECYCLE, MAINTENANCE, NAME, PLANS
from mock_server.vendors.returnlogic.orders import Orders, filters
from mock_server.vendors.returnlogic.rmas import Rmas
from mock_server.vendors.returnlogic.seeding import write_seed
from mock_server.world import World

_NAMES = {
    "unauthenticated": (401, "Unauthorized"),
    "forbidden": (401, "Unauthorized"),
    "not_found": (404, "Not Found"),
    "method_not_allowed": (405, "Method Not Allowed"),
    "invalid": (400, "Bad Request"),
    "too_large": (400, "Bad Request"),
    "unsupported_media_type": (400, "Bad Request"),
    "rate_limited": (429, "Rate Limit Exceeded"),
    "unavailable": (503, "Down For Maintenance"),
    "server_error": (500, "Internal Server Error"),
}
"""Vendor page, "Error Codes"; what is not listed there is assumed."""


class ReturnLogic:
    """Handlers of the operations, over one world."""

    name = NAME
    title = "ReturnLogic"
    base_path = "/v1"
    lifecycle = LIFECYCLE
    scopes: tuple[str, ...] = ()
    plans = PLANS
    switches = (MAINTENANCE,)

    def __init__(self, world: World) -> None:
        self._store = world.store
        self._apps = PublicApps(world.tokens, world.keys, world.switches)
        self.acts = {"install_app": self._apps.installing}
        self._clocks = world.clocks
        self._orders = Orders(world.store)
        self._rmas = Rmas(world.store, self._orders)

    def list_orders(self, call: Call) -> Reply:
        return Reply(200, Documents(self._orders.page(_grant(call).tenant, call.query)))

    def create_order(self, call: Call) -> Reply:
        tenant = _grant(call).tenant
        at = whole_second(self._clocks.now(tenant))
        with self._store.change() as change:
            return Reply(201, self._orders.create(change, tenant, call.body, at))

    def list_rmas(self, call: Call) -> Reply:
        query = call.query
        found, _ = self._store.page(
            _grant(call).tenant, NAME, "return", filters(query), limit=query["limit"], offset=query["skip"]
        )
        return Reply(200, Documents(found))

    def get_rma(self, call: Call) -> Reply:
        id_ = call.path["rlRmaId"]
        document = self._store.document(_grant(call).tenant, NAME, "return", id_)
        if document is None:
            raise Problem("not_found", f"No RMA has the id {id_[:80]}.")
        return Reply(200, Document(document))

    def request_tokens(self, call: Call) -> Reply:
        return self._apps.request_tokens(call.body)

    # What the sandbox asks of a vendor

    def credentials(self, key: str) -> Mapping[str, Mapping[str, str]]:
        return {"fields": {"api_key": key}, "headers": {"Authorization": f"Bearer {key}"}, "query": {}}

    def problem(self, problem: Problem) -> Reply:
        """Render a refusal; only `Allow` goes with it: no header says when to come back."""
        status, name = _NAMES[problem.kind]
        body: dict[str, Any] = {"status": status, "error": name, "message": problem.message}
        if problem.fields:
            body["fields"] = [{"field": one.field, "message": one.message} for one in problem.fields]
        return Reply(status, body, tuple(pair for pair in problem.headers if pair[0] == b"allow"))

    def limit_headers(self, verdict: Verdict) -> tuple[tuple[bytes, bytes], ...]:
        return tuple(
            (f"x-ratelimit-{said}-{one.window}".encode(), b"%d" % number)
            for one in verdict.windows
            for said, number in (("limit", one.limit), ("remaining", one.remaining))
        )

    def examples(self, tenant: str) -> Examples:
        return examples(self._store, self._apps, tenant)

    def write_seed(self, change: Change, tenant: str, returns: Iterable[SeedReturn], at: int) -> None:
        write_seed(change, tenant, returns, at)

    def insert(self, change: Change, tenant: str, requested: Mapping[str, Any], at: int) -> Mapping[str, Any]:
        """A shopper asks for an RMA; an order that is not known yet is taken in from the shop."""
        self._orders.take_in(change, tenant, requested, whole_second(at))
        return self._rmas.create(change, tenant, requested, whole_second(at))

    def move(self, change: Change, tenant: str, id_: str, status: str, at: int) -> Mapping[str, Any]:
        return self._rmas.move(change, tenant, self._rmas.row(tenant, id_), status, whole_second(at))

    def run_step(self, change: Change, step: Step) -> None:
        self._rmas.scan(change, step.tenant, step.subject, step.body["status"], whole_second(step.due))


def vendor(world: World) -> ReturnLogic:
    """ReturnLogic over a world; what `mock_server.vendors.load` calls."""
    return ReturnLogic(world)


def _grant(call: Call) -> Grant:
    if call.grant is None:
        raise Problem("unauthenticated", "An API key is required; none was sent.")
    return call.grant
