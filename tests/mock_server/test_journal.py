"""The journal over HTTP: requests and responses, their tenant and verdict, without secrets."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient
from support.each import each

from mock_server import vendors
from mock_server.app import create_app
from mock_server.journal import journal as journal_module
from mock_server.journal.entry import MAX_BODY
from mock_server.settings import Settings

URL = "http://127.0.0.1:4010"
REQUESTS = "/__sandbox/tenants/demo/requests"
LOGIN_OPERATIONS = {"exsited": "/api/v1/oauth2/token", "returnlogic": "/oauth"}
UNKNOWN = "an-unknown-key-of-nobody"


@pytest.fixture(scope="module")
def started() -> Iterator[TestClient]:
    settings = Settings(seed_size=2, database="sqlite://", rate_limits=False, secret="s")
    with TestClient(create_app(settings), base_url=URL) as made:
        made.post("/__sandbox/tenants", json={"name": "acme", "seed_size": 1})
        yield made


@pytest.fixture
def client(started: TestClient) -> TestClient:
    for path in ("/requests", "/tenants/demo/requests", "/tenants/acme/requests"):
        assert started.delete(f"/__sandbox{path}").status_code == 204
    return started


def credentials(client: TestClient, vendor: str, tenant: str = "demo") -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/__sandbox/tenants/{tenant}/credentials").json()["vendors"][vendor]
    return found


def listed(client: TestClient, path: str = REQUESTS, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["requests"]
    return found


def mate(client: TestClient, method: str, path: str, **options: Any) -> Any:
    found = credentials(client, "returnmate")
    return client.request(method, found["base_url"] + path, headers=found["headers"], **options)


def test_exchange_shows_request_response_and_verdict(client: TestClient) -> None:
    sent = {"customer_email": "nobody", "order_number": "#2001", "items": []}
    answer = mate(client, "POST", "/rmas?trace=1", json=sent)
    (shown,) = listed(client)
    assert shown["tenant"] == "demo"
    assert (shown["vendor"], shown["operation"]) == ("returnmate", "create_return")
    assert (shown["method"], shown["path"], shown["query"]) == ("POST", "/returnmate/v1/rmas", "trace=1")
    assert shown["request"]["body"] == sent
    assert shown["request"]["headers"]["content-type"] == "application/json"
    assert shown["status"] == answer.status_code == 400
    assert shown["response"]["body"] == answer.json()
    assert shown["response"]["headers"] == dict(answer.headers)
    assert shown["response"]["body_bytes"] == len(answer.content)
    errors = {one["field"]: one["message"] for one in shown["errors"]}
    assert errors["customer_email"] == "must be an e-mail address"
    assert next(iter(errors)) in shown["verdict"]
    assert 0 < shown["duration_ms"] < 60_000
    assert client.get(f"{REQUESTS}/{shown['id']}").json() == shown


def test_valid_request_has_no_errors(client: TestClient) -> None:
    mate(client, "GET", "/rmas")
    (shown,) = listed(client)
    assert (shown["status"], shown["verdict"]) == (200, "The request is valid.")
    assert shown["errors"] == []
    assert shown["nearest"] is shown["fault"] is None


@pytest.mark.parametrize(
    ("method", "path", "nearest"),
    [
        ("GET", "/returnmate/v1/rma/rma_1", "GET /returnmate/v1/rmas/{id}"),
        ("GET", "/returnmate/rmas", "GET /returnmate/v1/rmas"),
        ("POST", "/returnmate/v1/rmas/rma_1/note", "POST /returnmate/v1/rmas/{id}/notes"),
        ("GET", "/returngo/rma/12/x", "GET /returngo/rma/{rmaId}"),
    ],
)
def test_unknown_path_names_the_nearest_operation(
    client: TestClient, method: str, path: str, nearest: str
) -> None:
    headers = credentials(client, "returnmate")["headers"]
    assert client.request(method, path, headers=headers).status_code == 404
    (shown,) = listed(client, without_tenant=True)
    assert f"{shown['nearest']['method']} {shown['nearest']['path']}" == nearest
    assert f"Did you mean {nearest} (" in shown["verdict"]


def test_request_of_another_site_has_its_own_reason(client: TestClient) -> None:
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 403
    (shown,) = listed(client, "/__sandbox/requests")
    assert shown["status"] == 403
    assert shown["verdict"] == shown["response"]["body"]
    assert shown["verdict"].startswith(
        "This sandbox is not reached as 'evil.example'. Use a loopback address"
    )


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "reason"),
    [
        (
            "POST",
            "/",
            {"Origin": "http://evil.example"},
            403,
            "The control plane accepts no POST from a web page",
        ),
        (
            "POST",
            "/",
            {"Sec-Fetch-Site": "cross-site"},
            403,
            "The control plane accepts no POST from a web page",
        ),
        ("GET", "/", {"Host": "a b"}, 403, "This sandbox is not reached as 'a b'."),
        (
            "DELETE",
            "/swap/returns-api/openapi.json",
            {},
            405,
            "This path does not accept DELETE; it accepts ",
        ),
        ("GET", "/returnmate/v1/rmas", {}, 401, "An API key is required; none was sent."),
        ("PUT", "/returnmate/v1/rmas", {}, 405, ""),
    ],
)
def test_every_refusal_has_a_reason(
    client: TestClient, method: str, path: str, headers: dict[str, str], status: int, reason: str
) -> None:
    assert client.request(method, path, headers=headers).status_code == status
    (shown,) = listed(client, "/__sandbox/requests")
    assert shown["status"] == status
    assert shown["verdict"].startswith(reason)
    assert "response says why" not in shown["verdict"]
    assert shown["verdict"] not in {"", "The request is valid."}


def test_path_that_resembles_nothing_names_no_operation(client: TestClient) -> None:
    assert client.get("/wp-admin/setup/install.php").status_code == 404
    (shown,) = listed(client, "/__sandbox/requests")
    assert shown["nearest"] is None
    assert shown["verdict"] == "There is nothing at this path."


def test_page_and_control_plane_are_not_recorded(client: TestClient) -> None:
    assert client.get("/").status_code == 200
    assert client.get("/__sandbox/tenants/nobody").status_code == 404
    assert client.get("/favicon.gif", headers={"Sec-Fetch-Dest": "image"}).status_code == 404
    assert listed(client, without_tenant=True) == []


@pytest.mark.parametrize("vendor", vendors.names())
def test_wrong_key_is_found_without_its_tenant(client: TestClient, vendor: str) -> None:
    found = credentials(client, vendor)
    headers = dict.fromkeys(found["headers"], f"Bearer {UNKNOWN}")
    path = found["base_url"] + some_path(client, vendor)
    assert client.get(path, headers=headers, params=found["query"]).status_code in {401, 403}
    assert listed(client) == []
    (shown,) = listed(client, "/__sandbox/requests")
    assert shown["tenant"] is None
    assert shown["vendor"] == vendor
    assert [one["id"] for one in listed(client, without_tenant=True)] == [shown["id"]]
    assert client.get(REQUESTS).json()["without_tenant"] == 1
    assert client.get(f"{REQUESTS}/{shown['id']}").json() == shown
    assert client.get(f"/__sandbox/requests/{shown['id']}").json() == shown
    assert UNKNOWN not in str(shown)


def some_path(client: TestClient, vendor: str) -> str:
    """Return the path of a GET operation without path parameters that needs credentials."""
    base = credentials(client, vendor)["base_url"]
    document = client.get(f"{base}/openapi.json").json()
    paths: list[str] = [path for path, item in document["paths"].items() if "get" in item and "{" not in path]
    return paths[0]


@pytest.mark.parametrize("tenant", ["demo", "acme"])
@pytest.mark.parametrize("vendor", vendors.names())
def test_credentials_are_hidden_in_every_part(client: TestClient, vendor: str, tenant: str) -> None:
    found = credentials(client, vendor, tenant)
    secret = {name: value for name, value in found["headers"].items() if "shop" not in name.lower()}
    values = [value.rpartition(" ")[2] for value in secret.values()]
    path = found["base_url"] + some_path(client, vendor)
    echo = {"note": values[0], "deep": [{"x": f"my key is {values[0]}"}], "api_key": values[0]}
    client.get(path, headers=found["headers"], params={"pagesize": 1, "token": values[0]})
    client.request("GET", f"{path}/{values[0]}", headers={**found["headers"], "X-Copy": values[0]})
    client.request("POST", path, headers=found["headers"], json=echo)
    client.request("POST", path, headers=found["headers"], content=f'{{"api_key": "{values[0]}'.encode())
    client.request("POST", f"{found['base_url']}/{UNKNOWN}", json={"client_secret": UNKNOWN + "-2"})
    shown = client.get(f"/__sandbox/tenants/{tenant}/requests?without_tenant=true").text
    assert shown.count('"method"') >= 5
    for value in each((*values, UNKNOWN + "-2")):
        assert value not in shown
    assert listed(client, f"/__sandbox/tenants/{tenant}/requests", text=values[0][-200:]) == []


@pytest.mark.parametrize("vendor", LOGIN_OPERATIONS)
@pytest.mark.parametrize("tenant", ["demo", "acme"])
def test_tokens_and_client_secrets_are_hidden_and_the_tenant_is_found(
    client: TestClient, vendor: str, tenant: str
) -> None:
    found = credentials(client, vendor, tenant)
    fields = {name: value for name, value in found["fields"].items() if name != "api_key"}
    body = {"grant_type": "client_credentials", **fields}
    if vendor == "returnlogic":
        body = {"grant_type": "authorization_code", **public_app(client, tenant)}
    answer = client.post(found["base_url"] + LOGIN_OPERATIONS[vendor], json=body)
    assert answer.status_code == 200, answer.text
    issued = [value for value in answer.json().values() if isinstance(value, str)]
    assert len(issued) == 2
    shown = client.get(f"/__sandbox/tenants/{tenant}/requests")
    assert [one["operation"] for one in shown.json()["requests"]]
    assert shown.json()["without_tenant"] == 0
    for value in each((*issued, body.get("client_secret"), body.get("code"))):
        assert value is None or str(value) not in shown.text
    assert shown.json()["requests"][0]["request"]["body"]["grant_type"] == body["grant_type"]


def public_app(client: TestClient, tenant: str) -> dict[str, str]:
    """Install the public app as a merchant does; return its ID, its secret and a code."""
    acts = f"/__sandbox/tenants/{tenant}/vendors/returnlogic/acts"
    (act,) = [one for one in client.get(acts).json()["acts"] if "app" in one["name"]]
    answer = client.post(f"{acts}/{act['name']}", json={"redirect_uri": "https://app.example.com/in"})
    assert answer.status_code == 200, answer.text
    document: dict[str, str] = answer.json()["document"]
    (code,) = parse_qs(urlsplit(document["redirect_to"]).query)["code"]
    return {"client_id": document["client_id"], "client_secret": document["client_secret"], "code": code}


def test_filters(client: TestClient) -> None:
    mate(client, "GET", "/rmas")
    mate(client, "POST", "/rmas", json={"order_number": "#needle"})
    mate(client, "GET", "/rmas/rma_missing")
    go = credentials(client, "returngo")
    client.get(f"{go['base_url']}/rmas?pagesize=1", headers=go["headers"])
    newest, missing, invalid, first = (one["id"] for one in listed(client))
    assert [one["id"] for one in listed(client, order="oldest")] == [first, invalid, missing, newest]

    def ids(**query: Any) -> list[int]:
        return [one["id"] for one in listed(client, **query)]

    assert ids(vendor="returngo") == [newest]
    assert ids(operation="list_returns") == [first]
    assert ids(method="POST") == [invalid]
    assert ids(status="404") == [missing]
    assert ids(status="4xx") == [missing, invalid]
    assert ids(text="NEEDLE") == [invalid]
    assert ids(after=invalid) == [newest, missing]
    assert ids(after=first, order="oldest", limit=1) == [invalid]
    assert ids(fault="none") == []
    assert ids(since="2190-01-01T00:00:00Z") == []
    assert ids(since="2001-01-01T00:00:00Z") == [newest, missing, invalid, first]
    assert client.get(REQUESTS, params={"limit": 2}).json()["next"] == newest
    assert client.get(REQUESTS, params={"status": "nope"}).status_code == 400
    assert client.get(REQUESTS, params={"since": "soon"}).status_code == 400


def test_class_of_a_status_selects_no_other_class(client: TestClient) -> None:
    """Each class has neighbours on both sides, so a bound that is too wide selects one of them."""
    fault = {"vendor": "returnmate", "what": "redirect", "when": {"next": 1}}
    fault["parameters"] = {"status": 307, "location": "https://example.com/"}
    for body in (fault, {"vendor": "returnmate", "what": "server_error", "when": {"next": 1}}):
        assert client.post("/__sandbox/tenants/demo/faults", json=body).status_code == 201
        mate(client, "GET", "/rmas")
    mate(client, "GET", "/rmas")
    mate(client, "GET", "/rmas/rma_missing")
    statuses = {one["status"] for one in listed(client)}
    assert statuses == {200, 307, 404, 500}
    for status in statuses:
        found = [one["status"] for one in listed(client, status=f"{status // 100}xx")]
        assert found == [status]


def test_long_bodies_are_cut_and_marked(client: TestClient) -> None:
    long = {"note": "x" * (MAX_BODY + 5), "order_number": "#1"}
    mate(client, "POST", "/rmas", json=long)
    (shown,) = listed(client)
    request = shown["request"]
    assert request["body_cut"] is True
    assert request["body_format"] == "text"
    assert len(request["body"]) == MAX_BODY
    assert request["body_bytes"] > MAX_BODY
    assert shown["response"]["body_cut"] is False


def test_secret_in_a_cut_body_is_hidden(client: TestClient) -> None:
    base = credentials(client, "exsited")["base_url"]
    body = {"client_secret": UNKNOWN, "filler": "x" * MAX_BODY}
    assert client.post(base + LOGIN_OPERATIONS["exsited"], json=body).status_code >= 400
    shown = client.get("/__sandbox/requests").text
    assert "filler" in shown
    assert UNKNOWN not in shown


def test_unknown_request_is_not_found(client: TestClient) -> None:
    for path in (f"{REQUESTS}/999999", "/__sandbox/requests/999999"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "999999" in answer.json()["error"]["message"]
    assert client.get("/__sandbox/tenants/nobody/requests").status_code == 404


def test_reset_and_deletion_delete_the_requests(client: TestClient) -> None:
    assert client.post("/__sandbox/tenants", json={"name": "brief", "seed_size": 0}).status_code == 201
    found = credentials(client, "returnmate", "brief")
    journal = client.app.world.journal  # type: ignore[attr-defined]
    client.get(f"{found['base_url']}/rmas", headers=found["headers"])
    assert journal.count("brief") == 1
    assert client.post("/__sandbox/tenants/brief/reset").status_code == 200
    assert journal.count("brief") == 0
    client.get(f"{found['base_url']}/rmas", headers=found["headers"])
    assert journal.count("brief") == 1
    assert client.delete("/__sandbox/tenants/brief").status_code == 204
    assert journal.count("brief") == 0


def test_number_of_requests_is_limited_and_zero_turns_the_journal_off() -> None:
    for capacity in (0, 2):
        settings = Settings(seed_size=0, database="sqlite://", journal=capacity)
        with TestClient(create_app(settings), base_url=URL) as client:
            for _ in range(4):
                mate(client, "GET", "/rmas")
                client.get("/returnmate/v1/rmas")
            assert len(listed(client)) == capacity
            assert len(listed(client, "/__sandbox/requests")) == capacity


def test_memory_is_limited(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "MAX_BYTES", 60_000)
    for _ in range(12):
        mate(client, "POST", "/rmas", json={"note": "x" * 9_000})
    kept = listed(client)
    assert 1 < len(kept) < 6
    assert kept[0]["id"] - kept[-1]["id"] == len(kept) - 1


def test_faults_are_recorded(client: TestClient) -> None:
    faults = "/__sandbox/tenants/demo/faults"
    added = {"vendor": "returnmate", "what": "bad_gateway", "when": {"next": 1}}
    fault = client.post(faults, json=added).json()["id"]
    mate(client, "GET", "/rmas")
    mate(client, "GET", "/rmas")
    client.delete(faults)
    _, met = listed(client)
    assert (met["fault"], met["status"]) == (fault, 502)
    assert met["verdict"] == "A fault changed the response."
    assert met["response"]["headers"]["x-sandbox-fault"] == fault
    assert listed(client, fault=fault) == [met]
