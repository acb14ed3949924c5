"""Requests from other web sites, opened in the browser of the sandbox's user (CSRF, DNS rebinding)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.testclient import TestClient

from mock_server.admission.control_guard import MAX_WRONG, WINDOW, WrongTokens
from mock_server.app import create_app
from mock_server.engine.problem import Problem
from mock_server.settings import Settings

HERE = "http://127.0.0.1:4010"


@contextmanager
def sandbox(**settings: Any) -> Iterator[TestClient]:
    app = create_app(Settings(seed_size=0, database="sqlite://", **settings))
    with TestClient(app, base_url=HERE, follow_redirects=False) as made:
        yield made


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with sandbox() as made:
        yield made


@pytest.fixture(scope="module")
def proxied() -> Iterator[TestClient]:
    """A sandbox behind a proxy, with a public name."""
    with sandbox(public_url="https://sandbox.corp.example/") as made:
        yield made


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:3000"},
        {"Origin": "null"},
        {"Origin": HERE, "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "Cross-Site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://127.0.0.1:4010.evil.example"},
        {"Origin": "http://evil.example/", "Host": "127.0.0.1:4010"},
    ],
)
@pytest.mark.parametrize("path", ["/tenants/demo/reset", "/tenants/demo/clock/freeze"])
def test_write_from_another_site_is_refused(client: TestClient, path: str, headers: dict[str, str]) -> None:
    before = client.get("/__sandbox/tenants/demo").json()
    answer = client.post(f"/__sandbox{path}", headers=headers)
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "forbidden"
    assert "accepts no POST from a web page of another site" in answer.json()["error"]["message"]
    after = client.get("/__sandbox/tenants/demo").json()
    assert {**after, "now": ""} == {**before, "now": ""}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": HERE, "Sec-Fetch-Site": "same-origin"},
        {"Origin": HERE.upper()},
        {"Origin": "http://localhost", "Host": "localhost:80"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_programs_and_the_sandboxs_pages_may_write(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/__sandbox/tenants/demo/reset", headers=headers).status_code == 200


def test_reads_and_vendor_apis_are_not_restricted(client: TestClient) -> None:
    """Links may lead to the sandbox, and the vendors' APIs are protected by their keys."""
    away = {"Origin": "https://shop.example", "Sec-Fetch-Site": "cross-site"}
    assert client.get("/__sandbox/health", headers=away).status_code == 200
    assert client.post("/returnmate/v1/rmas", headers=away).status_code == 401


REBOUND = "rebound.evil.example:4010"


@pytest.mark.parametrize(
    "host",
    [
        REBOUND,
        REBOUND.upper(),
        "127.0.0.1.evil.example",
        "evil.example@127.0.0.1",
        "127.0.0.1/x",
        "[::1].evil.example",
        "[::1]evil.example:4010",
        "[",
        ":",
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/__sandbox/tenants/demo/credentials"),
        ("HEAD", "/__sandbox/tenants"),
        ("POST", "/__sandbox/tenants/demo/reset"),
        ("GET", "/"),
        ("GET", "/__sandbox/ui/"),
        ("GET", "/returnmate/v1/openapi.json"),
    ],
)
def test_page_using_dns_rebinding_can_neither_read_nor_write(
    client: TestClient, method: str, path: str, host: str
) -> None:
    """To the browser, page and sandbox are one site; only the `Host` header distinguishes them."""
    answer = client.request(method, path, headers={"Host": host, "Origin": f"http://{host}"})
    assert answer.status_code == 403
    if method != "HEAD":
        assert "This sandbox is not reached as" in answer.text
        assert "--public-url" in answer.text


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:4010",
        "127.8.8.8",
        "127.0.0.1.",
        "localhost",
        "LOCALHOST.:9",
        "sandbox.localhost:4010",
        "[::1]:4010",
        "[::ffff:127.0.0.1]:4010",
    ],
)
def test_loopback_has_many_names(client: TestClient, host: str) -> None:
    headers = {"Host": host, "Origin": f"http://{host}"}
    assert client.post("/__sandbox/tenants/demo/clock/unfreeze", headers=headers).status_code == 200
    assert client.get("/", headers=headers).status_code == 200


