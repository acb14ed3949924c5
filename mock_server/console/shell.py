"""Parts that all pages of the console share: the tenant and its clock, the navigation, and notices."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from flask import current_app, redirect, render_template, request, session

from mock_server.console.snippets import control_curl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.wrappers import Response

    from mock_server.console.api import Api, ApiCall
    from mock_server.console.sessions import Sessions
    from mock_server.pages.documents import Entry

DEMO: Final = "demo"
_MAX_COMMAND: Final = 1_000
"""Maximum length of a command in a notice, in characters; notices are kept in a cookie of at most 4 KB."""
_RECENT: Final = 20
_MAX_OFFERED: Final = 40
"""Maximum number of tenants in the header's menu; if there are more, the menu links to the full list."""


@dataclass(frozen=True, slots=True)
class Shell:
    """The header and navigation of a tenant's page; `tenant` and `clock` are the control plane's responses.

    `tenants` lists the names for the header's menu, and is empty if there are more than `_MAX_OFFERED`.
    `faults` counts the active faults. `failing` counts the recent deliveries that were attempted but not
    delivered.
    """

    name: str
    tenant: Mapping[str, Any]
    clock: Mapping[str, Any]
    tenants: list[str] = field(default_factory=list)
    faults: int = 0
    failing: int = 0

    @property
    def now(self) -> str:
        """The time on the tenant's clock, as an RFC 3339 date-time."""
        return str(self.clock["now"])

    @property
    def real_now(self) -> str:
        """The current real time, as an RFC 3339 date-time; the page compares it with requests' real times."""
        ahead = timedelta(seconds=self.clock["ahead_seconds"])
        return (datetime.fromisoformat(self.now) - ahead).isoformat()

    @property
    def base(self) -> str:
        """The path of the tenant's overview page; the paths of the tenant's other pages start with it."""
        return f"/console/{self.name}"


def api() -> Api:
    """Return the client of the control plane that belongs to the current request."""
    client: Api = request.environ["console.api"]
    return client


def sessions() -> Sessions:
    """Return the object that issues and checks the console's session cookies."""
    found: Sessions = current_app.config["SITE_SESSIONS"]
    return found


def apis() -> dict[str, Entry]:
    """Return the descriptions of the vendors' APIs, keyed by the vendor's name."""
    found: dict[str, Entry] = current_app.config["SITE_APIS"]
    return found


def control() -> Entry:
    """Return the description of the control plane's API."""
    found: Entry = current_app.config["SITE_CONTROL"]
    return found


def page(template: str, tenant: str = "", *, here: str = "", **values: Any) -> str:
    """Render a template with the header and the navigation; `here` is the page's name in the navigation.

    If `tenant` is "", the page has no clock, and the navigation has no links to a tenant's pages.
    """
    shell = _shell(tenant) if tenant else None
    return render_template(
        template,
        shell=shell,
        here=here,
        apis=apis(),
        control=control(),
        needs_login=sessions().required,
        notices=session.pop("notices", ()),
        calls=[(call, curl_of(call)) for call in api().calls],
        **values,
    )


def _shell(tenant: str) -> Shell:
    client = api()
    shown = client.calls[:]
    found = client.get("tenants", tenant)
    clock = client.get("tenants", tenant, "clock")
    count = client.get("health")["tenants"]
    names = [one["name"] for one in client.get("tenants")["tenants"]] if count <= _MAX_OFFERED else []
    faults = client.get("tenants", tenant, "faults")["faults"]
    deliveries = client.get("tenants", tenant, "deliveries", last=_RECENT)["deliveries"]
    client.calls[:] = shown or client.calls[:2]
    return Shell(
        tenant,
        found,
        clock,
        names,
        faults=sum(fault["active"] for fault in faults),
        failing=sum(one["state"] != "delivered" and one["attempts"] > 0 for one in deliveries),
    )


def curl_of(call: ApiCall) -> str:
    """Return a curl command that sends the given request to the control plane."""
    return control_curl(call, control().url.removesuffix(control().path), with_token=sessions().required)


def done(message: str, location: str) -> Response:
    """Redirect to a page (303 See Other), which shows `message` and the API requests that the form sent."""
    calls = [(f"{call.method} {call.target}", curl_of(call)) for call in api().sent]
    shown = [(label, command) for label, command in calls if len(command) <= _MAX_COMMAND]
    _notify("done", message, shown)
    return redirect(location, 303)


def failed(message: str) -> None:
    """Store an error message, which the next page shows."""
    _notify("error", message, [])


def _notify(kind: str, text: str, calls: list[tuple[str, str]]) -> None:
    """Store a notice, which the next page shows; `calls` are pairs of an API request and its curl command."""
    session["notices"] = [*session.get("notices", ()), {"kind": kind, "text": text, "calls": calls}]


def back() -> str:
    """Return the path and query of the console's page that sent the form, or `/` if it is unknown."""
    sender = urlsplit(request.headers.get("Referer", ""))
    return trusted(f"{sender.path}?{sender.query}" if sender.query else sender.path)


def trusted(location: str) -> str:
    """Return `location` if it is a path of the console, otherwise `/`; this prevents open redirects."""
    parts = urlsplit(location)
    is_own = parts.path in {"/", "/console"} or parts.path.startswith("/console/")
    return location if is_own and not (parts.scheme or parts.netloc or set("\\\r\n") & set(location)) else "/"
