"""ReturnGO's five documented uses, through the connector against the running sandbox, two rows per page."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from support.each import each
from support.returngo_returns import FIRST, VENDOR, advance, body, create_return, turn
from support.sandbox import Sandbox, running
from support.webhook_receiver import Receiver, receiving

import connector
from connector.definition.compiler import integration
from connector.errors import UnexpectedResponse
from connector.runtime.connection import Connection
from connector.runtime.cursors import Cursors
from connector.runtime.polling import Event
from connector.runtime.runner import Runner

pytestmark = pytest.mark.anyio
SMALL = {"page_size": 2, "pages": 3}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def tenant(sandbox: Sandbox, request: pytest.FixtureRequest) -> str:
    name = "use-" + request.node.name.removeprefix("test_").replace("_", "-")[:30].rstrip("-")
    return sandbox.tenant(name, seed_size=0)


@pytest.fixture
async def shop(sandbox: Sandbox, tenant: str) -> AsyncIterator[Connection]:
    found = sandbox.credentials(VENDOR, tenant)
    made = integration(VENDOR)
    triggers = {
        key: one.model_copy(update={"source": one.source.model_copy(update=SMALL)})
        for key, one in made.triggers.items()
    }
    offer = made.model_copy(update={"triggers": triggers})
    async with connector.open(offer, base_url=found["base_url"], **found["fields"]) as connection:
        yield connection


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


class TriggerPoller:
    """Polls one trigger until all pages are read, from cursor to cursor."""

    def __init__(self, shop: Connection, key: str) -> None:
        self.trigger = shop.triggers[key]
        self.cursor: dict[str, Any] | None = None

    async def new_events(self, **inputs: Any) -> list[Event]:
        found: list[Event] = []
        while True:
            polled = await self.trigger.poll(self.cursor, **inputs)
            self.cursor = polled.cursor
            found += polled.events
            if polled.complete:
                return found


async def watching(shop: Connection, *keys: str) -> list[TriggerPoller]:
    watches = [TriggerPoller(shop, key) for key in keys]
    for watch in watches:
        assert await watch.new_events() == []
    return watches


def create_returns(sandbox: Sandbox, tenant: str, count: int) -> list[str]:
    """Create returns and return their ids."""
    made = [create_return(sandbox, tenant, order_number=f"#{number}") for number in range(count)]
    return [rma["rmaSummary"]["rmaId"] for rma in made]


async def test_warehouse_receives_new_returns_and_reports_its_inspection(
    sandbox: Sandbox, tenant: str, shop: Connection
) -> None:
    requested, received, validated = await watching(shop, "new_return", "return_received", "return_validated")
    asked_for = [
        create_return(sandbox, tenant, order_number=f"#{number}")["rmaSummary"]["rmaId"]
        for number in range(5)
    ]
    delivered = await requested.new_events()
    assert [event.data["rmaId"] for event in delivered] == asked_for
    assert all(event.data["details"]["items"][0]["sku"] == "TEE-NVY-M" for event in each(delivered))
    first = delivered[0].data
    await shop.actions["set_rma_status"](return_id=first["rmaId"], status="Approved")
    shipment = first["details"]["shipments"][0]["shipmentId"]
    await shop.actions["update_shipment"](shipment_id=shipment, status="Received")
    assert [event.data["status"] for event in await received.new_events()] == ["Received"]
    item = first["details"]["items"][0]["returnedItemId"]
    found = {"returnedItemId": item, "isReturned": True, "isRestockable": True}
    act = f"/tenants/{tenant}/vendors/{VENDOR}/acts/validate_items"
    body(sandbox.control.post(act, json={"rmaId": first["rmaId"], "items": [found]}))
    (done,) = await validated.new_events()
    seen = done.data["details"]["items"][0]["itemValidationStatusResponse"]
    assert (done.data["rmaId"], seen["isRestockable"]) == (first["rmaId"], True)
    assert await received.new_events() == await requested.new_events() == []


async def test_carrier_adds_the_label_of_a_new_return(
    sandbox: Sandbox, tenant: str, shop: Connection
) -> None:
    (requested,) = await watching(shop, "new_return")
    made = create_return(sandbox, tenant)
    (event,) = await requested.new_events()
    shipment = event.data["details"]["shipments"][0]["shipmentId"]
    label = {
        "carrier": "Own Carrier",
        "tracking_number": "OC-1",
        "label_url": "https://labels.example.com/1.pdf",
    }
    done = await shop.actions["update_shipment"](shipment_id=shipment, status="LabelCreated", **label)
    assert (done["status"], done["labelURL"]) == ("LabelCreated", label["label_url"])
    (found,) = await shop.searches["find_return"](tracking_number="OC-1")
    assert found["rmaId"] == made["rmaSummary"]["rmaId"]
    await shop.actions["set_rma_status"](return_id=found["rmaId"], status="Approved")
    advance(sandbox, tenant, 21 * 3_600)
    (read,) = await shop.searches["get_return"](return_id=found["rmaId"])
    assert read["shipments"][0]["status"] == "Shipped"
    assert read["comments"][0]["htmlText"] == "Shipment <strong>IN TRANSIT</strong>"


async def test_pickup_service_is_called_by_webhook(
    sandbox: Sandbox, tenant: str, shop: Connection, receiver: Receiver
) -> None:
    for event in ("RMA_CREATED", "SHIPMENT_STATUS_UPDATED", "SHIPMENT_TRACKER_STATUS_UPDATED"):
        await shop.operations.create_webhook(url=f"{receiver.url}?token=hush", eventName=event)
    id_ = create_return(sandbox, tenant)["rmaSummary"]["rmaId"]
    receiver.wait(lambda: receiver.events == ["RMA_CREATED"])
    path, delivered = receiver.got[0]
    assert (path, delivered["data"]["rmaId"], delivered["data"]["shopName"]) == (
        "/hooks?token=hush",
        id_,
        FIRST,
    )
    (read,) = await shop.searches["get_return"](return_id=id_)
    shipment = read["shipments"][0]["shipmentId"]
    tracker = await shop.actions["create_shipment_tracker"](shipment_id=shipment, tracking_number="PU-1")
    assert tracker["status"] == "Registered"
    advance(sandbox, tenant, 21 * 3_600)
    receiver.wait(lambda: len(receiver.got) == 3)
    assert sorted(receiver.events[1:]) == ["SHIPMENT_STATUS_UPDATED", "SHIPMENT_TRACKER_STATUS_UPDATED"]
    listed = body(sandbox.control.get(f"/tenants/{tenant}/deliveries"))["deliveries"]
    assert {(one["state"], one["attempts"], one["outcome"]) for one in listed} == {("delivered", 1, "200")}
    assert "hush" not in str(listed)


async def test_customer_history_is_read_for_the_storefront(
    sandbox: Sandbox, tenant: str, shop: Connection
) -> None:
    customers = ("iris.lane@example.com", "kai.arden@example.com")
    for number in range(6):
        create_return(sandbox, tenant, order_number=f"#{number}", customer_email=customers[number % 2])
    rows = [row async for row in shop.operations.list_rmas.rows(pagesize=2)]
    assert [row["order_name"] for row in rows] == [f"#{number}" for number in reversed(range(6))]
    read = [(await shop.searches["get_return"](return_id=row["rmaId"]))[0] for row in rows]
    theirs = [rma for rma in read if rma["shipments"][0]["customerAddress"]["email"] == customers[0]]
    assert [rma["orderDetails"]["order_name"] for rma in theirs] == ["#4", "#2", "#0"]
    assert all(rma["comments"][-1]["htmlText"].startswith("Request SUBMITTED") for rma in each(theirs))


async def test_refunds_of_notify_only_are_paid_elsewhere_and_reported(
    sandbox: Sandbox, tenant: str, shop: Connection
) -> None:
    turn(sandbox, tenant, "notify_payment_method")
    requested, moved = await watching(shop, "refund_requested", "transaction_status_changed")
    ids = []
    for number in range(3):
        ids.append(create_return(sandbox, tenant, order_number=f"#{number}")["rmaSummary"]["rmaId"])
        for status in ("Approved", "Done"):
            await shop.actions["set_rma_status"](return_id=ids[-1], status=status)
    delivered = await requested.new_events()
    assert {event.data["status"] for event in delivered} == {"Requested"}
    (mine,) = await shop.searches["list_transactions"](return_id=ids[0])
    assert mine in [event.data for event in delivered]
    for number, event in enumerate(delivered):
        outcome = "Failed" if number == 2 else "Success"
        await shop.actions["settle_transaction"](
            transaction_id=str(event.data["id"]), status=outcome, external_reference_id=f"re_{number}"
        )
    assert sorted(event.data["status"] for event in await moved.new_events()) == [
        "Failed",
        "Success",
        "Success",
    ]
    assert len(sandbox.ledger(tenant, "refund.issued")) == 2
    assert await requested.new_events() == await moved.new_events() == []


async def test_failing_details_lose_no_event_and_repeat_none(
    sandbox: Sandbox, tenant: str, shop: Connection, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    got: list[str] = []

    async def keep(event: Event) -> None:
        assert "details" in event.data
        got.append(event.data["rmaId"])

    trigger = shop.triggers["new_return"]
    with Cursors(tmp_path / "cursors") as cursors:
        runner = Runner(trigger, cursors, profile="p", handler=keep)
        await runner.once()
        ids = [
            create_return(sandbox, tenant, order_number=f"#{number}")["rmaSummary"]["rmaId"]
            for number in range(4)
        ]
        read, calls = type(trigger).read_details, iter((True, True, False))

        async def failing(self: Any, event: Event) -> Event:
            if not next(calls, True):
                raise UnexpectedResponse("A proxy's error page.")
            return await read(self, event)

        monkeypatch.setattr(type(trigger), "read_details", failing)
        failed = await runner.once()
        assert isinstance(failed.problem, UnexpectedResponse)
        assert got == [*ids[:2], ids[3]]
        await runner.once()
        assert got == [*ids[:2], ids[3], ids[2]]
        assert (await runner.once()).handed_over == 0


def test_webhooks_survive_a_killed_sandbox(tmp_path: Any, receiver: Receiver) -> None:
    receiver.status = 503
    with running(tmp_path, "--seed-size", "0") as sandbox:
        with sandbox.client(VENDOR) as api:
            for name in ("RMA_CREATED", "SHIPMENT_CREATED"):
                body(api.post("/webhook", json={"url": receiver.url, "eventName": name}))
            body(api.delete("/webhook/11002"))
        create_return(sandbox, "demo")
        receiver.wait(lambda: receiver.events == ["RMA_CREATED"])
        sandbox.kill()
    receiver.status = 200
    with running(tmp_path, "--seed-size", "0") as sandbox:
        advance(sandbox, "demo", 11)
        receiver.wait(lambda: len(receiver.got) >= 2)

        def noted() -> list[tuple[str, str]]:
            deliveries = body(sandbox.control.get("/tenants/demo/deliveries"))["deliveries"]
            return [(one["event"], one["state"]) for one in deliveries]

        receiver.wait(lambda: noted() == [("RMA_CREATED", "delivered")])
    assert {str(delivered) for _, delivered in receiver.got} == {str(receiver.got[0][1])}, (
        "the same body is sent again"
    )
