"""Faults that replace an answer: added over the control plane, seen by a client over HTTP."""

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.each import each
from support.faulty import LISTS, create, tenant_of
from support.sandbox import Sandbox as Running
from support.sandbox import running

from mock_server.testing import Sandbox, SandboxError, Tenant

EVERYWHERE = pytest.mark.parametrize("vendor", sorted(LISTS))


@pytest.fixture(scope="module")
def client(sandbox: Running) -> Iterator[Sandbox]:
    with Sandbox(sandbox.url) as found:
        yield found


@pytest.fixture
def tenant(client: Sandbox) -> Iterator[Tenant]:
    with tenant_of(client) as made:
        yield made


def listed(tenant: Tenant, vendor: str, **headers: str) -> httpx.Response:
    """List returns at a vendor, as its client does."""
    with tenant.client(vendor) as http:
        return http.get(LISTS[vendor][1], headers=headers)


def envelope(body: Any) -> Any:
    """Return the keys of a body, and of the objects in it, without their values."""
    if isinstance(body, list):
        return [envelope(one) for one in body]
    return {key: envelope(value) for key, value in body.items()} if isinstance(body, dict) else None


@EVERYWHERE
def test_error_has_its_status_and_the_vendors_envelope(tenant: Tenant, vendor: str) -> None:
    refused = httpx.get(tenant.credentials(vendor).base_url + LISTS[vendor][1])
    assert refused.status_code == HTTPStatus.UNAUTHORIZED
    for what, status in (("rate_limited", 429), ("server_error", 500), ("unavailable", 503)):
        fault = tenant.faults.add(what, vendor=vendor, next=1)
        answer = listed(tenant, vendor)
        assert (answer.status_code, answer.headers["x-sandbox-fault"]) == (status, fault.id)
        assert envelope(answer.json()) == envelope(refused.json())
        assert str(HTTPStatus.UNAUTHORIZED.value) not in answer.text
        assert "retry-after" not in answer.headers
        assert listed(tenant, vendor).status_code == HTTPStatus.OK
    assert [fault.fired for fault in tenant.faults.list()] == [1, 1, 1]


@EVERYWHERE
def test_retry_after_is_sent_in_three_forms(tenant: Tenant, vendor: str) -> None:
    forms = {"seconds": "30", "milliseconds": "30000", "date": "Mon, 02 Mar 2026 09:00:30 GMT"}
    for form, expected in each(forms.items()):
        for what in ("rate_limited", "unavailable"):
            tenant.faults.add(what, vendor=vendor, next=1, retry_after=30, format=form)
            answer = listed(tenant, vendor)
            assert answer.headers["retry-after"] == expected
    later = parsedate_to_datetime(forms["date"]) - parsedate_to_datetime(answer.headers["date"])
    assert later.total_seconds() == 30, "on the tenant's clock"


@EVERYWHERE
def test_expired_login_is_the_vendors_own_refusal(tenant: Tenant, vendor: str) -> None:
    address = tenant.credentials(vendor).base_url + LISTS[vendor][1]
    wrong = dict.fromkeys(tenant.credentials(vendor).headers, "wrong")
    refused = httpx.get(address, headers=wrong)
    tenant.faults.add("expired_login", vendor=vendor, next=1)
    answer = listed(tenant, vendor)
    assert answer.status_code == refused.status_code == HTTPStatus.UNAUTHORIZED
    assert envelope(answer.json()) == envelope(refused.json())
    assert answer.headers.get("www-authenticate") == refused.headers.get("www-authenticate")
    assert listed(tenant, vendor).status_code == HTTPStatus.OK


@EVERYWHERE
def test_bad_gateway_is_a_page_of_html(tenant: Tenant, vendor: str) -> None:
    tenant.faults.add("bad_gateway", vendor=vendor)
    answer = listed(tenant, vendor)
    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html; charset=utf-8")
    assert "<h1>502 Bad Gateway</h1>" in answer.text


def test_fault_is_about_one_operation_of_one_vendor_of_one_tenant(client: Sandbox, tenant: Tenant) -> None:
    tenant.faults.add("server_error", vendor="returnmate", operation="create_return")
    with tenant.client("returnmate") as http, tenant_of(client) as other, other.client("returnmate") as its:
        assert create(http).status_code == HTTPStatus.INTERNAL_SERVER_ERROR
        assert http.get("/rmas").status_code == HTTPStatus.OK
        assert create(its).status_code == HTTPStatus.CREATED
    assert listed(tenant, "exsited").status_code == HTTPStatus.OK
    assert tenant.ledger(kind="return.created", vendor="returnmate")[-1].sequence <= len(tenant.ledger())
    (fault,) = tenant.faults.list()
    assert (fault.calls, fault.fired, fault.active) == (1, 1, True)


