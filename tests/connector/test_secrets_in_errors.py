"""A vendor that repeats the login in every text of an error: no error, traceback or log shows it."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.any_operation import TYPED
from support.each import each
from support.example_inputs import required_inputs
from support.fake_vendor import Time
from support.leaks import Everything, places

import connector
from connector.definition.compiler import integration, vendors
from connector.errors import ConnectorError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connector.runtime.connection import Connection

pytestmark = pytest.mark.anyio

STATUSES = (200, 302, 400, 401, 403, 404, 405, 409, 429, 500, 502, 503)
ACCESS, REFRESH = "sandbox-access-9f3c1a7e55", "sandbox-refresh-77b0d2c941"
ENTRIES = ("check", "call", "poll", "action", "search")


def body_of(vendor: str, secret: str) -> Any:
    """Return an error body with the secret in the code, the message, each field and an extra member."""
    form = integration(vendor).errors
    body: Any = {}
    for path in filter(None, (form.code, form.message)):
        body = set_at(body, path, f"The key {secret}\tis not valid: {secret}")
    if form.fields:
        fields = [{"field": f"a.{secret}", "message": f"is {secret}"}, {"field": secret}]
        body = set_at(body, form.fields, fields)
    return body if isinstance(body, list) else {**body, "extra": secret, secret: secret}


def set_at(body: Any, path: tuple[str, ...], value: Any) -> Any:
    """Return a body with a value at a path, whose digits are places in lists."""
    if not path:
        return value
    first, *rest = path
    if first.isdigit():
        return [set_at(body[0] if isinstance(body, list) else {}, tuple(rest), value)]
    known = body if isinstance(body, dict) else {}
    return {**known, first: set_at(known.get(first, {}), tuple(rest), value)}


class Echoing:
    """Answers every request with the secret in every text of body and headers."""

    def __init__(self, vendor: str, status: int, shape: str, secret: str) -> None:
        self.vendor, self.status, self.shape, self.secret = vendor, status, shape, secret
        self.asked = 0

    def __call__(self, _request: httpx.Request) -> httpx.Response:
        self.asked += 1
        secret = self.secret
        if self.shape == "transport":
            raise httpx.LocalProtocolError(f"Illegal header value b'Bearer {secret}'")
        headers = {
            "location": f"https://shop.example.com/{secret}?key={secret}",
            "retry-after": f"{secret}",
            "x-request-id": secret,
            "content-type": f"application/json; charset={secret}",
            "x-ratelimit-reset": secret,
        }
        content = {
            "json": json.dumps(body_of(self.vendor, secret)),
            "page": f"<title>{secret}</title><p>{secret}</p>",
            "text": json.dumps(secret),
            "cut": json.dumps(body_of(self.vendor, secret))[:-3],
        }[self.shape]
        return httpx.Response(self.status, headers=headers, content=content)


def secrets_of(vendor: str) -> dict[str, str]:
    """Return a login whose values can be told apart, with formats where a field needs one."""
    fields = integration(vendor).authentication.fields
    return {one.key: TYPED.get(one.key, f"sandbox-{one.key}-4d1e8f60b2") for one in fields}


def connected(vendor: str, answer: Echoing, *, token_fails: bool) -> Connection:
    made = integration(vendor)
    login = made.authentication
    token = made.operations[login.tokens.operation].path if login.tokens and not login.field else None

    def reply(request: httpx.Request) -> httpx.Response:
        if token and request.url.path.endswith(token) and not token_fails:
            tokens = {"access_token": ACCESS, "refresh_token": REFRESH, "expires_in": 3600}
            return httpx.Response(200, json=tokens)
        return answer(request)

    time = Time()
    typed: dict[str, Any] = {key: value for key, value in secrets_of(vendor).items() if value}
    connection = connector.open(
        made,
        base_url="https://shop.example.com",
        transport=httpx.MockTransport(reply),
        clock=time.clock,
        sleep=time.sleep,
        **typed,
    )
    connection.client._sender.transport = httpx.MockTransport(reply)  # inputs here are only examples
    return connection


async def enter(connection: Connection, entry: str) -> None:
    """Use the connection at one of its entry points."""
    made = connection.integration
    if entry == "check":
        await connection.check()
    elif entry == "call":
        login = made.authentication
        await connection.client.call(made.operations[login.test_operation], login.test_query)
    elif entry == "poll":
        await connection.triggers[next(iter(made.triggers))].poll()
    elif entry == "action":
        action = connection.actions[next(iter(made.actions))]
        await action(**required_inputs(action.action.inputs))
    else:
        search = connection.searches[next(iter(made.searches))]
        needed = [one for one in search.search.inputs if one.key in search.search.at_least_one[:1]]
        chosen = {one.key: "A-1" for one in needed}
        await search(**{**required_inputs(search.search.inputs), **chosen})


@pytest.fixture
def everything() -> Iterator[Everything]:
    """Record all that is logged, by all libraries and at all levels."""
    root, found = logging.getLogger(), Everything()
    levels = {name: logging.getLogger(name).level for name in ("", "httpx", "returns_connector")}
    root.addHandler(found)
    for name in levels:
        logging.getLogger(name).setLevel(logging.DEBUG)
    try:
        yield found
    finally:
        root.removeHandler(found)
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def hidden(vendor: str) -> dict[str, str]:
    """Return the secrets of a vendor's login by name, and its tokens if it has any."""
    made = integration(vendor).authentication
    known = {key: value for key, value in secrets_of(vendor).items() if key in made.secrets}
    tokens = {"access": ACCESS, "refresh": REFRESH} if made.tokens and not made.field else {}
    return {**known, **tokens}


