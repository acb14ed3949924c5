"""Webhooks: the subscriptions, and the deliveries with their attempts and the receivers' responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from flask import Blueprint, request

from mock_server.console.api import ApiError
from mock_server.console.shell import api, apis, back, done, failed, page
from mock_server.console.verification import signature_of
from mock_server.console.words import plural, segment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.wrappers import Response

webhooks: Final = Blueprint("webhooks", __name__)
_NEWEST: Final = 100
_FILTERS: Final = ("state", "vendor", "webhook", "event")
_STATES: Final = (("waiting", "Waiting"), ("delivered", "Delivered"), ("given_up", "Given up"))


@webhooks.get("/console/<tenant>/webhooks")
def every(tenant: str) -> Any:
    return _page(tenant, {})


@webhooks.post("/console/<tenant>/webhooks")
def add(tenant: str) -> Any:
    """Add a webhook; the next page shows its secret once."""
    given = {name: value.strip() for name, value in request.form.items()}
    body: dict[str, Any] = {"vendor": given.get("vendor", ""), "url": given.get("url", "")}
    if events := given.get("events", "").replace(",", " ").split():
        body["events"] = events
    try:
        made = api().send("POST", "tenants", tenant, "webhooks", body=body)
    except ApiError as error:
        return _page(tenant, given, str(error)), error.status
    secret = f" Its secret, shown only once: {made['secret']}" if made["secret"] else ""
    return done(f"The webhook {made['id']} was added.{secret}", _path(tenant))


@webhooks.post("/console/<tenant>/webhooks/<webhook>/<any(pause, resume, delete, test):action>")
def change(tenant: str, webhook: str, action: str) -> Any:
    own = ("tenants", tenant, "webhooks", webhook)
    if action == "test":
        sent = api().send("POST", *own, "test", body={})
        return done(f"A test event {sent['event']} is being sent.", _path(tenant, str(sent["id"])))
    if action == "delete":
        api().send("DELETE", *own)
        return done(f"The webhook {webhook} was deleted.", _path(tenant))
    api().send("PATCH", *own, body={"active": action == "resume"})
    return done(f"The webhook {webhook} was {action}d.", _path(tenant))


@webhooks.get("/console/<tenant>/webhooks/deliveries/<int:number>")
def show(tenant: str, number: int) -> Any:
    found = api().get("tenants", tenant, "deliveries", str(number))
    signature = signature_of(apis()[found["vendor"]].document, found["event"])
    return page("delivery.html", tenant, here="webhooks", **_listed(tenant), found=found, signature=signature)


@webhooks.post("/console/<tenant>/webhooks/deliveries/<int:number>/resend")
def resend(tenant: str, number: int) -> Any:
    api().send("POST", "tenants", tenant, "deliveries", str(number), "resend")
    return done(f"Delivery {number} is being sent again.", back())


@webhooks.post("/console/<tenant>/webhooks/deliveries/resend")
def resend_failed(tenant: str) -> Response:
    """Resend all deliveries that were not delivered, except those whose webhook is paused or deleted."""
    found = api().send("POST", "tenants", tenant, "deliveries", "resend", body={})
    sent, skipped = (plural(len(found[name]), "delivery", "deliveries") for name in ("resent", "skipped"))
    if found["skipped"]:
        failed(f"{skipped} cannot be sent again, because the webhook is paused or deleted.")
    return done(f"Sending {sent} again.", _path(tenant))


def _page(tenant: str, given: Mapping[str, str], error: str = "") -> str:
    return page(
        "webhooks.html",
        tenant,
        here="webhooks",
        **_listed(tenant),
        webhooks=api().get("tenants", tenant, "webhooks")["webhooks"],
        vendors=[(name, entry.title) for name, entry in apis().items()],
        senders=[(name, entry.title) for name, entry in apis().items() if _takes_receivers(entry.document)],
        events=sorted({event for entry in apis().values() for event in entry.document.get("x-webhooks", ())}),
        states=_STATES,
        given=given,
        error=error,
    )


def _listed(tenant: str) -> dict[str, Any]:
    """Return the newest deliveries that match the filters in the query string, and the filters."""
    chosen = {name: value for name in _FILTERS if (value := request.args.get(name, "").strip())}
    found = api().get("tenants", tenant, "deliveries", last=_NEWEST, **chosen)["deliveries"]
    query = f"?{urlencode(chosen)}" if chosen else ""
    return {"listed": found[::-1], "chosen": chosen, "query": query, "newest": _NEWEST}


def _takes_receivers(document: Mapping[str, Any]) -> bool:
    """Return True if the vendor sends webhooks, but its API has no operation to register them.

    For such a vendor, webhooks can be added only in the console or with the control plane.
    """
    own = any("webhook" in path and "post" in item for path, item in document["paths"].items())
    return "x-webhooks" in document and not own


def _path(tenant: str, delivery: str = "") -> str:
    path = f"/console/{segment(tenant)}/webhooks"
    return f"{path}/deliveries/{delivery}" if delivery else path