def test_failed_create_changes_nothing(tenant: Tenant) -> None:
    before = len(tenant.ledger())
    tenant.faults.add("unavailable", vendor="returnmate", operation="create_return", next=2)
    with tenant.client("returnmate") as http:
        assert [create(http).status_code for _ in range(3)] == [503, 503, 201]
    assert len(tenant.ledger()) == before + 1


def test_change_is_made_before_an_error_after_the_commit(tenant: Tenant) -> None:
    """The answer is the same as without `after_commit`; only the ledger shows the difference."""
    with tenant.client("returnmate") as http:
        for what, status in (
            ("server_error", 500),
            ("bad_gateway", 502),
            ("unavailable", 503),
            ("redirect", 307),
        ):
            before, answers = len(tenant.ledger()), []
            for works in (False, True):
                tenant.faults.add(what, operation="create_return", after_commit=works, next=1)
                answers.append(create(http))
                assert len(tenant.ledger()) == before + works, what
            assert [answer.status_code for answer in answers] == [status, status]
            assert answers[0].content == answers[1].content


def test_redirect_has_the_status_and_address_that_were_chosen(tenant: Tenant) -> None:
    tenant.faults.add("redirect", vendor="returnmate", status=303, location="/returnmate/v1/rmas", next=1)
    answer = listed(tenant, "returnmate")
    assert (answer.status_code, answer.headers["location"]) == (303, "/returnmate/v1/rmas")
    assert answer.content == b""
    with pytest.raises(SandboxError, match="location"):
        tenant.faults.add("redirect", location="moved.example.com")


def test_only_calls_with_valid_credentials_count(tenant: Tenant) -> None:
    fault = tenant.faults.add("server_error", next=1)
    address = tenant.credentials("returnmate").base_url + "/rmas"
    assert httpx.get(address).status_code == HTTPStatus.UNAUTHORIZED
    assert tenant.faults.get(fault.id).calls == 0
    assert listed(tenant, "returnmate").status_code == HTTPStatus.INTERNAL_SERVER_ERROR


def test_login_itself_can_fail(tenant: Tenant) -> None:
    login = tenant.credentials("exsited")
    tenant.faults.add("unavailable", vendor="exsited", operation="create_token", next=1)
    body = {"grant_type": "client_credentials", **login.fields}
    address = login.base_url + "/api/v1/oauth2/token"
    assert [httpx.post(address, json=body).status_code for _ in range(2)] == [503, 200]
    tenant.faults.add("latency", vendor="exsited", operation="create_token", milliseconds=50)
    late = httpx.post(address, json=body)
    assert (late.status_code, "x-sandbox-fault" in late.headers) == (200, True)


def test_latency_delays_the_answer_by_what_was_drawn(tenant: Tenant) -> None:
    tenant.faults.add("latency", vendor="returnmate", milliseconds=120, max_milliseconds=160, next=2)
    for fired in (True, True, False):
        answer = listed(tenant, "returnmate")
        seconds = answer.elapsed.total_seconds()
        assert answer.status_code == HTTPStatus.OK
        assert ("x-sandbox-fault" in answer.headers) is fired
        assert seconds >= 0.12 or not fired


def test_latency_is_added_to_another_fault(tenant: Tenant) -> None:
    slow = tenant.faults.add("latency", milliseconds=100, next=1)
    broken = tenant.faults.add("server_error", next=1)
    late = tenant.faults.add("unavailable", next=1)
    answer = listed(tenant, "swap")
    assert (answer.status_code, answer.headers["x-sandbox-fault"]) == (500, f"{slow.id}, {broken.id}")
    assert answer.elapsed.total_seconds() >= 0.1
    assert listed(tenant, "swap").headers["x-sandbox-fault"] == late.id


def test_every_kth_and_the_first_calls_are_counted_per_operation(tenant: Tenant) -> None:
    fault = tenant.faults.add("server_error", vendor="returnmate", every=3, after=2)
    with tenant.client("returnmate") as http:
        lists = [http.get("/rmas").status_code for _ in range(8)]
        parcels = [http.get("/shipments").status_code for _ in range(5)]
    assert lists == [200, 200, 200, 200, 500, 200, 200, 500]
    assert parcels == [200, 200, 200, 200, 500]
    shown = tenant.faults.get(fault.id)
    assert (shown.calls, shown.fired, shown.when) == (13, 3, {"every": 3, "after": 2, "seed": 1})


