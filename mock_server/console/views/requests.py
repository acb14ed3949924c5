"""Requests: what clients sent to the vendors' APIs, the responses, and the reasons for refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from flask import Blueprint, request

from mock_server.console.shell import api, apis, control, done, page
from mock_server.console.snippets import as_curl
from mock_server.console.words import segment
from mock_server.pages import curl

if TYPE_CHECKING:
    from collections.abc import Mapping

requests: Final = Blueprint("requests", __name__)
_NEWEST: Final = 100
_FILTERS: Final = ("text", "vendor", "method", "status", "operation", "fault")
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_STATUSES: Final = (("2xx", "2xx success"), ("4xx", "4xx refused"), ("5xx", "5xx failed"))
_OWN: Final = "own"


@requests.get("/console/<tenant>/requests")
def every(tenant: str) -> Any:
    listed = _listed(tenant)
    return page(
        "requests.html",
        tenant,
        here="requests",
        **listed,
        example="" if listed["listed"] or listed["chosen"] else _example(tenant),
        vendors=[(name, entry.title) for name, entry in apis().items()],
        methods=[(method, method) for method in _METHODS],
        statuses=_STATUSES,
        newest=_NEWEST,
    )


@requests.get("/console/<tenant>/requests/<int:number>")
def show(tenant: str, number: int) -> Any:
    found = api().get("tenants", tenant, "requests", str(number))
    credentials = api().get("tenants", tenant, "credentials")["vendors"].get(found["vendor"], {})
    return page(
        "request.html",
        tenant,
        here="requests",
        **_listed(tenant),
        found=found,
        command=as_curl(found, credentials, control().url.removesuffix(control().path)),
        place=_place(found["vendor"], found["operation"]),
        nearest=_place(found["vendor"], (found["nearest"] or {}).get("operation")),
    )


@requests.post("/console/<tenant>/requests/delete")
def delete(tenant: str) -> Any:
    api().send("DELETE", "tenants", tenant, "requests")
    return done("The recorded requests were deleted.", f"/console/{segment(tenant)}/requests")


def _example(tenant: str) -> str:
    """Return a curl command for a first request to one of the tenant's APIs."""
    name, found = next(iter(api().get("tenants", tenant, "credentials")["vendors"].items()))
    return curl.command(apis()[name].document, found["base_url"], found["headers"], found["query"])


def _listed(tenant: str) -> dict[str, Any]:
    """Return the newest requests that match the filters in the query string, and the filters."""
    chosen = {name: value for name in _FILTERS if (value := request.args.get(name, "").strip())}
    whose = request.args.get("keys", "")
    query = {**chosen, "limit": _NEWEST, "without_tenant": None if whose == _OWN else "true"}
    found = api().get("tenants", tenant, "requests", **query)["requests"]
    shown = {**chosen, **({"keys": whose} if whose else {})}
    return {"listed": found, "chosen": shown, "query": f"?{urlencode(shown)}" if shown else ""}


def _place(vendor: str | None, operation: str | None) -> str:
    """Return the URL path and fragment that open an operation in Swagger UI, or "" if it is unknown."""
    entry = apis().get(vendor or "")
    if entry is None or not operation:
        return ""
    found = (one for path in entry.document["paths"].values() for one in _operations(path))
    tags = next((one.get("tags", ["default"]) for one in found if one["operationId"] == operation), None)
    return f"{entry.path}/ui/#/{segment(tags[0])}/{segment(operation)}" if tags else ""


def _operations(path: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for one in path.values() if isinstance(one, dict) and "operationId" in one]
