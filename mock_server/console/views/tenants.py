"""Tenants: lists, creates, resets and deletes tenants."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, redirect, request

from mock_server.console.api import ApiError
from mock_server.console.shell import DEMO, api, done, page
from mock_server.console.words import plural, segment

tenants: Final = Blueprint("tenants", __name__)


@tenants.get("/console")
def every() -> Any:
    return _page({})


@tenants.post("/console")
def create() -> Any:
    given = request.form
    body: dict[str, Any] = {"name": given.get("name", "").strip()}
    if given.get("seed_size", "").strip().isdigit():
        body["seed_size"] = int(given["seed_size"])
    if given.get("first_moment", "").strip():
        body["first_moment"] = given["first_moment"].strip()
    if given.get("frozen"):
        body["frozen"] = True
    try:
        made = api().send("POST", "tenants", body=body)
    except ApiError as error:
        return _page(given, str(error)), error.status
    count = sum(made["returns"].values())
    return done(f"{made['name']} was created with {plural(count, 'return')}.", f"/console/{made['name']}")


@tenants.get("/console/go")
def go() -> Any:
    """Redirect to the page of the tenant that was selected in the header's menu."""
    return redirect(f"/console/{segment(request.args.get('tenant') or DEMO)}", 303)


@tenants.get("/console/<tenant>/tenant")
def show(tenant: str) -> Any:
    """Show a tenant's snapshots, and buttons that reset or delete the tenant."""
    newest = api().get("tenants", tenant, "ledger", last=1)["events"]
    events = newest[0]["sequence"] if newest else 0
    taken = api().get("tenants", tenant, "snapshots")["snapshots"]
    return page("tenant.html", tenant, here="tenant", events=events, snapshots=taken)


@tenants.post("/console/<tenant>/reset")
def reset(tenant: str) -> Any:
    found = api().send("POST", "tenants", tenant, "reset")
    count = sum(found["returns"].values())
    return done(f"{tenant} was reset to {plural(count, 'generated return')}.", f"/console/{segment(tenant)}")


@tenants.post("/console/<tenant>/delete")
def delete(tenant: str) -> Any:
    api().send("DELETE", "tenants", tenant)
    return done(f"{tenant} and all its data were deleted.", "/console")


def _page(given: Any, error: str = "") -> str:
    wanted = request.args.get("search", "").strip().lower()
    found = [one for one in api().get("tenants")["tenants"] if wanted in one["name"]]
    return page("tenants.html", here="tenants", tenants=found, search=wanted, given=given, error=error)
