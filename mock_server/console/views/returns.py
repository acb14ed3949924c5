"""Returns: the list with search and filters, one return with its history, and a form to create a return."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from flask import Blueprint, request

from mock_server.console.api import ApiError
from mock_server.console.history import history
from mock_server.console.shell import api, apis, control, done, page
from mock_server.console.words import segment, words

if TYPE_CHECKING:
    from collections.abc import Mapping

returns: Final = Blueprint("returns", __name__)
_PAGE: Final = 50
_FILTERS: Final = ("search", "vendor", "state", "since")
_EVENTS: Final = 1_000
_REASONS: Final = ("changed_mind", "wrong_size", "wrong_item", "damaged", "defective", "not_as_described")


@returns.get("/console/<tenant>/returns")
def every(tenant: str) -> Any:
    return page(
        "returns.html", tenant, here=_here(_chosen()), **_listed(tenant), vendors=_vendors(), states=_states()
    )


@returns.get("/console/<tenant>/returns/<vendor>/<id_>")
@returns.get("/console/<tenant>/returns/<vendor>/<id_>/<any(timeline, raw):tab>")
def show(tenant: str, vendor: str, id_: str, tab: str = "overview") -> Any:
    client = api()
    found = client.get("tenants", tenant, "returns", vendor, id_)
    entries = history(client, tenant, found) if tab != "raw" else []
    return page(
        "return.html",
        tenant,
        here=_here(_chosen()),
        **_listed(tenant),
        found=found,
        tab=tab,
        entries=entries,
    )


@returns.post("/console/<tenant>/returns/<vendor>/<id_>/move")
def move(tenant: str, vendor: str, id_: str) -> Any:
    body = {"vendor": vendor, "status": request.form.get("status", "")}
    api().send("POST", "tenants", tenant, "returns", id_, "move", body=body)
    location = f"/console/{segment(tenant)}/returns/{segment(vendor)}/{segment(id_)}"
    return done(f"The return is now {body['status']}.", location)


@returns.get("/console/<tenant>/returns/new")
def new(tenant: str) -> Any:
    return _form(tenant, {})


@returns.post("/console/<tenant>/returns/new")
def create(tenant: str) -> Any:
    given = {name: value.strip() for name, value in request.form.items()}
    item = {"sku": given.get("sku", ""), "quantity": _whole(given.get("quantity", "1"))}
    body: dict[str, Any] = {
        "vendor": given.get("vendor", ""),
        "order_number": given.get("order_number", ""),
        "customer_email": given.get("customer_email", ""),
        "items": [{**item, "reason": given.get("reason", "")}],
    }
    if given.get("customer_name"):
        body["customer_name"] = given["customer_name"]
    try:
        made = api().send("POST", "tenants", tenant, "returns", body=body)
    except ApiError as error:
        return _form(tenant, given, str(error)), error.status
    location = f"/console/{segment(tenant)}/returns/{segment(made['vendor'])}/{segment(made['id'])}"
    return done("The return was created.", location)


def _form(tenant: str, given: Mapping[str, str], error: str = "") -> str:
    reasons = [(reason, words(reason)) for reason in _REASONS]
    return page(
        "return_new.html",
        tenant,
        here="returns",
        given=given,
        error=error,
        vendors=_vendors(),
        reasons=reasons,
    )


def _listed(tenant: str) -> dict[str, Any]:
    """Return the requested page of the list, its filters, and the links to the pages before and after it."""
    chosen = _chosen()
    number = max(1, request.args.get("page", 1, type=int))
    found = api().get("tenants", tenant, "returns", page=number, limit=_PAGE, **chosen)
    if number > found["pages"] > 0:  # the list became shorter, or the address was typed
        number = found["pages"]
        found = api().get("tenants", tenant, "returns", page=number, limit=_PAGE, **chosen)
    path = f"/console/{segment(tenant)}/returns"

    def address(to: int) -> str:
        return f"{path}?{urlencode({**chosen, 'page': to})}"

    query = urlencode({**chosen, **({"page": number} if number > 1 else {})})
    return {
        "listed": found,
        "chosen": chosen,
        "query": f"?{query}" if query else "",
        "newer": address(number - 1) if number > 1 else "",
        "older": address(number + 1) if number < found["pages"] else "",
    }


def _chosen() -> dict[str, str]:
    return {name: value for name in _FILTERS if (value := request.args.get(name, "").strip())}


def _here(chosen: Mapping[str, str]) -> str:
    return f"returns {chosen['vendor']}" if "vendor" in chosen else "returns"


def _vendors() -> list[tuple[str, str]]:
    return [(name, entry.title) for name, entry in apis().items()]


def _states() -> list[tuple[str, str]]:
    known = control().document["components"]["schemas"]["ReturnState"]["enum"]
    return [(state, words(state)) for state in known]


def _whole(text: str) -> Any:
    """Convert digits to an integer; return other text unchanged, so that the control plane rejects it."""
    return int(text) if text.isdecimal() else text