def test_vendor_api_accepts_any_host_name(client: TestClient) -> None:
    """The APIs are protected by keys, and labels are fetched from the URLs in their documents."""
    away = {"Host": REBOUND, "Authorization": "Bearer sandbox-demo-returnmate"}
    assert client.get("/returnmate/v1/rmas", headers=away).status_code == 200
    assert client.get("/labels/returnmate/none.pdf", headers=away).status_code == 404


@pytest.mark.parametrize(
    "host", ["sandbox.corp.example", "SANDBOX.corp.example:443", "127.0.0.1:4010", "localhost"]
)
def test_proxy_may_keep_or_rewrite_the_host(proxied: TestClient, host: str) -> None:
    """nginx rewrites it by default; the browser's `Origin` is still the public address."""
    page = {"Host": host, "Origin": "https://sandbox.corp.example", "Sec-Fetch-Site": "same-origin"}
    assert proxied.post("/__sandbox/tenants/demo/clock/unfreeze", headers=page).status_code == 200


def test_proxy_allows_its_own_pages_only(proxied: TestClient) -> None:
    for origin in ("https://other.corp.example", "http://sandbox.corp.example:8080", "https://evil.example"):
        page = {"Host": "127.0.0.1:4010", "Origin": origin}
        answer = proxied.post("/__sandbox/tenants/demo/clock/unfreeze", headers=page)
        assert answer.status_code == 403, origin
    assert proxied.get("/__sandbox/health", headers={"Host": REBOUND}).status_code == 403


def test_listening_host_is_accepted() -> None:
    with sandbox(host="devbox.corp.example", control_token="t" * 24) as named:
        token = {"Authorization": f"Bearer {'t' * 24}"}
        for host in ("devbox.corp.example:4010", REBOUND):  # a page cannot know the token
            assert named.get("/__sandbox/tenants", headers={"Host": host, **token}).status_code == 200
            assert named.get("/__sandbox/tenants", headers={"Host": host}).status_code == 401


def test_guessing_the_control_token_is_slowed_down() -> None:
    with sandbox(control_token="right") as guarded:
        right, wrong = {"X-Sandbox-Token": "right"}, {"Authorization": "Bearer wrong"}
        for _ in range(MAX_WRONG + 5):
            # A request without a token is no guess.
            assert guarded.get("/__sandbox/health").status_code == 401
        for _ in range(MAX_WRONG):
            assert guarded.get("/__sandbox/health", headers=right).status_code == 200
            assert guarded.get("/__sandbox/health", headers=wrong).status_code == 401
        for headers in (wrong, right):
            answer = guarded.get("/__sandbox/health", headers=headers)
            assert answer.status_code == 429
            assert 1 <= int(answer.headers["retry-after"]) <= WINDOW
            assert "too many wrong control tokens" in answer.json()["error"]["message"]


def test_wrong_vendor_keys_are_not_slowed_down(client: TestClient) -> None:
    for number in range(3 * MAX_WRONG):
        answer = client.get("/returnmate/v1/rmas", headers={"Authorization": f"Bearer wrong-{number}"})
        assert answer.status_code == 401


def test_guesses_are_counted_per_address_and_expire() -> None:
    time = [1_000.0]
    wrong = WrongTokens(lambda: time[0])
    for second in range(MAX_WRONG):
        time[0] = 1_000.0 + second
        wrong.add("192.0.2.1")
    with pytest.raises(Problem, match=f"again in {WINDOW - MAX_WRONG + 1:.0f} seconds"):
        wrong.refuse_guessing("192.0.2.1")
    wrong.refuse_guessing("192.0.2.2")
    time[0] = 1_000.0 + WINDOW
    wrong.refuse_guessing("192.0.2.1")


def test_number_of_remembered_addresses_is_limited() -> None:
    wrong = WrongTokens(lambda: 1_000.0)
    for number in range(10_050):
        wrong.add(str(number))
    assert len(wrong._times) == 10_000
