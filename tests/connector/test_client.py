"""Requests as they are sent, and how each kind of answer is handled: errors, retries, waits and pages."""

from __future__ import annotations

import json
from decimal import Decimal
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.fake_vendor import BASE_URL, KEY, Time, Wire, one, refusal, rows

import connector
from connector.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    UnexpectedResponse,
    ValidationFailed,
    VendorUnavailable,
)
from connector.transport.addresses import parse_base_url
from connector.transport.rate_limits import Limiter

if TYPE_CHECKING:
    from connector.definition.model import Integration
    from connector.runtime.connection import Connection

pytestmark = pytest.mark.anyio


RETURN = {"id": "rma_1", "status": "pending"}
LINE = {"sku": "BOOT-39", "quantity": 1, "reason": "defective"}
ORDER = {"order_number": "#1001", "customer_email": "kim@example.com", "items": [LINE]}


async def test_list_request_has_filters_credentials_and_user_agent(rm: Connection, wire: Wire) -> None:
    wire.reply(rows(RETURN, total=7))
    answer = await rm.operations.list_returns(status="pending", per_page=5)
    sent = wire.requests[0]
    assert str(sent.url) == f"{BASE_URL}/rmas?status=pending&per_page=5"
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert sent.headers["user-agent"].startswith("returns-connector/")
    assert answer.data == [RETURN]
    assert answer.meta["total"] == 7


@pytest.mark.parametrize(
    "url",
    ["https://other.example.com/v1", "http://api.shop.example.com/v1", "https://api.shop.example.com:444/"],
)
async def test_credentials_are_sent_to_the_vendors_base_url_only(
    rm: Connection, wire: Wire, url: str
) -> None:
    wire.reply(rows())
    sender = rm.client._sender
    await sender._replied(sender.http.build_request("GET", url), KEY)
    assert "authorization" not in wire.requests[0].headers


async def test_several_values_are_sent_as_a_repeated_form_field(rm: Connection, wire: Wire) -> None:
    wire.reply(rows())
    await rm.operations.list_returns(status=["pending", "approved"])
    assert wire.requests[0].url.query == b"status%5B%5D=pending&status%5B%5D=approved"


@pytest.mark.parametrize(
    ("value", "path"), [("a/b", "a%2Fb"), ("#7@x y", "%237%40x%20y"), ("ü%", "%C3%BC%25")]
)
async def test_path_value_is_encoded_as_one_segment(
    rm: Connection, wire: Wire, value: str, path: str
) -> None:
    wire.reply(one(id="x"))
    await rm.operations.get_return(id=value)
    assert wire.requests[0].url.raw_path.decode() == f"/v1/rmas/{path}"


