"""Exsited through connector and sandbox, two rows per page: returns created, received and closed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from support.merchant import Merchant, VendorSandbox

import connector
from connector.definition.compiler import integration as compiled
from connector.definition.model import Integration
from connector.errors import AuthenticationError, NotFound, ValidationFailed
from connector.runtime.connection import Connection
from connector.runtime.polling import Cursor, Event

HOUR = 3600
Story = Callable[[Connection], Awaitable[None]]


def two_rows_a_page() -> Integration:
    made = compiled("exsited")
    triggers = {
        key: one.model_copy(update={"source": one.source.model_copy(update={"page_size": 2})})
        for key, one in made.triggers.items()
    }
    paging = {
        key: one.model_copy(update={"size": 2, "max_size": 2, "page_size": 2})
        for key, one in made.paging.items()
    }
    return made.model_copy(update={"triggers": triggers, "paging": paging})


@pytest.fixture(scope="module")
def backend() -> Iterator[VendorSandbox]:
    opened = VendorSandbox.open("exsited")
    yield opened
    opened.close()


@pytest.fixture
def merchant(backend: VendorSandbox) -> Iterator[Merchant]:
    made = backend.merchant()
    yield made
    made.close()


async def no_sleep(_seconds: float) -> None:
    return


def live(merchant: Merchant, story: Story, **login: Any) -> None:
    async def run() -> None:
        async with connector.open(
            two_rows_a_page(),
            base_url=merchant.base_url,
            transport=merchant.transport,
            clock=merchant.now,
            sleep=no_sleep,
            **{**merchant.fields, **login},
        ) as ex:
            await story(ex)

    asyncio.run(run())


class Watcher:
    """Polls all triggers and keeps their cursors."""

    def __init__(self, ex: Connection) -> None:
        self._triggers = ex.triggers
        self._cursors: dict[str, Cursor] = {}

    async def poll(self) -> dict[str, list[Event]]:
        delivered: dict[str, list[Event]] = {}
        for key, trigger in self._triggers.items():
            polled = await trigger.poll(self._cursors.get(key))
            assert polled.complete
            self._cursors[key] = polled.cursor
            if polled.events:
                delivered[key] = list(polled.events)
        return delivered


async def receive(ex: Connection, document: dict[str, Any], quantity: int) -> dict[str, Any]:
    lines = [{"return_line_uuid": document["returns"][0]["uuid"], "quantity": str(quantity)}]
    made: dict[str, Any] = await ex.actions["receive_return"](
        invoice_id=document["invoice_id"], return_id=document["id"], items=lines
    )
    return made


def test_each_change_is_delivered_once_by_its_triggers(merchant: Merchant) -> None:
    before = [merchant.ask_for_return(quantity=3) for _ in range(5)]

    async def story(ex: Connection) -> None:
        watcher = Watcher(ex)
        assert await watcher.poll() == {}, "existing returns are not delivered"
        new = merchant.ask_for_return(quantity=3)
        delivered = await watcher.poll()
        assert {key: [event.data["id"] for event in events] for key, events in delivered.items()} == {
            "new_return": [new],
            "return_updated": [new],
        }
        oldest = merchant.document(before[0])
        merchant.advance(HOUR)  # the token has expired, and the connection requests another
        await receive(ex, oldest, 1)
        merchant.advance(60)
        await receive(ex, oldest, 2)
        delivered = await watcher.poll()
        uuid = oldest["uuid"]
        assert {key: [event.id for event in events] for key, events in delivered.items()} == {
            "return_updated": [f"exsited:return_updated:{uuid}:2"],
            "return_items_received": [f"exsited:return_items_received:{uuid}:3"],
            "return_status_changed": [f"exsited:return_status_changed:{uuid}:CLOSED"],
            "return_closed": [f"exsited:return_closed:{uuid}"],
        }
        (event,) = delivered["return_closed"]
        assert event.occurred_at == merchant.now()
        assert await watcher.poll() == {}
        merchant.advance(73 * HOUR)  # the carrier delivers the shoppers' parcels
        delivered = await watcher.poll()
        assert len(delivered["return_closed"]) == len(delivered["return_updated"]) == 5
        assert await watcher.poll() == {}

    live(merchant, story)


def test_return_is_created_on_an_invoice_and_found(merchant: Merchant) -> None:
    asked = merchant.document(merchant.ask_for_return(quantity=3))
    merchant.move(asked["id"], "CLOSED")  # nothing was received, so the whole quantity can be returned again

    async def story(ex: Connection) -> None:
        (invoice,) = await ex.searches["find_invoice"](invoice_number=asked["invoice_id"])
        line = {"invoice_line_uuid": invoice["lines"][0]["uuid"], "quantity": "1"}
        made = [
            await ex.actions["create_return"](invoice_id=invoice["id"], items=[line], note=f"Part {part}")
            for part in range(3)
        ]
        found = await ex.searches["list_invoice_returns"](invoice_id=invoice["id"])
        assert [one["id"] for one in found] == [*(one["id"] for one in made[::-1]), asked["id"]]
        with pytest.raises(ValidationFailed, match="must be at most 0"):
            await ex.actions["create_return"](invoice_id=invoice["id"], items=[line])
        closed = await receive(ex, made[0], 1)
        assert closed["customer_return_status"] == "CLOSED"
        (receipt,) = await ex.searches["list_receipts"](invoice_id=invoice["id"], return_id=made[0]["id"])
        assert receipt["receive_returns"][0]["rma_receive_quantity"] == "1"
        assert await ex.searches["find_return"](rma_number=made[0]["id"]) == [closed]
        assert await ex.searches["find_return"](rma_number="RMA-0") == []
        with pytest.raises(NotFound, match="No return has the id RMA-0"):
            await ex.operations.get_return(rma_id="RMA-0")
        first = await ex.dropdowns["return"]()
        second = await ex.dropdowns["return"](page=first.next_page)
        listed = [one.value for one in (*first.options, *second.options)]
        assert sorted(listed) == sorted([asked["id"], *(one["id"] for one in made)])

    live(merchant, story)


def test_wrong_secret_is_refused_and_not_shown(merchant: Merchant) -> None:
    async def story(ex: Connection) -> None:
        with pytest.raises(AuthenticationError, match="No client has these credentials") as refused:
            await ex.triggers["new_return"].poll()
        assert "sandbox-unknown" not in str(refused.value)

    live(merchant, story, client_secret="sandbox-unknown")
