"""Logins that request a token first: requested once for many requests, renewed at expiry, kept secret."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest
from anyio.lowlevel import checkpoint
from support.fake_vendor import BASE_URL, Time, Wire

import connector
import openapi
from connector.definition.compiler import CATALOGS, join
from connector.definition.model import AuthField
from connector.errors import AuthenticationError, CatalogError, ConfigurationError, UnexpectedResponse
from connector.generator.zapier import render
from connector.generator.zapier.fields import Unrenderable

if TYPE_CHECKING:
    from collections.abc import Callable

    from connector.definition.model import Integration
    from connector.runtime.connection import Connection

pytestmark = pytest.mark.anyio

CATALOG = (CATALOGS / "swap.yaml").read_text(encoding="utf-8").replace("id: swap", "id: office", 1)
SECRET, CODE = "sandbox-secret-of-acme", "sandbox-code-of-acme"
WORDS = ("grant_type", "client_id", "client_secret", "code", "refresh_token")
LOGIN = """\
authentication:
  security_scheme: api_key
  credential: api_key
  fields:
    api_key: {label: API Key, secret: true}
    store_id: {label: Store ID}
  sends: {swap_store_id: store_id, store: store_id, store_id: store_id}
  test: {operation: list_returns, query: {items_per_page: 1}}
  connection_label: "{store_id} ({environment})"
  tokens:
    operation: create_token
    access_token: bearer
    refresh_token: again
    expires_in: seconds
    fields:
      client_id: {label: Client ID}
      client_secret: {label: Client Secret, secret: true}
      code: {label: Code, secret: true, required: false}
    grants:
      - constants: {grant_type: authorization_code}
        fills: {client_id: client_id, client_secret: client_secret, code: code}
        once: true
      - constants: {grant_type: client_credentials}
        fills: {client_id: client_id, client_secret: client_secret}
    refresh:
      constants: {grant_type: refresh_token}
      fills: {client_id: client_id, client_secret: client_secret}
      token: refresh_token

"""


def described() -> dict[str, Any]:
    """Return Swap's document with an additional operation that issues tokens."""
    document = openapi.read("swap")
    example = {"bearer": "t-0", "again": "r-0", "seconds": 3600}
    answer = {
        "type": "object",
        "properties": {
            "bearer": {"type": "string"},
            "again": {"type": "string"},
            "seconds": {"type": "integer"},
        },
    }
    options = {"type": "object", "properties": {name: {"type": "string", "maxLength": 60} for name in WORDS}}
    document["paths"]["/token"] = {
        "post": {
            "operationId": "create_token",
            "summary": "Get a token.",
            "security": [],
            "requestBody": {"required": True, "content": {"application/json": {"schema": options}}},
            "responses": {
                "200": {
                    "description": "A token.",
                    "content": {"application/json": {"schema": answer, "example": example}},
                }
            },
        }
    }
    return document


def compiled(change: Callable[[str], str] = lambda text: text) -> Integration:
    start, end = CATALOG.index("authentication:"), CATALOG.index("payload:")
    return join(described(), change(CATALOG[:start] + LOGIN + CATALOG[end:]), "swap.yaml")