@pytest.mark.parametrize("value", ["", ".", ".."])
async def test_path_value_that_changes_the_path_is_refused(rm: Connection, wire: Wire, value: str) -> None:
    with pytest.raises(ValidationFailed):
        await rm.operations.get_return(id=value)
    assert wire.requests == []


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"status": "aproved"}, "status", "did you mean approved?"),
        ({"per_page": 101}, "per_page", "must be at most 100"),
        ({"page": 0}, "page", "must be at least 1"),
        ({"page": "1"}, "page", "must be a whole number"),
        ({"per_page": True}, "per_page", "must be a whole number"),
        ({"created_after": "yesterday"}, "created_after", "must be a time"),
        ({"custmer_email": "x"}, "custmer_email", "did you mean customer_email?"),
        ({"status": ["pending", "nope"]}, "status[1]", "must be pending"),
        ({"order_number": "a\0b"}, "order_number", "cannot be sent"),
    ],
)
async def test_invalid_input_is_named_and_not_sent(
    rm: Connection, wire: Wire, values: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(ValidationFailed) as caught:
        await rm.operations.list_returns(**values)
    assert [error.field for error in caught.value.fields] == [field]
    assert words in str(caught.value)
    assert wire.requests == []


async def test_all_invalid_body_fields_are_reported_together(rm: Connection, wire: Wire) -> None:
    lines = [{"sku": "", "quantity": 0, "reason": "x", "colour": "red"}, "boots"]
    with pytest.raises(ValidationFailed) as caught:
        await rm.operations.create_return(order_number="!", items=lines)
    fields = {error.field for error in caught.value.fields}
    assert fields == {
        "order_number", "customer_email", "items[0].sku", "items[0].quantity", "items[0].colour", "items[1]",
    }  # fmt: skip
    assert wire.requests == []


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal(401, "AUTHENTICATION_ERROR", "No."), AuthenticationError),
        (refusal(403, "PERMISSION_DENIED", "No."), PermissionDenied),
        (refusal(404, "NOT_FOUND", "No."), NotFound),
        (refusal(400, "VALIDATION_ERROR", "No."), ValidationFailed),
        (refusal(418, "TEAPOT", "No."), UnexpectedResponse),
        (httpx.Response(302, headers={"location": "https://evil.example.com"}), UnexpectedResponse),
        (httpx.Response(200, text="<html>Down for maintenance</html>"), UnexpectedResponse),
        (httpx.Response(200, content=b'{"success": true, "data": [{"id"'), UnexpectedResponse),
        (httpx.Response(200, content=b"\xff\xfe"), UnexpectedResponse),
        (httpx.Response(200, content=b"[" * 100_000), UnexpectedResponse),
        (httpx.Response(200, json={"success": True, "data": None}), UnexpectedResponse),
        (httpx.Response(200, json={"success": True, "data": [RETURN, None]}), UnexpectedResponse),
        (httpx.Response(200, json=None), UnexpectedResponse),
        (httpx.Response(400, text="<html>Bad</html>"), ValidationFailed),
        (httpx.Response(401, json={"error": None}), AuthenticationError),
        (httpx.Response(404, json=[]), NotFound),
        (httpx.Response(404, content=b""), NotFound),
        (httpx.Response(404, text="<html>Not here</html>"), UnexpectedResponse),
        (
            httpx.Response(200, json={"success": False, "error": {"code": "NOT_FOUND", "message": "No."}}),
            NotFound,
        ),
    ],
)
async def test_error_answer_raises_its_typed_error(
    rm: Connection, wire: Wire, answer: httpx.Response, kind: type[ConnectorError]
) -> None:
    wire.reply(answer)
    with pytest.raises(kind) as caught:
        await rm.operations.list_returns()
    assert type(caught.value) is kind or answer.status_code == 200
    assert caught.value.operation == "list_returns"
    assert len(wire.requests) == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["success", "data", "meta", "error", "code", "details", "fields"]), inner
        )
    ),
    max_leaves=10,
)


# Hypothesis warns that examples share fixtures. That is safe here: each example queues its own answer,
# and the connection keeps only its pacing between calls.
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(status=st.sampled_from([200, 201, 400, 401, 403, 404, 409, 418]), body=JSON)
async def test_any_json_is_accepted_or_raises_a_typed_error(
    rm: Connection, wire: Wire, status: int, body: Any
) -> None:
    wire.reply(httpx.Response(status, json=body))
    try:
        answer = await rm.operations.list_returns()
    except ConnectorError:
        return
    assert all(isinstance(row, dict) for row in answer.data)
    assert isinstance(answer.meta, dict)


async def test_unknown_values_fields_and_fractions_are_passed_through(rm: Connection, wire: Wire) -> None:
    wire.reply(
        httpx.Response(200, content=b'{"success":true,"data":{"status":"on_hold","x":1.10,"new":{"a":null}}}')
    )
    answer = await rm.operations.get_return(id="rma_1")
    assert answer.data == {"status": "on_hold", "x": Decimal("1.10"), "new": {"a": None}}