CASES = [
    (vendor, name, shape)
    for vendor in vendors()
    for name in hidden(vendor)
    for shape in ("json", "page", "text", "cut", "transport")
    if (name, shape) != ("refresh", "transport")  # a transport sees headers, which never have this token
]


@pytest.mark.parametrize(("vendor", "name", "shape"), CASES)
async def test_no_entry_point_shows_a_secret(
    vendor: str, name: str, shape: str, everything: Everything
) -> None:
    secrets = hidden(vendor)
    statuses = (200,) if shape == "transport" else STATUSES
    shown: dict[Any, list[str]] = {}
    failed = 0
    for status in each(statuses):
        for entry in ENTRIES:
            answer = Echoing(vendor, status, shape, secrets[name])
            connection = connected(vendor, answer, token_fails=False)
            everything.texts.clear()
            try:
                await enter(connection, entry)
            except ConnectorError as problem:
                failed += 1
                if found := places(
                    problem,
                    tuple(secrets.values()),
                    "\n".join(everything.texts),
                    of_libraries=shape != "transport",
                ):
                    shown[status, entry] = found
            assert answer.asked > 0
    assert shown == {}
    assert failed >= len(statuses) * len(ENTRIES) - len(ENTRIES)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("shape", ["json", "page", "text", "cut"])
async def test_token_request_shows_no_secret(shape: str, status: int, everything: Everything) -> None:
    """The vendor whose login is a token request; its answer repeats what the request sent."""
    (vendor,) = (one for one in vendors() if "access" in hidden(one))
    secret = secrets_of(vendor)["client_secret"]
    connection = connected(vendor, Echoing(vendor, status, shape, secret), token_fails=True)
    with pytest.raises(ConnectorError) as caught:
        await enter(connection, "call")
    assert places(caught.value, (secret,), "\n".join(everything.texts)) == []


def test_places_finds_a_secret_everywhere() -> None:
    secret = ("s3cret",)
    cause = ValueError("s3cret")
    problem = ConnectorError("It failed.")
    problem.__cause__ = cause
    problem.sent = {"body": [{"s3cret": 1}]}  # type: ignore[attr-defined]
    found = places(problem, secret, "line s3cret")
    assert {"traceback", "log", "str 1", "repr 1", "args 1", ".sent.body[0].s3cret (name) 0"} <= set(found)
    assert places(ConnectorError("It failed."), secret) == []