def test_fault_ends_when_it_is_deleted(tenant: Tenant) -> None:
    first, second = tenant.faults.add("server_error"), tenant.faults.add("unavailable")
    assert listed(tenant, "returngo").status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    tenant.faults.delete(first.id)
    assert listed(tenant, "returngo").status_code == HTTPStatus.SERVICE_UNAVAILABLE
    tenant.faults.clear()
    assert listed(tenant, "returngo").status_code == HTTPStatus.OK
    assert tenant.faults.list() == []
    for id_ in (second.id, "flt_x", "flt_999999999999999999999"):
        with pytest.raises(SandboxError, match="has no fault") as raised:
            tenant.faults.delete(id_)
        assert raised.value.status == HTTPStatus.NOT_FOUND


def test_reset_deletes_all_faults(tenant: Tenant) -> None:
    tenant.faults.add("server_error")
    tenant.reset()
    assert tenant.faults.list() == []
    assert listed(tenant, "returnmate").status_code == HTTPStatus.OK


def test_deleted_tenant_leaves_no_fault(client: Sandbox) -> None:
    for _ in range(2):
        with tenant_of(client, name="faulty-again") as made:
            assert made.faults.list() == []
            made.faults.add("server_error")


def test_faults_and_their_counts_survive_a_restart(tmp_path: Path) -> None:
    with running(tmp_path) as first, Sandbox(first.url) as client:
        client.tenant("demo").faults.add("server_error", vendor="returnmate", next=3)
        assert listed(client.tenant("demo"), "returnmate").status_code == 500
    with running(tmp_path) as second, Sandbox(second.url) as client:
        demo = client.tenant("demo")
        assert [listed(demo, "returnmate").status_code for _ in range(3)] == [500, 500, 200]
        (fault,) = demo.faults.list()
        assert (fault.calls, fault.fired, fault.active) == (3, 3, False)


@pytest.mark.parametrize(
    ("sent", "field", "sentence"),
    [
        ({"what": "latensy"}, "what", 'Did you mean "latency"?'),
        ({"what": "429"}, "what", 'Did you mean "rate_limited"?'),
        ({"what": "duplicate"}, "what", 'Did you mean "webhook_duplicate"?'),
        ({"what": "zzz"}, "what", 'named "zzz". Choose latency, rate_limited'),
        ({"what": "cut", "vendor": "returnmat"}, "vendor", 'Did you mean "returnmate"?'),
        (
            {"what": "cut", "vendor": "swap", "operation": "list_return"},
            "operation",
            'Did you mean "list_returns"?',
        ),
        ({"what": "cut", "vendor": "swap", "operation": "get_rma"}, "operation", 'of swap named "get_rma"'),
        ({"what": "cut", "operation": "webhook"}, "operation", "must not be webhook"),
        ({"what": "webhook_drop", "operation": "get_rma"}, "operation", "must be webhook or *"),
        ({"what": "late_record", "operation": "create_return"}, "operation", "must be one that reads"),
        (
            {"what": "rate_limited", "parameters": {"retry_afer": 1}},
            "parameters.retry_afer",
            '"retry_after"',
        ),
        (
            {"what": "expired_login", "parameters": {"x": 1}},
            "parameters.x",
            'named "x", and no other',
        ),
        (
            {"what": "rate_limited", "parameters": {"retry_after": -1}},
            "parameters.retry_after",
            "must be at least 0",
        ),
        (
            {"what": "latency", "parameters": {"milliseconds": 5, "max_milliseconds": 4}},
            "parameters.max_milliseconds",
            "must not be less than milliseconds",
        ),
        ({"what": "cut", "when": {"next": 1, "share": 0.5}}, "when", "must have only one of next, share"),
        ({"what": "cut", "when": {"share": 0}}, "when.share", "must be more than 0"),
        ({"what": "cut", "when": {"nxt": 1}}, "when.nxt", "is not a known field"),
    ],
)
def test_mistakes_are_located_and_explained(
    sandbox: Running, sent: dict[str, Any], field: str, sentence: str
) -> None:
    answer = httpx.post(f"{sandbox.url}/__sandbox/tenants/demo/faults", json=sent)
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    (error,) = answer.json()["error"]["fields"]
    assert error["field"] == field
    assert sentence in error["message"]


def test_kinds_are_listed_with_a_schema_of_their_parameters(client: Sandbox, tenant: Tenant) -> None:
    for kind in each(client.fault_kinds()["kinds"]):
        fault = tenant.faults.add(kind["what"])
        assert set(fault.parameters) <= set(kind["schema"]["properties"])
        assert fault.operation == ("webhook" if kind["target"] == "webhooks" else "*")
