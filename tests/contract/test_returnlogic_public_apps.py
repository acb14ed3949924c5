"""ReturnLogic's public apps: exchange a code for tokens, send requests with them, refresh them at expiry."""

import itertools
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest
from support.sandbox import Sandbox

VENDOR = "returnlogic"
_numbers = itertools.count(1)


def body(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def refused(answer: httpx.Response, field: str) -> None:
    assert [one["field"] for one in body(answer, 400)["fields"]] == [field]


def assert_limit_headers(answer: httpx.Response) -> None:
    """Fail unless all four rate-limit headers are present; error answers have them, too."""
    for said, unit in itertools.product(("Limit", "Remaining"), ("Second", "Minute")):
        assert answer.headers[f"X-RateLimit-{said}-{unit}"].isdecimal()


@pytest.fixture
def installed(sandbox: Sandbox) -> dict[str, str]:
    """Install an app as a retailer does; return its id, its secret, and the parameters of its redirect."""
    tenant = sandbox.tenant(f"rl-app-{next(_numbers)}", first_moment="2026-06-01T12:00:00Z", frozen=True)
    options = {"redirect_uri": "https://app.example.com/callback?state=7"}
    shown = body(sandbox.control.post(f"/tenants/{tenant}/vendors/{VENDOR}/acts/install_app", json=options))[
        "document"
    ]
    address = urlsplit(shown["redirect_to"])
    assert (address.netloc, address.path) == ("app.example.com", "/callback")
    query = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert query.keys() == {"state", "code", "teamId"}
    assert str(UUID(query["teamId"])) == query["teamId"]
    client = {name: shown[name] for name in ("client_id", "client_secret")}
    return {**client, "code": query["code"], "tenant": tenant}


def exchange(sandbox: Sandbox, installed: dict[str, str], **options: str) -> httpx.Response:
    address = f"{sandbox.credentials(VENDOR)['base_url']}/oauth"
    client = {name: installed[name] for name in ("client_id", "client_secret")}
    return httpx.post(address, json={**client, **options})


def tokens(sandbox: Sandbox, installed: dict[str, str], **options: str) -> dict[str, str]:
    found: dict[str, str] = body(exchange(sandbox, installed, **options))
    assert found.keys() == {"bearer_token", "refresh_token"}, "exactly these two"
    return found


def get_orders(sandbox: Sandbox, token: str) -> httpx.Response:
    address = f"{sandbox.credentials(VENDOR)['base_url']}/orders"
    return httpx.get(address, headers={"Authorization": f"Bearer {token}"}, params={"limit": 1})


def test_code_is_exchanged_for_tokens_once(sandbox: Sandbox, installed: dict[str, str]) -> None:
    code = {"grant_type": "authorization_code", "code": installed["code"]}
    found = tokens(sandbox, installed, **code)
    assert len(body(get_orders(sandbox, found["bearer_token"]))) == 1
    again = exchange(sandbox, installed, **code)
    refused(again, "code")
    assert_limit_headers(again)
    assert get_orders(sandbox, found["refresh_token"]).status_code == 401, (
        "a refresh token is no access token"
    )
    assert get_orders(sandbox, installed["code"]).status_code == 401


def test_bearer_token_expires_and_is_refreshed(sandbox: Sandbox, installed: dict[str, str]) -> None:
    first = tokens(sandbox, installed, grant_type="authorization_code", code=installed["code"])
    clock = f"/tenants/{installed['tenant']}/clock/advance"
    body(sandbox.control.post(clock, json={"seconds": 3601}))
    ended = get_orders(sandbox, first["bearer_token"])
    assert body(ended, 401)["error"] == "Unauthorized"
    assert_limit_headers(ended)
    options = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = tokens(sandbox, installed, **options)
    assert get_orders(sandbox, second["bearer_token"]).status_code == 200
    refused(exchange(sandbox, installed, **options), "refresh_token")


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"grant_type": "authorization_code"}, 400),
        ({"grant_type": "refresh_token"}, 400),
        ({"grant_type": "password", "code": "x"}, 400),
        ({"grant_type": "authorization_code", "code": "unknown"}, 400),
        ({"grant_type": "authorization_code", "code": "x", "client_secret": "wrong"}, 401),
        ({"grant_type": "authorization_code", "code": "x", "client_id": "wrong"}, 401),
    ],
)
def test_invalid_grant_gets_no_token(
    sandbox: Sandbox, installed: dict[str, str], options: dict[str, str], status: int
) -> None:
    body(
        exchange(
            sandbox, {**installed, **options}, **{k: v for k, v in options.items() if "client" not in k}
        ),
        status,
    )


def test_code_belongs_to_one_merchant_and_expires(sandbox: Sandbox, installed: dict[str, str]) -> None:
    other = sandbox.tenant(f"rl-app-{next(_numbers)}", seed_size=0)
    path = f"/tenants/{other}/vendors/{VENDOR}/acts/install_app"
    foreign = body(sandbox.control.post(path, json={"redirect_uri": "https://app.example.com"}))["document"]
    code = {"grant_type": "authorization_code", "code": installed["code"]}
    refused(exchange(sandbox, foreign, **code), "code")
    clock = f"/tenants/{installed['tenant']}/clock/advance"
    body(sandbox.control.post(clock, json={"seconds": 601}))
    refused(exchange(sandbox, installed, **code), "code")


def test_maintenance_applies_to_the_token_endpoint_and_uses_up_no_code(
    sandbox: Sandbox, installed: dict[str, str]
) -> None:
    address = f"/tenants/{installed['tenant']}/switches"
    turned = {"vendor": VENDOR, "name": "maintenance"}
    body(sandbox.control.put(address, json={**turned, "on": True}))
    options = {"grant_type": "authorization_code", "code": installed["code"]}
    closed = exchange(sandbox, installed, **options)
    assert body(closed, 503)["error"] == "Down For Maintenance"
    assert_limit_headers(closed)
    body(sandbox.control.put(address, json={**turned, "on": False}))
    tokens(sandbox, installed, **options)