async def test_field_errors_from_the_vendor_are_kept(rm: Connection, wire: Wire) -> None:
    problem = {"field": "items[0].sku", "message": "is not part of this order"}
    wire.reply(refusal(400, "VALIDATION_ERROR", "Invalid", fields=[problem]))
    with pytest.raises(ValidationFailed, match=r"^returnmate: Invalid\.$") as caught:
        await rm.operations.create_return(**ORDER)
    assert str(caught.value.fields[0]) == "items[0].sku is not part of this order"


async def test_missing_permission_is_named(rm: Connection, wire: Wire) -> None:
    wire.reply(httpx.Response(403))
    with pytest.raises(PermissionDenied, match="list_returns needs rmas:read") as caught:
        await rm.operations.list_returns()
    assert caught.value.scope == "rmas:read"


async def test_secret_echoed_by_the_vendor_is_masked(rm: Connection, wire: Wire) -> None:
    wire.reply(refusal(401, "AUTHENTICATION_ERROR", f"The key {KEY} is not valid"))
    with pytest.raises(AuthenticationError) as caught:
        await rm.operations.list_returns()
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.Response(500),
        httpx.Response(503, text="busy"),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("gone"),
    ],
    ids=["500", "503", "no connection", "time-out", "cut off"],
)
async def test_read_is_retried_with_growing_pauses(
    rm: Connection, wire: Wire, time: Time, trouble: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.transport.retries.random.uniform", max)
    wire.reply(trouble, trouble, rows(RETURN))
    assert (await rm.operations.list_returns()).data == [RETURN]
    assert time.slept == [0.5, 1.0]
    wire.reply(trouble)
    wire.requests.clear()
    with pytest.raises(VendorUnavailable):
        await rm.operations.list_returns()
    assert len(wire.requests) == 4


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.Response(500),
        httpx.ReadTimeout("slow"),
        httpx.Response(201, text="{"),
        httpx.RemoteProtocolError("gone"),
    ],
    ids=["500", "time-out", "truncated", "cut off"],
)
async def test_write_without_a_usable_answer_is_not_retried(rm: Connection, wire: Wire, trouble: Any) -> None:
    wire.reply(trouble)
    with pytest.raises(OutcomeUnknown) as caught:
        await rm.operations.create_return(**ORDER)
    assert len(wire.requests) == 1
    assert caught.value.sent["body"] == ORDER
    assert KEY not in json.dumps(caught.value.sent)


async def test_write_that_was_never_sent_is_retried(rm: Connection, wire: Wire) -> None:
    wire.reply(
        httpx.ConnectError("refused"), refusal(429, headers={"retry-after": "3"}), one(201, id="rma_1")
    )
    assert (await rm.operations.create_return(**ORDER)).data == {"id": "rma_1"}


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "Sun, 01 Mar 2026 12:00:09 GMT", "date": "Sun, 01 Mar 2026 12:00:00 GMT"}, 9),
        ({"x-ratelimit-reset": "1772366411", "date": "Sun, 01 Mar 2026 12:00:00 GMT"}, 11),
    ],
)
async def test_retry_after_of_the_vendor_is_obeyed(
    rm: Connection, wire: Wire, time: Time, headers: dict[str, str], pause: int
) -> None:
    wire.reply(refusal(429, "RATE_LIMITED", "Slow down", headers=headers), rows())
    await rm.operations.list_returns()
    assert time.slept == [pause]


async def test_retry_after_of_hours_raises_at_once(rm: Connection, wire: Wire, time: Time) -> None:
    wire.reply(refusal(429, "RATE_LIMITED", "Tomorrow", headers={"retry-after": "40000"}))
    with pytest.raises(RateLimited) as caught:
        await rm.operations.list_returns()
    assert caught.value.retry_after == 40_000
    assert time.slept == []


