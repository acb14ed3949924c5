"""Request handlers for the ReturnMate sandbox, one for each operation in `openapi/returnmate.yaml`.

Assumptions about the vendor's API are listed in the specification.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

import orjson

from mock_server.access.grants import Grant
from mock_server.access.ratelimit import Verdict
from mock_server.clock import instant, whole_second
from mock_server.engine.call import Call
from mock_server.engine.problem import FieldError, Problem
from mock_server.engine.reply import Document, Documents, Reply
from mock_server.lifecycle import IllegalMove, UnknownReturn
from mock_server.overview import Overview
from mock_server.pages.label import Label
from mock_server.pages.prefill import Examples
from mock_server.seed import SeedReturn, SeedShop
from mock_server.seed.present import PresentShop
from mock_server.store import EVERYTHING, Change, Filters, Row, Step
from mock_server.switches import Switch
from mock_server.vendors.refusals import STATUSES, not_found, require_grant
from mock_server.vendors.returnmate import reports
from mock_server.vendors.returnmate.examples import examples
from mock_server.vendors.returnmate.facts import LABEL_STATUSES, LIFECYCLE, NAME, PLANS, SCOPES
from mock_server.vendors.returnmate.overview import overview
from mock_server.vendors.returnmate.problems import Problems
from mock_server.vendors.returnmate.returns import Returns
from mock_server.vendors.returnmate.seeding import write_seed, write_shop
from mock_server.vendors.returnmate.shop import read_shop
from mock_server.vendors.returnmate.webhooks import WEBHOOKS
from mock_server.vendors.returnmate.words import PATTERN, tenant_words
from mock_server.world import World

_DAY = 86_400_000_000
_OF_PRODUCT = ("name", "variant")
_CODES = {
    400: "VALIDATION_ERROR",
    401: "AUTHENTICATION_ERROR",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "NOT_FOUND",
    429: "RATE_LIMITED",
    500: "SERVER_ERROR",
}
"""The six error codes on the vendor page, keyed by HTTP status. The page does not list the statuses 405, 413
and 415; the specification describes what is assumed for these."""


class ReturnMate:
    """Implements ReturnMate's API operations for one sandbox."""

    name = NAME
    title = "ReturnMate"
    base_path = "/v1"
    lifecycle = LIFECYCLE
    status_path = ("status",)
    scopes = SCOPES
    plans = PLANS
    switches: tuple[Switch, ...] = ()
    webhooks = WEBHOOKS
    word_pattern = PATTERN

    def __init__(self, world: World) -> None:
        self._store = world.store
        self._clocks = world.clocks
        self._returns = Returns(world.store, world.labels, world.webhooks)
        self.acts = {"report_problem": Problems(world.store, self._returns).act}

    # Returns

    def list_returns(self, call: Call) -> Reply:
        return self._page(call, "return", _filters(call.query))

    def get_return(self, call: Call) -> Reply:
        grant, id_ = _grant(call), call.path["id"]
        document = self._store.document(grant.tenant, NAME, "return", id_)
        if document is None:
            raise not_found("return", id_)
        return _stored(document)

    def create_return(self, call: Call) -> Reply:
        tenant = _grant(call).tenant
        with self._store.change() as change:
            document = self._returns.create(change, tenant, call.body, self._now(tenant))
        return _created(document)

    def update_return(self, call: Call) -> Reply:
        grant, body, row = _grant(call), call.body, self._row(call, "return")
        at = self._now(grant.tenant)
        with self._store.change() as change:
            if "status" in body and body["status"] != row.status:
                try:
                    self._returns.move(change, grant.tenant, row, body["status"], at)
                except IllegalMove as error:
                    raise _refused_move(error) from None
            if "notes" in body:
                row = self._row(call, "return")
                self._returns.add_note(
                    change,
                    grant.tenant,
                    row,
                    content=body["notes"],
                    internal=True,
                    author=_author(grant),
                    at=at,
                )
        return self.get_return(call)

    def add_return_note(self, call: Call) -> Reply:
        grant, body, row = _grant(call), call.body, self._row(call, "return")
        with self._store.change() as change:
            note = self._returns.add_note(
                change,
                grant.tenant,
                row,
                content=body["content"],
                internal=body.get("internal", False),
                author=_author(grant),
                at=self._now(grant.tenant),
            )
        return _created(note)

    # Shipments

    def create_shipping_label(self, call: Call) -> Reply:
        grant, row = _grant(call), self._row(call, "return")
        direction = call.body.get("direction", "return")
        allowed = LABEL_STATUSES[direction]
        if row.status not in allowed:
            message = f"needs a return that is {_either(allowed)}; this one is {row.status}"
            raise Problem(
                "invalid",
                f"A {direction} label {message}.",
                fields=(FieldError("direction", message),),
                details={"current_status": row.status},
            )
        at = self._now(grant.tenant)
        with self._store.change() as change:
            shipment = self._returns.label(change, grant.tenant, row, call.body, at)
        return _created(shipment)

    def list_shipments(self, call: Call) -> Reply:
        return self._page(call, "shipment", EVERYTHING)

    def get_shipment(self, call: Call) -> Reply:
        grant, id_ = _grant(call), call.path["id"]
        document = self._store.document(grant.tenant, NAME, "shipment", id_)
        if document is None:
            raise not_found("shipment", id_)
        return _stored(document)

    def list_tracking_events(self, call: Call) -> Reply:
        row = self._row(call, "shipment")
        scans = self._store.children(row.tenant, NAME, "tracking_event", row.id)
        return Reply(200, {"success": True, "data": Documents(scans)})

    # Customers

    def list_customer_returns(self, call: Call) -> Reply:
        email = self._customer(call)[0]
        return self._page(call, "return", Filters(customer_emails=(email,)))

    def get_customer_stats(self, call: Call) -> Reply:
        tenant = _grant(call).tenant
        email, orders = self._customer(call)
        rows = self._store.rows(tenant, NAME, "return", Filters(customer_emails=(email,)))
        return _computed(reports.customer(rows, orders))

    # Reports

    async def get_returns_report(self, call: Call) -> Reply:
        figures = await self._store.figures(_grant(call).tenant, NAME, "return", reports.of_return)
        days = reports.Days.of(call.query)
        return _computed(reports.returns(figures, days, call.query.get("group_by")))

    async def get_reasons_report(self, call: Call) -> Reply:
        figures = await self._store.figures(_grant(call).tenant, NAME, "return", reports.of_return)
        return _computed(reports.reasons(figures, reports.Days.of(call.query)))

    async def get_carriers_report(self, call: Call) -> Reply:
        figures = await self._store.figures(_grant(call).tenant, NAME, "shipment", reports.of_shipment)
        return _computed(reports.carriers(figures, reports.Days.of(call.query)))

    # The methods of `mock_server.vendors.Vendor`

    def credentials(self, key: str) -> Mapping[str, Mapping[str, str]]:
        return {"fields": {"api_key": key}, "headers": {"Authorization": f"Bearer {key}"}, "query": {}}

    def problem(self, problem: Problem) -> Reply:
        status = problem.status or STATUSES[problem.kind]
        details = dict(problem.details)
        if problem.fields:
            details["fields"] = [{"field": error.field, "message": error.message} for error in problem.fields]
        if "required_scope" in details:
            details["required_permission"] = details.pop("required_scope")
        error = {"code": _CODES.get(status, _CODES[500]), "message": problem.message, "details": details}
        return Reply(status, {"success": False, "error": error}, problem.headers)

    def limit_headers(self, verdict: Verdict) -> tuple[tuple[bytes, bytes], ...]:
        return (
            (b"x-ratelimit-limit", b"%d" % verdict.limit),
            (b"x-ratelimit-remaining", b"%d" % verdict.remaining),
            (b"x-ratelimit-reset", b"%d" % verdict.reset),
        )

    def examples(self, tenant: str) -> Examples:
        return examples(self._store, tenant)

    def label(self, shipment: Mapping[str, Any]) -> Label:
        return Label(
            carrier=shipment["carrier"],
            service=shipment["service"],
            direction=shipment["direction"],
            tracking_number=shipment["tracking_number"],
            reference=shipment["id"],
        )

    def write_seed(self, change: Change, tenant: str, returns: Iterable[SeedReturn], at: int) -> None:
        write_seed(change, tenant, returns, self._returns.label_urls(tenant), at)

    def write_shop(self, change: Change, tenant: str, shop: SeedShop, at: int) -> None:
        write_shop(change, tenant, shop, at)

    async def reported(self, tenant: str) -> Mapping[str, Any]:
        sums = partial(self._store.figures, tenant, NAME, kept=False)
        figures = dict(await sums(kind="return", facts=reports.of_return))
        figures = {name: number for name, number in figures.items() if name[0] != "refunded"}
        return reports.returns(
            figures | dict(await sums(kind="refund", facts=reports.of_refund)), reports.Days()
        )

    def expected_report(
        self, statuses: Mapping[str, str], refunds: Mapping[str, Decimal]
    ) -> Mapping[str, Any]:
        return reports.expected(statuses.values(), refunds.values())

    def tenant_words(self, tenant: str) -> Callable[[str], list[str]]:
        return tenant_words(self._store, tenant, self._returns.labels)

    def read_shop(self, tenant: str) -> PresentShop:
        return read_shop(self._store, tenant)

    def insert(self, change: Change, tenant: str, requested: Mapping[str, Any], at: int) -> Mapping[str, Any]:
        # The account has its own products, whose names contain the size.
        items = [{key: item[key] for key in item if key not in _OF_PRODUCT} for item in requested["items"]]
        return self._returns.create(change, tenant, {**requested, "items": items}, whole_second(at))

    def move(self, change: Change, tenant: str, id_: str, status: str, at: int) -> Mapping[str, Any]:
        row = self._store.row(tenant, NAME, "return", id_)
        if row is None:
            raise UnknownReturn(id_)
        return self._returns.move(change, tenant, row, status, whole_second(at))

    def run_step(self, change: Change, step: Step) -> None:
        scan, description = step.body["scan"], step.body["description"]
        self._returns.scan(change, step.tenant, step.subject, scan, description, whole_second(step.due))

    def explain_step(self, step: Step) -> str:
        return f'The carrier scans shipment {step.subject} as "{step.body["scan"]}"'

    def overview(self, row: Row) -> Overview:
        return overview(row)

    # Helpers

    def _now(self, tenant: str) -> int:
        return whole_second(self._clocks.now(tenant))

    def _row(self, call: Call, kind: str) -> Row:
        row = self._store.row(_grant(call).tenant, NAME, kind, call.path["id"])
        if row is None:
            raise not_found(kind, call.path["id"])
        return row

    def _customer(self, call: Call) -> tuple[str, int]:
        """Look up the e-mail address and the number of orders of the customer in the path.

        Raises `Problem` for an unknown customer.
        """
        email = call.path["email"].lower()
        customer = self._store.document(_grant(call).tenant, NAME, "customer", email)
        if customer is None:
            raise Problem("not_found", "No customer has this e-mail address.")
        return email, orjson.loads(customer)["orders"]

    def _page(self, call: Call, kind: str, filters: Filters) -> Reply:
        query = call.query
        page, per_page = query["page"], query["per_page"]
        rows, total = self._store.page(
            _grant(call).tenant,
            NAME,
            kind,
            filters,
            order=query["sort"],
            descending=query["order"] == "desc",
            limit=per_page,
            offset=(page - 1) * per_page,
        )
        meta = {"page": page, "per_page": per_page, "total": total, "total_pages": -(-total // per_page)}
        return Reply(200, {"success": True, "data": Documents(rows), "meta": meta})


def vendor(world: World) -> ReturnMate:
    """Create the request handlers for ReturnMate; called by `mock_server.vendors.load`."""
    return ReturnMate(world)


def _grant(call: Call) -> Grant:
    return require_grant(call, "The API key is missing or not valid.")


def _stored(document: bytes) -> Reply:
    return Reply(200, {"success": True, "data": Document(document)})


def _created(document: Mapping[str, Any]) -> Reply:
    return Reply(201, {"success": True, "data": document})


def _computed(figures: Mapping[str, Any]) -> Reply:
    return Reply(200, {"success": True, "data": figures})


def _author(grant: Grant) -> str:
    return f'API key "{grant.key}"'


def _refused_move(error: IllegalMove) -> Problem:
    possible = f"it can become {_either(error.allowed)}" if error.allowed else "it is final"
    return Problem(
        "invalid",
        f"A {error.current} return cannot become {error.wanted}; {possible}.",
        fields=(FieldError("status", f"cannot change from {error.current} to {error.wanted}"),),
        details={
            "current_status": error.current,
            "requested_status": error.wanted,
            "allowed_statuses": list(error.allowed),
        },
    )


def _either(words: Iterable[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def _values(query: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Collect a filter's values from a query.

    The query can contain a single value (as `name`), a list of values (as `name[]`), or both.
    """
    single = (query[name],) if name in query else ()
    return (*single, *query.get(f"{name}[]", ()))


def _filters(query: Mapping[str, Any]) -> Filters:
    after = [instant(text) for text in _values(query, "created_after")]
    before = [instant(text) for text in _values(query, "created_before")]
    return Filters(
        statuses=_values(query, "status"),
        created_from=min(after) if after else None,
        created_before=max(before) if before else None,
        customer_emails=_values(query, "customer_email"),
        order_numbers=_values(query, "order_number"),
    )
