"""Request handlers for the Exsited sandbox, one for each operation in `openapi/exsited.yaml`.

Assumptions about the vendor's API are listed in the specification.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

import orjson

from mock_server.access.ratelimit import Verdict
from mock_server.clock import whole_second
from mock_server.engine.call import Call
from mock_server.engine.problem import Problem
from mock_server.engine.reply import Document, Documents, File, Reply
from mock_server.lifecycle import UnknownReturn
from mock_server.overview import Overview
from mock_server.pages.prefill import Examples
from mock_server.seed import SeedReturn, SeedShop
from mock_server.seed.present import PresentShop
from mock_server.store import Change, Filters, Row, Step
from mock_server.switches import Switch
from mock_server.vendors.exsited.documents import JSON
from mock_server.vendors.exsited.examples import examples
from mock_server.vendors.exsited.facts import CLERK, LIFECYCLE, NAME, PLANS, TOKEN_SECONDS
from mock_server.vendors.exsited.login import Login
from mock_server.vendors.exsited.overview import overview
from mock_server.vendors.exsited.paging import pagination, slice_of
from mock_server.vendors.exsited.returns import Returns
from mock_server.vendors.exsited.seeding import SeedWriter, write_shop
from mock_server.vendors.exsited.shop import read_shop
from mock_server.vendors.refusals import STATUSES, not_found, require_grant
from mock_server.world import World


class Exsited:
    """Implements Exsited's API operations for one sandbox. API versions 2 and 3 return the same documents."""

    name = NAME
    title = "Exsited"
    base_path = ""
    lifecycle = LIFECYCLE
    status_path = ("customer_return_status",)
    scopes: tuple[str, ...] = ()
    plans = PLANS
    switches: tuple[Switch, ...] = ()
    token_seconds = TOKEN_SECONDS

    def __init__(self, world: World) -> None:
        self._store = world.store
        self._clocks = world.clocks
        self._root = world.settings.path_of(NAME, self.base_path)
        self._login = Login(world.keys, world.tokens)
        self._returns = Returns(world.store)
        self._renderer = world.renderer

    def create_token(self, call: Call) -> Reply:
        return Reply(200, self._login.token(call.body))

    def list_returns(self, call: Call) -> Reply:
        rows, page = self._page(call, "return", "/return-merchandise-authorisations")
        return Reply(200, {"return_merchandise_authorisations": Documents(rows), "pagination": page})

    def get_return(self, call: Call) -> Reply:
        row = self._returns.row(_tenant(call), "return", call.path["rma_id"])
        return Reply(200, {"return_merchandise_authorisation": Document(row.document)})

    def list_invoice_returns(self, call: Call) -> Reply:
        invoice = self._returns.row(_tenant(call), "invoice", call.path["invoice_id"]).id
        path = f"/invoices/{invoice}/return-merchandise-authorisations"
        rows, page = self._page(call, "return", path, Filters(parent=invoice))
        invoice_returns = {"return_merchandise_authorisations": _parsed(rows), "pagination": page}
        return Reply(200, {"invoice": invoice_returns})

    def create_return(self, call: Call) -> Reply:
        tenant, invoice = _tenant(call), call.path["invoice_id"]
        requested = call.body["return_merchandise_authorisations"]
        with self._store.change() as change:
            document = self._returns.create(change, tenant, invoice, requested, self._now(tenant))
        return Reply(201, {"invoice": {"return_merchandise_authorisation": document}})

    def get_invoice_return(self, call: Call) -> Reply:
        document = orjson.loads(self._invoice_return(call).document)
        return Reply(200, {"invoice": {"return_merchandise_authorisation": document}})

    def list_receipts(self, call: Call) -> Reply:
        owner = self._invoice_return(call)
        path = f"/invoices/{owner.parent}/return-merchandise-authorisations/{owner.id}/receive"
        rows, page = self._page(call, "receipt", path, Filters(parent=owner.id))
        return Reply(200, {"receive_return_merchandise_authorisations": Documents(rows), "pagination": page})

    def receive_return(self, call: Call) -> Reply:
        tenant, row = _tenant(call), self._invoice_return(call)
        requested = call.body["receive_return_merchandise_authorisations"]["receive_returns"]
        with self._store.change() as change:
            document = self._returns.receive(change, tenant, row, requested, self._now(tenant))
        return Reply(200, {"return_merchandise_authorisation": document})

    def get_receipt(self, call: Call) -> Reply:
        owner = self._invoice_return(call)
        row = self._returns.row(_tenant(call), "receipt", call.path["receipt_id"])
        if row.parent != owner.id:
            raise Problem("not_found", f"{owner.id} has no receipt with the id {row.id}.")
        return Reply(200, {"receive_return_merchandise_authorisation": Document(row.document)})

    def list_invoices(self, call: Call) -> Reply:
        rows, page = self._page(call, "invoice", "/invoices")
        return Reply(200, {"invoices": Documents(rows), "pagination": page})

    def get_invoice(self, call: Call) -> Reply:
        row = self._returns.row(_tenant(call), "invoice", call.path["invoice_id"])
        return Reply(200, {"invoice": Document(row.document)})

    def get_invoice_information(self, call: Call) -> Reply:
        return self.get_invoice(call)

    async def get_invoice_pdf(self, call: Call) -> Reply:
        row = self._returns.row(_tenant(call), "invoice", call.path["invoice_id"])
        content = await self._renderer.draw(partial(_draw_invoice, orjson.loads(row.document)))
        return Reply(200, File("application/pdf", content))

    def list_order_invoices(self, call: Call) -> Reply:
        order = call.path["order_id"]
        rows, page = self._page(call, "invoice", f"/orders/{order}/invoices", Filters(order_numbers=(order,)))
        if not page["records"]:
            raise not_found("order", order)
        return Reply(200, {"order": {"invoices": _parsed(rows), "pagination": page}})

    def list_account_invoices(self, call: Call) -> Reply:
        account = call.path["account_id"]
        rows, page = self._page(call, "invoice", f"/accounts/{account}/invoices", Filters(parent=account))
        if not page["records"]:
            raise not_found("account", account)
        return Reply(200, {"account": {"invoices": _parsed(rows), "pagination": page}})

    # Version 2

    def list_returns_v2(self, call: Call) -> Reply:
        return self.list_returns(call)

    def get_return_v2(self, call: Call) -> Reply:
        return self.get_return(call)

    def list_invoice_returns_v2(self, call: Call) -> Reply:
        return self.list_invoice_returns(call)

    def create_return_v2(self, call: Call) -> Reply:
        return self.create_return(call)

    def get_invoice_return_v2(self, call: Call) -> Reply:
        return self.get_invoice_return(call)

    def list_receipts_v2(self, call: Call) -> Reply:
        return self.list_receipts(call)

    def receive_return_v2(self, call: Call) -> Reply:
        return self.receive_return(call)

    def get_receipt_v2(self, call: Call) -> Reply:
        return self.get_receipt(call)

    def list_order_invoices_v2(self, call: Call) -> Reply:
        return self.list_order_invoices(call)

    def list_invoices_v2(self, call: Call) -> Reply:
        return self.list_invoices(call)

    def get_invoice_v2(self, call: Call) -> Reply:
        return self.get_invoice(call)

    def list_account_invoices_v2(self, call: Call) -> Reply:
        return self.list_account_invoices(call)

    def get_invoice_information_v3(self, call: Call) -> Reply:
        return self.get_invoice(call)

    # The methods of `mock_server.vendors.Vendor`

    def credentials(self, key: str) -> Mapping[str, Mapping[str, str]]:
        return self._login.credentials(key)

    def problem(self, problem: Problem) -> Reply:
        status = problem.status or STATUSES[problem.kind]
        messages = [f"{error.field} {error.message}." for error in problem.fields] or [problem.message]
        errors = [{"code": str(status), "message": message} for message in messages]
        return Reply(status, {"errors": errors}, problem.headers)

    def limit_headers(self, verdict: Verdict) -> tuple[tuple[bytes, bytes], ...]:  # noqa: ARG002 - none are documented
        return ()

    def examples(self, tenant: str) -> Examples:
        return examples(self._store, tenant, self._login.example_request(tenant))

    def write_seed(self, change: Change, tenant: str, returns: Iterable[SeedReturn], at: int) -> None:
        SeedWriter(change, self._store, tenant, at).write_seed(returns)

    def write_shop(self, change: Change, tenant: str, shop: SeedShop, _at: int) -> None:
        write_shop(change, tenant, shop)

    def read_shop(self, tenant: str) -> PresentShop:
        return read_shop(self._store, tenant)

    def insert(self, change: Change, tenant: str, requested: Mapping[str, Any], at: int) -> Mapping[str, Any]:
        return self._returns.insert(change, tenant, requested, whole_second(at))

    def move(self, change: Change, tenant: str, id_: str, status: str, at: int) -> Mapping[str, Any]:
        row = self._store.row(tenant, NAME, "return", id_)
        if row is None:
            raise UnknownReturn(id_[:80])
        return self._returns.move(change, tenant, row, status, CLERK, whole_second(at))

    def run_step(self, change: Change, step: Step) -> None:
        self._returns.arrive(change, step.tenant, step.subject, whole_second(step.due))

    def explain_step(self, step: Step) -> str:
        return f"The parcel of return {step.subject} arrives"

    def overview(self, row: Row) -> Overview:
        return overview(self._store, row)

    # Helpers

    def _page(
        self, call: Call, kind: str, path: str, filters: Filters | None = None
    ) -> tuple[list[bytes], JSON]:
        part = slice_of(call.query)
        rows, total = self._store.page(
            _tenant(call),
            NAME,
            kind,
            filters or Filters(),
            order=part.order,
            descending=part.descending,
            limit=part.limit,
            offset=part.offset,
        )
        version = "v2" if call.operation_id.endswith("_v2") else "v3"
        return rows, pagination(
            part, total, f"{call.base_url}{self._root}/api/{version}{quote(path)}", call.query
        )

    def _invoice_return(self, call: Call) -> Row:
        """Look up a return by the invoice ID and return ID in the path.

        Raises `Problem` if either ID is unknown, or if the return belongs to another invoice.
        """
        tenant = _tenant(call)
        invoice = self._returns.row(tenant, "invoice", call.path["invoice_id"])
        row = self._returns.row(tenant, "return", call.path["rma_id"])
        if row.parent != invoice.id:
            raise Problem("not_found", f"{invoice.id} has no return with the id {row.id}.")
        return row

    def _now(self, tenant: str) -> int:
        return whole_second(self._clocks.now(tenant))


def vendor(world: World) -> Exsited:
    """Create the request handlers for Exsited; called by `mock_server.vendors.load`."""
    return Exsited(world)


def _tenant(call: Call) -> str:
    return require_grant(call, "An access token is required.").tenant


def _draw_invoice(invoice: JSON) -> bytes:
    from mock_server.vendors.exsited.invoice_pdf import render  # reportlab takes 0.3 s to import

    return render(invoice)


def _parsed(rows: list[bytes]) -> list[JSON]:
    return [orjson.loads(row) for row in rows]
