"""Writes are sent once; without an answer, the connector searches for the record before it gives up."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.any_vendor import open_any
from support.each import each
from support.fake_vendor import BASE_URL, KEY, Time, Wire, one, refusal, rows

import connector
from connector.definition.compiler import integration, vendors
from connector.errors import OutcomeUnknown, ValidationFailed

if TYPE_CHECKING:
    from connector.runtime.connection import Connection

pytestmark = pytest.mark.anyio
LINE = {"sku": "BOOT-39", "quantity": 1, "reason": "defective"}
ORDER: dict[str, Any] = {"order_number": "#1001", "customer_email": "Kim@example.com", "items": [LINE]}
TIMEOUT = httpx.ReadTimeout("slow")


def made(at: str = "2026-03-01T12:00:00Z", **changes: Any) -> dict[str, Any]:
    record = {
        "id": "rma_1",
        "order_number": "#1001",
        "customer": {"email": "kim@example.com"},
        "items": [{**LINE, "id": "itm_1"}],
        "created_at": at,
    }
    return {**record, **changes}


def methods(wire: Wire) -> list[str]:
    return [request.method for request in wire.requests]


async def test_inputs_are_placed_in_the_body_and_empty_inputs_are_omitted(rm: Connection, wire: Wire) -> None:
    wire.reply(one(201, id="rma_1"))
    done = await rm.actions["update_return_status"](return_id="rma_1", status="approved", note="")
    assert done == {"id": "rma_1"}
    assert wire.requests[0].url.path == "/v1/rmas/rma_1"
    assert wire.requests[0].content == b'{"status": "approved"}'


async def test_invalid_inputs_are_reported_by_key(rm: Connection, wire: Wire) -> None:
    with pytest.raises(ValidationFailed) as caught:
        await rm.actions["update_return_status"](retrun_id="rma_1", status="aproved")
    assert {error.field for error in caught.value.fields} == {"retrun_id", "return_id", "status"}
    assert "did you mean return_id?" in str(caught.value)
    assert wire.requests == []


async def test_lost_create_that_succeeded_is_found(rm: Connection, wire: Wire) -> None:
    wire.reply(TIMEOUT, rows(), rows(made(at="2026-02-01T00:00:00Z", id="old"), made()))
    done = await rm.actions["create_return"](**ORDER)
    assert done["id"] == "rma_1"
    assert methods(wire) == ["POST", "GET", "GET"]
    assert dict(wire.requests[1].url.params)["customer_email"] == "Kim@example.com"


async def test_lost_create_that_is_not_found_is_never_sent_again(rm: Connection, wire: Wire) -> None:
    """Sending it again could create two records if the vendor is slower than the search."""
    other = made(items=[{**LINE, "sku": "HAT-1"}])
    wire.reply(TIMEOUT, rows(other), rows(other), rows(other), one(201, id="rma_2"))
    with pytest.raises(OutcomeUnknown, match="It was not found within 10 seconds") as caught:
        await rm.actions["create_return"](**ORDER)
    assert methods(wire) == ["POST", "GET", "GET", "GET"]
    assert caught.value.sent["body"] == ORDER


@pytest.mark.parametrize(
    "nothing_done",
    [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), refusal(429, "RATE_LIMITED", "Slowly.")],
    ids=["refused", "no connection", "too many"],
)
async def test_write_that_certainly_failed_is_sent_again(
    rm: Connection, wire: Wire, nothing_done: Any
) -> None:
    wire.reply(nothing_done, one(201, id="rma_2"))
    assert (await rm.actions["create_return"](**ORDER))["id"] == "rma_2"
    assert methods(wire) == ["POST", "POST"]


@pytest.mark.parametrize(
    "lost",
    [httpx.ReadError("reset"), httpx.RemoteProtocolError("cut"), httpx.WriteError("pipe"), refusal(503)],
    ids=["reset", "cut off", "half sent", "unavailable"],
)
async def test_write_that_may_have_succeeded_is_searched_for(rm: Connection, wire: Wire, lost: Any) -> None:
    wire.reply(lost, rows(made()))
    assert (await rm.actions["create_return"](**ORDER))["id"] == "rma_1"
    assert methods(wire) == ["POST", "GET"]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([TIMEOUT, rows(made(), made(id="rma_2"))], "2 matching records"),
        ([TIMEOUT, refusal(403, "PERMISSION_DENIED", "No.")], "Looking for it failed too: No."),
        ([TIMEOUT, rows(), rows(), rows()], "it is not known whether it was done"),
    ],
    ids=["two alike", "may not look", "never seen"],
)
async def test_outcome_is_unknown_if_the_search_is_inconclusive(
    rm: Connection, wire: Wire, answers: list[Any], words: str
) -> None:
    wire.reply(*answers)
    with pytest.raises(OutcomeUnknown, match=words) as caught:
        await rm.actions["create_return"](**ORDER)
    assert caught.value.sent["body"] == ORDER
    assert KEY not in repr(caught.value.sent)


async def test_equal_record_of_the_call_before_is_not_taken_for_the_lost_one(
    rm: Connection, wire: Wire, time: Time
) -> None:
    """Two equal writes within a second cannot be distinguished by their times."""
    first = made(id="rma_1")
    wire.reply(one(201, **first), TIMEOUT, rows(first))
    assert (await rm.actions["create_return"](**ORDER))["id"] == "rma_1"
    with pytest.raises(OutcomeUnknown, match="It was not found"):
        await rm.actions["create_return"](**ORDER)
    wire.reply(TIMEOUT, rows(first, made(id="rma_2")))
    time.now -= timedelta(seconds=10)  # the searches waited
    assert (await rm.actions["create_return"](**ORDER))["id"] == "rma_2"


async def test_update_of_a_record_that_was_just_returned_is_still_found(rm: Connection, wire: Wire) -> None:
    moved = one(id="rma_1", status="approved", updated_at="2026-03-01T12:00:00Z")
    wire.reply(moved, TIMEOUT, moved)
    for _ in range(2):
        done = await rm.actions["update_return_status"](return_id="rma_1", status="approved")
        assert done["status"] == "approved"


async def test_search_for_a_lost_write_dates_it_by_the_vendors_clock(
    rm: Connection, wire: Wire, time: Time
) -> None:
    found = rows(made(at="2026-05-05T08:00:00Z"))
    found.headers["date"] = "Tue, 05 May 2026 08:00:01 GMT"
    wire.reply(TIMEOUT, found)
    assert (await rm.actions["create_return"](**ORDER))["id"] == "rma_1"
    earlier = rows(made(id="rma_2", at="2026-05-05T07:00:00Z"))
    earlier.headers["date"] = "Tue, 05 May 2026 08:00:01 GMT"
    wire.reply(TIMEOUT, earlier)
    with pytest.raises(OutcomeUnknown, match="It was not found"):
        await rm.actions["create_return"](**ORDER)


async def test_lost_label_is_searched_for_in_its_return(rm: Connection, wire: Wire) -> None:
    label = {"id": "shp_1", "carrier": "tnt", "direction": "return", "created_at": "2026-03-01T12:00:00Z"}
    wire.reply(TIMEOUT, one(id="rma_1", shipments=[{**label, "carrier": "tge"}, label]))
    done = await rm.actions["create_shipping_label"](return_id="rma_1", carrier="tnt")
    assert done["id"] == "shp_1"


async def test_lost_status_update_is_searched_for_in_the_return_itself(rm: Connection, wire: Wire) -> None:
    wire.reply(TIMEOUT, one(id="rma_1", status="approved", updated_at="2026-03-01T12:00:01Z"))
    done = await rm.actions["update_return_status"](return_id="rma_1", status="approved")
    assert done["status"] == "approved"
    assert methods(wire) == ["PATCH", "GET"]


async def test_idempotent_write_is_retried_after_a_pause(wire: Wire, time: Time) -> None:
    shop = connector.open(
        "returngo",
        base_url=BASE_URL,
        api_key="sandbox-demo-returngo",
        shop_name="shop.myshopify.example",
        transport=httpx.MockTransport(wire),
        clock=time.clock,
        sleep=time.sleep,
    )
    wire.reply(httpx.Response(502), httpx.ReadTimeout("late"), httpx.Response(200, json={"success": True}))
    await shop.actions["update_shipment"](shipment_id="7", tracking_number="T-1")
    assert (len(wire.requests), time.slept) == (3, [1.0, 3.0])
    wire.reply(httpx.Response(502))
    with pytest.raises(OutcomeUnknown):
        await shop.actions["update_shipment"](shipment_id="7", tracking_number="T-1")
    assert len(wire.requests) == 6


async def test_search_for_a_lost_write_stops_after_ten_pages_of_an_unfiltered_list(
    rm: Connection, wire: Wire
) -> None:
    strangers = [made(id=f"rma_{n}", order_number=f"#{n + 5_000}") for n in range(100)]
    wire.reply(TIMEOUT, rows(*strangers, total=1_000_000))
    with pytest.raises(OutcomeUnknown, match="list_returns has too many pages to read them all"):
        await rm.actions["create_return"](**ORDER)
    assert methods(wire) == ["POST", *["GET"] * 10]


async def test_search_for_a_lost_write_stops_after_a_minute(rm: Connection, wire: Wire, time: Time) -> None:
    def slow(_request: httpx.Request) -> httpx.Response:
        time.now += timedelta(seconds=25)
        return rows(made(order_number="#5000"), total=1_000)

    wire.reply(TIMEOUT, slow)
    with pytest.raises(OutcomeUnknown, match="check before you send it again"):
        await rm.actions["create_return"](**ORDER)
    assert methods(wire) == ["POST", "GET", "GET", "GET"]


async def test_lost_write_is_found_if_the_vendor_spells_values_differently(
    rm: Connection, wire: Wire
) -> None:
    right = made(order_number="1001", customer={"email": "KIM@example.com"})
    wire.reply(TIMEOUT, rows(made(id="rma_0", order_number="#10011"), right))
    assert await rm.actions["create_return"](**ORDER) == right
    moved: dict[str, Any] = {"id": "RMA_1", "status": "Label Sent", "updated_at": "2026-03-01T12:00:01Z"}
    wire.reply(TIMEOUT, one(**moved))
    assert await rm.actions["update_return_status"](return_id="rma_1", status="label_sent") == moved


async def test_record_on_two_pages_counts_once(rm: Connection, wire: Wire) -> None:
    """A record created during the search pushes the last row of a page onto the next page."""
    strangers = [made(id=f"rma_{n}", order_number=f"#{n + 5_000}") for n in range(99)]
    again = made(updated_at="2026-03-01T12:00:09Z")
    wire.reply(TIMEOUT, rows(*strangers, made(), total=101), rows(again, total=101))
    assert await rm.actions["create_return"](**ORDER) == again


@pytest.mark.parametrize(
    "changes",
    [
        {"order_number": None},
        {"order_number": "#10017"},
        {"customer": None},
        {"customer": {"email": "other@example.com"}},
        {"items": None},
        {"items": [None]},
        {"created_at": None},
        {"created_at": "0000-00-00"},
        {"created_at": 1_793_880_000},
        {"created_at": "2026-02-01T00:00:00Z"},
    ],
)
async def test_search_for_a_lost_write_never_returns_another_customers_record(
    rm: Connection, wire: Wire, changes: dict[str, Any]
) -> None:
    wire.reply(TIMEOUT, rows({**made(), **changes}))
    with pytest.raises(OutcomeUnknown, match="it may still be done"):
        await rm.actions["create_return"](**ORDER)
    assert methods(wire).count("POST") == 1


async def test_lost_return_of_an_invoice_is_matched_by_required_inputs(time: Time) -> None:
    """Note and number are optional; without them, any new return of the invoice would match."""
    other: dict[str, Any] = {
        "uuid": "u0",
        "id": "RMA-1",
        "invoice_id": "INV-1",
        "created_on": "2026-03-01T12:00:01Z",
    }
    other["returns"] = [{"rma_requested": "9"}]
    mine = {**other, "uuid": "u1", "returns": [{"rma_requested": "1"}, {"rma_requested": "2"}]}
    elsewhere = {**mine, "uuid": "u2", "invoice_id": "INV-10"}
    answers: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            raise TIMEOUT
        page = int(request.url.params.get("offset", "0"))
        return httpx.Response(200, json={"invoice": {"return_merchandise_authorisations": answers[page:]}})

    connection = open_any("exsited", time, answer)
    lines = [{"invoice_line_uuid": "l1", "quantity": "2"}, {"invoice_line_uuid": "l2", "quantity": "1"}]
    answers[:] = [other, elsewhere, mine]
    assert await connection.actions["create_return"](invoice_id="inv-1", items=lines) == mine
    answers[:] = [other, elsewhere]
    with pytest.raises(OutcomeUnknown):
        await connection.actions["create_return"](invoice_id="INV-1", items=lines)
    await connection.client.close()


def test_every_search_for_a_lost_write_compares_a_required_input() -> None:
    looks = [
        (action, action.finding)
        for vendor in vendors()
        for action in integration(vendor).actions.values()
        if action.finding
    ]
    assert len(looks) >= 6
    for action, finding in each(looks):
        required = {one.key for one in action.inputs if one.required} - set(finding.path_values.values())
        compared = {source[0] for _path, source in finding.equal}
        assert required & compared or finding.constants, action.key
