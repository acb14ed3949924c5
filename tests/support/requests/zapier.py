"""Sends generated inputs through a generated Zapier app, and compares each request with the specification."""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx

from connector.definition.compiler import integration
from support.any_vendor import open_any
from support.fake_vendor import Time
from support.requests.differences import lacks_what_the_catalog_requires
from support.requests.inputs import input_values, limits_of
from support.requests.serialized import Sent, expected, sent
from support.requests.tried import missing, uses
from support.requests.unreached import sent_once
from support.zapier import APPS, ZapierApp, ZapierError, started

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from support.requests.tried import Use

TOKEN = b'{"access_token": "t", "refresh_token": "r", "expires_in": 36000}'


@dataclass
class Vendor:
    """A server that records what arrives; it grants tokens, and `answer` answers everything else."""

    grant: str
    answer: Callable[[httpx.Request], httpx.Response]
    arrived: list[httpx.Request] = field(default_factory=list)
    url: str = ""


@contextmanager
def serving(vendor: str, answer: Callable[[httpx.Request], httpx.Response] = missing) -> Iterator[Vendor]:
    """Listen on a free port until the block ends."""
    made = integration(vendor)
    tokens = made.authentication.tokens
    served = Vendor(made.operations[tokens.operation].path if tokens else "", answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # headers and body in one packet: otherwise the client waits 40 ms for the second

        def answer(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length") or 0))
            request = httpx.Request(self.command, served.url + self.path, content=content)
            served.arrived.append(request)
            granted = bool(served.grant) and self.path.partition("?")[0] == served.grant
            answer = httpx.Response(200, content=TOKEN) if granted else served.answer(request)
            body = answer.content
            self.send_response_only(answer.status_code)  # without a date, which would be the real time
            headers = {"content-type": "application/json", **answer.headers, "content-length": len(body)}
            for name, value in headers.items():
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - names of the library

        def log_message(self, *_: object) -> None:
            """Write no log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True)
class Compared:
    """One case: the request that arrived, or the app's refusal, and the request that the inputs describe."""

    use: str
    case: str
    inputs: Mapping[str, Any]
    arrived: Sent | str
    wanted: Sent

    def __str__(self) -> str:
        return f"{self.use} [{self.case}] {self.inputs}: {self.arrived}, not {self.wanted}"


def offered(vendor: str) -> set[str]:
    """Return the actions and searches that the vendor's app has, under the names of `tried.uses`."""
    folders = {"action": "creates", "search": "searches"}
    made = integration(vendor)
    return {
        f"{kind} {path.stem}"
        for kind, folder in folders.items()
        for path in (APPS / vendor / folder).glob("*.js")
        if path.stem in {**sent_once(made), **made.searches}
    }


async def compared(vendor: str) -> list[Compared]:
    """Run every step of the vendor's app with every input on a limit that the specification allows."""
    made = integration(vendor)
    login = {one.key: f"https://{one.key}.example.com" for one in made.authentication.fields}
    found: list[Compared] = []
    with ExitStack() as opened:
        served = opened.enter_context(serving(vendor))
        app = opened.enter_context(started(APPS / vendor, **{f"{vendor.upper()}_BASE_URL": served.url}))
        auth = app.account(made, login, served.url)
        async with open_any(vendor, Time(), missing) as connection:
            for use in uses(vendor, connection):
                kind, _, key = use.name.partition(" ")
                if use.name in offered(vendor):
                    step = {"action": "creates", "search": "searches"}[kind]
                    found += _of_step(vendor, use, f"{step}.{key}", served, app, auth)
    return found


def _single(value: Any) -> Any:
    """Return the first of several texts: in a form of Zapier, a filter of a search has one value."""
    return value[0] if isinstance(value, list) and value and isinstance(value[0], str) else value


def _of_step(
    vendor: str, use: Use, step: str, served: Vendor, app: ZapierApp, auth: dict[str, str]
) -> Iterator[Compared]:
    seen: set[str] = set()
    for one in limits_of(vendor)[use.operation.id]:
        given = use.inputs_for(one.value)
        inputs = {name: _single(value) for name, value in given.items()} if "searches" in step else given
        values = use.stands_for(inputs)
        allowed = input_values(vendor).is_valid(use.operation.id, values)
        if repr(inputs) in seen or not allowed or lacks_what_the_catalog_requires(vendor, use.name, inputs):
            continue
        seen.add(repr(inputs))
        served.arrived.clear()
        refusal = ""
        try:
            app.run(f"{step}.operation.perform", inputs, auth=auth)
        except ZapierError as problem:
            refusal = problem.message
        arrived = sent(served.arrived[0]) if served.arrived else f"nothing arrived: {refusal}"
        yield Compared(use.name, one.case, inputs, arrived, expected(use.operation, values))