async def test_exhausted_rate_limit_is_waited_out_before_the_next_request(
    rm: Connection, wire: Wire, time: Time
) -> None:
    limits = {"x-ratelimit-limit": "60", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1772366421"}
    first = rows()
    first.headers.update({**limits, "date": "Sun, 01 Mar 2026 12:00:00 GMT"})
    wire.reply(first, rows())
    await rm.operations.list_returns()
    await rm.operations.list_returns()
    assert time.slept == [21]


async def test_requests_are_paced_by_the_plan_named_in_the_headers(
    rm: Connection, wire: Wire, time: Time
) -> None:
    answer = rows()
    answer.headers.update({"x-ratelimit-limit": "120", "x-ratelimit-remaining": "60"})
    wire.reply(answer)
    for _ in range(121):
        await rm.operations.list_returns()
    assert time.slept == [60]


async def test_vendor_without_rate_limit_headers_is_not_paced(rm: Connection, wire: Wire, time: Time) -> None:
    wire.reply(rows())
    for _ in range(200):
        await rm.operations.list_returns()
    assert time.slept == []


async def test_all_pages_are_read_with_the_same_filters(rm: Connection, wire: Wire) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        page, size = int(request.url.params["page"]), int(request.url.params["per_page"])
        found = [{"id": f"r{index}"} for index in range(7)][(page - 1) * size : page * size]
        meta = {"page": page, "per_page": size, "total": 7}
        return httpx.Response(200, json={"success": True, "data": found, "meta": meta})

    wire.reply(answer)
    found = [row["id"] async for row in rm.operations.list_returns.rows(status="pending", per_page=3)]
    assert found == [f"r{index}" for index in range(7)]
    assert {request.url.params["status"] for request in wire.requests} == {"pending"}
    assert len(wire.requests) == 3


async def test_operation_without_pages_cannot_be_paged(rm: Connection) -> None:
    with pytest.raises(ConfigurationError, match="has no pages"):
        _ = [row async for row in rm.operations.get_returns_report.rows()]


def test_unknown_operation_or_key_suggests_the_closest_name(rm: Connection) -> None:
    with pytest.raises(AttributeError, match="did you mean list_returns"):
        _ = rm.operations.list_rmas_returns
    with pytest.raises(ConfigurationError, match=r"Did you mean \"new_return\"\?"):
        _ = rm.triggers["new_retrun"]
    with pytest.raises(KeyError):
        _ = rm.actions["nope"]


@pytest.mark.parametrize("key", ["", "a\nb", "schlüssel"])
def test_invalid_credential_is_refused(integration: Integration, key: str) -> None:
    with pytest.raises(ConfigurationError):
        connector.open(integration, api_key=key)


@pytest.mark.parametrize(
    "url",
    ["api.example.com/v1", "127.0.0.1:4010", "ftp://a.example.com", "http://", "http://a.example.com:x"],
)
def test_invalid_base_url_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a base URL"):
        parse_base_url(url)


def test_connection_requires_a_valid_base_url(integration: Integration) -> None:
    with pytest.raises(ConfigurationError, match="with https:// or http://"):
        connector.open(integration, base_url="127.0.0.1:4010", api_key="y")


def test_unknown_login_field_is_refused(integration: Integration) -> None:
    with pytest.raises(ConfigurationError, match='Did you mean "api_key"'):
        connector.open(integration, api_kee="x", api_key="y")


async def test_rate_limit_that_another_request_hits_during_a_wait_is_obeyed(integration: Integration) -> None:
    time = Time()

    def exhausted(seconds: int) -> httpx.Headers:
        reset = int(time.now.timestamp()) + seconds
        said = {"x-ratelimit-limit": "60", "x-ratelimit-remaining": "0", "x-ratelimit-reset": str(reset)}
        return httpx.Headers({**said, "date": format_datetime(time.now, usegmt=True)})

    async def sleep(seconds: float) -> None:
        await time.sleep(seconds)
        if len(time.slept) == 1:
            limiter.learn(exhausted(40))

    limiter = Limiter(integration.limits, time.clock, sleep, 90)
    limiter.learn(exhausted(10))
    await limiter.admit("list_returns")
    await limiter.admit("list_returns")
    assert time.slept == [10, 40]
