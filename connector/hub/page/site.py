"""Serves the hub's page: a Starlette application with the routes of `/` and `/page/…`."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from connector.errors import ConnectorError
from connector.hub import connections, deliveries, subscriptions
from connector.hub.alarms import book
from connector.hub.hints.receiver import Rates
from connector.hub.overview import plans_of_all
from connector.hub.page.session import COOKIE, SECONDS, Sessions
from connector.hub.page.words import FILTERS, due, relative

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from connector.hub.hub import Hub

PREFIX = "/page/"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
MAX_FORM = 10_000
"""The most bytes of a form."""
NEWEST = 100
"""How many deliveries a page lists."""
STATES = ("waiting", "delivered", "given up", "canceled")
TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
STATIC = files("connector.hub.page") / "static"


def is_page(path: str) -> bool:
    """Return True if a path belongs to the page and not to the API."""
    return path == "/" or path.startswith(PREFIX)


class Site:
    """The pages of one hub."""

    def __init__(self, hub: Hub, secret: str) -> None:
        self._hub = hub
        self._sessions = Sessions(hub.store, secret, hub.clock)
        self._rates = Rates(hub.clock)
        self._static = {file.name: file.read_bytes() for file in STATIC.iterdir()}
        self._templates = Environment(
            loader=PackageLoader("connector.hub.page"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(FILTERS)
        self._templates.globals["asset"] = {
            name: f"{PREFIX}static/{name}?v={sha256(content).hexdigest()[:12]}"
            for name, content in self._static.items()
        }

    def app(self) -> Starlette:
        """Build the ASGI application."""
        pages = [
            ("/", self._overview),
            ("/page/subscriptions", self._subscriptions),
            ("/page/deliveries", self._deliveries),
            ("/page/log", self._log),
        ]
        forms = [
            ("/page/deliveries/{number:int}/resend", self._resend),
            ("/page/subscriptions/{id}/{act}", self._turn),
            ("/page/logout", self._log_out),
        ]
        return Starlette(
            routes=[
                *[Route(path, self._for_admins(view), methods=["GET"]) for path, view in pages],
                *[Route(path, self._for_admins(view), methods=["POST"]) for path, view in forms],
                Route("/page/login", self._login, methods=["GET", "POST"]),
                Route("/page/static/{name}", self._asset, methods=["GET"]),
            ]
        )

    def _for_admins(
        self, view: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            if not await self._sessions.is_valid(request.cookies.get(COOKIE, "")):
                return RedirectResponse("/page/login", 303)
            if request.method == "POST" and not _same_origin(request):
                return self._render(request, "error.html", 403, message="This form came from another site.")
            try:
                return await view(request)
            except ConnectorError as problem:
                return self._render(request, "error.html", 400, message=problem.message)

        return answer

    async def _overview(self, request: Request) -> Response:
        hub = self._hub
        now = hub.clock()
        return self._render(
            request,
            "overview.html",
            connections=await hub.store.run(connections.listed),
            alarms=await hub.store.run(book.listed, only_open=True),
            plans=await hub.store.run(plans_of_all, hub.integrations, now, hub.shortest),
            titles={name: one.vendor.title for name, one in hub.integrations.items()},
        )

    async def _subscriptions(self, request: Request) -> Response:
        hub = self._hub
        listed = await hub.store.run(connections.listed)
        return self._render(
            request,
            "subscriptions.html",
            subscriptions=await hub.store.run(subscriptions.listed),
            names={one["id"]: one["name"] for one in listed},
        )

    async def _deliveries(self, request: Request) -> Response:
        chosen = request.query_params.get("state", "")
        state = chosen if chosen in STATES else None
        listed = await self._hub.store.run(deliveries.latest, NEWEST, state=state)
        return self._render(
            request, "deliveries.html", deliveries=listed, chosen=state, states=STATES, newest=NEWEST
        )

    async def _log(self, request: Request) -> Response:
        return self._render(request, "log.html", entries=list(reversed(self._hub.recent.entries)))

    async def _resend(self, request: Request) -> Response:
        number = min(request.path_params["number"], 2**53)
        await self._hub.store.run(deliveries.resend, number, self._hub.clock())
        self._hub.engine.wake()
        return RedirectResponse(_back(request, "/page/deliveries"), 303)

    async def _turn(self, request: Request) -> Response:
        states = {"pause": subscriptions.PAUSED, "resume": subscriptions.ACTIVE}
        act = request.path_params["act"]
        if act not in states:
            return self._render(request, "error.html", 404, message="There is no such button.")
        await self._hub.store.run(subscriptions.turn, request.path_params["id"], states[act])
        self._hub.changed()
        return RedirectResponse("/page/subscriptions", 303)

    async def _login(self, request: Request) -> Response:
        if request.method != "POST":  # GET or HEAD
            return self._render(request, "login.html", error="")
        if not _same_origin(request) or not self._rates.admits("login"):
            return self._render(request, "login.html", 403, error="Too many attempts; wait a minute.")
        cookie = await self._sessions.log_in((await _form(request)).get("key", "").strip())
        if cookie is None:
            error = "This is not a key of this hub with the scope admin."
            return self._render(request, "login.html", 403, error=error)
        answer = RedirectResponse("/", 303)
        secure = self._hub.url.startswith("https:")
        answer.set_cookie(COOKIE, cookie, max_age=SECONDS, httponly=True, samesite="strict", secure=secure)
        return answer

    async def _log_out(self, _request: Request) -> Response:
        answer = RedirectResponse("/page/login", 303)
        answer.delete_cookie(COOKIE)
        return answer

    async def _asset(self, request: Request) -> Response:
        content = self._static.get(request.path_params["name"])
        if content is None:
            return Response(status_code=404)
        kind = TYPES[request.path_params["name"].rpartition(".")[2]]
        headers = {"Cache-Control": "public, max-age=31536000, immutable"}
        return Response(content, media_type=kind, headers=headers)

    def _render(self, request: Request, template: str, status: int = 200, **values: Any) -> Response:
        now = self._hub.clock()
        text = self._templates.get_template(template).render(
            **values,
            here=request.url.path,
            ago=lambda timestamp: relative(timestamp, now),
            next_time=lambda timestamp: due(timestamp, now),
        )
        return HTMLResponse(text, status, headers=HEADERS)


async def _form(request: Request) -> dict[str, str]:
    """Read a form; one that is too large is empty."""
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > MAX_FORM:
            return {}
    with suppress(UnicodeDecodeError, ValueError):
        return {name: values[-1] for name, values in parse_qs(content.decode(), max_num_fields=20).items()}
    return {}


def _same_origin(request: Request) -> bool:
    """Return True unless a browser says that another site sent the request."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _back(request: Request, default: str) -> str:
    """Return the page that sent a form, with its filter, if it is one of the hub's pages."""
    came = urlsplit(request.headers.get("referer", ""))
    if came.netloc != request.headers.get("host") or came.path != default:
        return default
    return f"{default}?{came.query}" if came.query else default