class TokenServer(Wire):
    """Issues numbered tokens, and accepts requests with a valid token."""

    def __init__(self) -> None:
        super().__init__()
        self.given = 0
        self.good: set[str] = set()
        self.refusing = False
        self.seconds: Any = 3600
        self.bodies: list[dict[str, str]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.path.endswith("/token"):
            return self._issue(json.loads(request.content), request)
        if request.headers.get("x-api-key") not in self.good:
            error = {"message": f"Error: no such token {request.headers.get('x-api-key')}"}
            return httpx.Response(401, json={"status": 401, "reason": "UNAUTHORIZED", "error": error})
        pagination = {"total_items": 0, "items_per_page": 100}
        return httpx.Response(200, json={"returns": [], "pagination": pagination})

    def _issue(self, body: dict[str, str], request: httpx.Request) -> httpx.Response:
        assert "x-api-key" not in request.headers
        self.bodies.append(body)
        if self.refusing:
            error = {"message": f"Error: {body['client_secret']} is no secret of ours"}
            return httpx.Response(400, json={"status": 400, "reason": "BAD_REQUEST", "error": error})
        self.given += 1
        self.good = {f"token-{self.given}"}
        told = {"bearer": f"token-{self.given}", "again": f"again-{self.given}", "seconds": self.seconds}
        return httpx.Response(200, json=told)


@pytest.fixture
def token_server() -> TokenServer:
    return TokenServer()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def log_in(token_server: TokenServer, time: Time) -> Callable[..., Connection]:
    async def answer(request: httpx.Request) -> httpx.Response:
        await checkpoint()  # as on a network, other requests run meanwhile
        return token_server(request)

    def opened(**fields: Any) -> Connection:
        return connector.open(
            compiled(),
            base_url=BASE_URL,
            transport=httpx.MockTransport(answer),
            clock=time.clock,
            sleep=time.sleep,
            store_id="store_9",
            **fields,
        )

    return opened


CLIENT = {"client_id": "acme", "client_secret": SECRET}


async def test_twenty_concurrent_requests_fetch_one_token(
    log_in: Callable[..., Connection], token_server: TokenServer
) -> None:
    shop = log_in(**CLIENT)
    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(shop.check)
    assert token_server.bodies == [{"grant_type": "client_credentials", **CLIENT}]
    assert len(token_server.requests) == 21


async def test_token_is_refreshed_before_it_expires(
    log_in: Callable[..., Connection], token_server: TokenServer, time: Time
) -> None:
    shop = log_in(**CLIENT)
    await shop.check()
    await time.sleep(3600 - 61)
    await shop.check()
    assert len(token_server.bodies) == 1
    await time.sleep(2)
    await shop.check()
    assert token_server.bodies[1:] == [{"grant_type": "refresh_token", **CLIENT, "refresh_token": "again-1"}]
    assert shop.client.tokens is not None
    assert shop.client.tokens.refresh_token == "again-2"


async def test_refused_token_is_renewed_once(
    log_in: Callable[..., Connection], token_server: TokenServer
) -> None:
    shop = log_in(**CLIENT)
    await shop.check()
    token_server.good = set()
    await shop.check()
    assert len(token_server.bodies) == 2
    token_server.good = {"unknown"}
    token_server.refusing = True
    with pytest.raises(AuthenticationError) as refused:
        await shop.check()
    assert SECRET not in str(refused.value)
    assert "token-2" not in str(refused.value)
    assert "*** is no secret of ours" in str(refused.value)


async def test_many_refused_requests_fetch_one_new_token(
    log_in: Callable[..., Connection], token_server: TokenServer
) -> None:
    shop = log_in(**CLIENT)
    await shop.check()
    token_server.good = set()
    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(shop.check)
    assert len(token_server.bodies) == 2


async def test_concurrent_requests_with_a_wrong_login_try_it_once(
    log_in: Callable[..., Connection], token_server: TokenServer
) -> None:
    shop, token_server.refusing = log_in(**CLIENT), True
    refused = []

    async def try_it() -> None:
        with pytest.raises(AuthenticationError, match="does not accept this login") as caught:
            await shop.check()
        refused.append(caught.value)

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(try_it)
    assert (len(refused), len(token_server.bodies)) == (20, 1)
    token_server.refusing = False
    await shop.check()
    assert len(token_server.bodies) == 2, "the failure is not cached"


@pytest.mark.parametrize(
    ("said", "asked"),
    [(3600, 2), ("3600", 2), (3600.0, 2), (10**30, 1), (None, 1), ("soon", 1), (0, 1), (True, 1)],
)
async def test_token_lifetime_is_read_in_every_format(
    log_in: Callable[..., Connection], token_server: TokenServer, time: Time, said: Any, asked: int
) -> None:
    token_server.seconds = said
    shop = log_in(**CLIENT)
    await shop.check()
    await time.sleep(3599)
    await shop.check()
    assert len(token_server.bodies) == asked


async def test_code_is_used_once_and_then_the_refresh_token(
    log_in: Callable[..., Connection], token_server: TokenServer, time: Time
) -> None:
    shop = log_in(**CLIENT, code=CODE)
    await shop.check()
    await time.sleep(3600)
    await shop.check()
    assert [body["grant_type"] for body in token_server.bodies] == ["authorization_code", "refresh_token"]
    assert token_server.bodies[0]["code"] == CODE


async def test_refused_refresh_token_falls_back_to_the_login(
    log_in: Callable[..., Connection], token_server: TokenServer
) -> None:
    shop = log_in(**CLIENT)
    await shop.check()
    assert shop.client.tokens is not None
    token_server.good = set()
    refuse_refreshing = token_server._issue

    def give(body: dict[str, str], request: httpx.Request) -> httpx.Response:
        token_server.refusing = body["grant_type"] == "refresh_token"
        return refuse_refreshing(body, request)

    token_server._issue = give  # type: ignore[method-assign]
    await shop.check()
    assert [body["grant_type"] for body in token_server.bodies][1:] == ["refresh_token", "client_credentials"]


async def test_api_key_takes_precedence_over_tokens(
    log_in: Callable[..., Connection], token_server: TokenServer
) -> None:
    token_server.good = {"sandbox-key"}
    await log_in(api_key="sandbox-key").check()
    assert token_server.bodies == []


def test_incomplete_login_is_refused(log_in: Callable[..., Connection]) -> None:
    with pytest.raises(ConfigurationError, match="needs api_key"):
        log_in(client_id="acme")
    with pytest.raises(ConfigurationError, match=r'named "client_idd"\. Did you mean "client_id"'):
        log_in(client_idd="acme")


async def test_secrets_are_masked_in_the_error_of_a_refused_login(log_in: Callable[..., Connection]) -> None:
    shop = log_in(client_id="acme", client_secret=SECRET * 5)
    with pytest.raises(AuthenticationError) as refused:
        await shop.check()
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("answer", [{"seconds": 1}, {"bearer": "", "seconds": 1}])
async def test_answer_without_a_token_is_unexpected(time: Time, answer: Any) -> None:
    made = compiled()
    shop = connector.open(
        made,
        base_url=BASE_URL,
        transport=httpx.MockTransport(lambda _request: httpx.Response(200, json=answer)),
        clock=time.clock,
        sleep=time.sleep,
        store_id="store_9",
        client_id="acme",
        client_secret=SECRET,
    )
    with pytest.raises(UnexpectedResponse, match="without a token"):
        await shop.check()


@pytest.mark.parametrize(
    ("wrong", "right", "sentence"),
    [
        ("grant_type: client_credentials", "grant: client_credentials", "the token request sends grant,"),
        ("access_token: bearer", "access_token: token", "the token request names field token"),
        ("operation: create_token", "operation: make_token", "the token request names operation make_token"),
        ("client_id: client_id", "client_id: client", "client_id is filled from login field client"),
        ("    refresh_token: again\n", "", "refresh needs refresh_token"),
        ("  credential: api_key\n", "  credential: store_id\n", "the credential has to be marked as secret"),
    ],
)
def test_unknown_login_names_are_catalog_errors(wrong: str, right: str, sentence: str) -> None:
    assert wrong in LOGIN
    with pytest.raises(CatalogError, match=sentence):
        compiled(lambda text: text.replace(wrong, right))


def test_per_account_base_url_is_required() -> None:
    host = "  host: {label: Address, help: Where you open it.}\n  tokens:"
    made = compiled(lambda text: text.replace("  tokens:", host))
    with pytest.raises(ConfigurationError, match=r"needs base_url \(Address\)"):
        connector.open(made, api_key="sandbox-key", store_id="store_9")
    connector.open(made, base_url=BASE_URL, api_key="sandbox-key", store_id="store_9")


@pytest.mark.parametrize(
    ("base_url", "taken"),
    [
        ("http://127.0.0.1:4010/office", True),
        ("http://localhost:4010", True),
        ("http://[::1]:4010", True),
        ("https://shop.example.com", True),
        ("http://shop.example.com", False),
        ("http://localhost.example.com", False),
    ],
)
def test_per_account_base_url_is_https_or_loopback(base_url: str, taken: bool) -> None:
    host = "  host: {label: Address, help: Where you open it.}\n  tokens:"
    made = compiled(lambda text: text.replace("  tokens:", host))
    if taken:
        connector.open(made, base_url=base_url, api_key="sandbox-key", store_id="store_9")
    else:
        with pytest.raises(ConfigurationError, match="unencrypted"):
            connector.open(made, base_url=base_url, api_key="sandbox-key", store_id="store_9")


def test_zapier_app_uses_session_authentication_without_a_key() -> None:
    made = compiled()
    login = made.authentication.model_copy(
        update={"field": "", "host": AuthField(key="base_url", label="Address", help="Where you open it.")}
    )
    app = render(made.model_copy(update={"authentication": login}))
    assert "type: 'session'" in app["authentication.js"]
    assert "constants: { grant_type: 'client_credentials' }" in app["authentication.js"]
    assert "key: 'base_url'" in app["authentication.js"]
    assert "key: 'environment'" not in app["authentication.js"]
    assert "create_token" in app["operations.js"]
    assert "host: 'base_url'" in app["vendor.js"]
    assert "lib/session.js" in app
    with_key = render(made)
    assert "type: 'custom'" in with_key["authentication.js"]
    assert "client_id" not in with_key["authentication.js"]
    assert "lib/session.js" not in with_key


def test_zapier_refuses_one_time_codes() -> None:
    made = compiled()
    assert made.authentication.tokens
    tokens = made.authentication.tokens.model_copy(update={"grants": made.authentication.tokens.grants[:1]})
    login = made.authentication.model_copy(update={"field": "", "tokens": tokens})
    with pytest.raises(Unrenderable, match="every grant works only once"):
        render(made.model_copy(update={"authentication": login}))
