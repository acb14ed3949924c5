"""A ReturnMate return from creation to completion, driven by actions, polled by every trigger."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from support.merchant import Merchant, VendorSandbox

import connector
from connector.definition.compiler import integration as compiled
from connector.errors import ValidationFailed
from connector.runtime.connection import Connection
from connector.runtime.polling import Cursor, Event

OFFER = compiled("returnmate")
HOUR = 3600
NEW_RETURN = {
    "order_number": "#1001",
    "customer_email": "priya.nair@example.com",
    "items": [{"sku": "BOOT-CHE-39", "quantity": 1, "reason": "defective"}],
}
CHANGED = "return_status_changed"

STEPS: list[tuple[str, dict[str, str]]] = [
    ("created", {"new_return": "pending"}),
    ("approved", {"return_approved": "approved", CHANGED: "approved"}),
    ("labelled", {"new_shipment": "label_created", CHANGED: "label_sent"}),
    ("collected", {CHANGED: "in_transit"}),
    ("delivered", {"shipment_delivered": "delivered"}),
    ("received", {"return_received": "received", CHANGED: "received"}),
    ("inspected", {"return_inspected": "inspected", CHANGED: "inspected"}),
    ("completed", {"return_completed": "completed", "refund_issued": "completed", CHANGED: "completed"}),
]
"""Each step, with the triggers that it fires and their status."""
STATUSES = ["pending", "approved", "label_sent", "in_transit", "received", "inspected", "completed"]
BEFORE = {status: [step for step, _ in STEPS][: 1 + place] for place, status in enumerate(STATUSES[:3])} | {
    "in_transit": [step for step, _ in STEPS[:5]],
    "received": [step for step, _ in STEPS[:6]],
    "inspected": [step for step, _ in STEPS[:7]],
}
"""The steps that lead to each status."""


@dataclass
class Watcher:
    """Polls all triggers and keeps their cursors."""

    rm: Connection
    cursors: dict[str, Cursor] = field(default_factory=dict)

    async def poll(self) -> list[Event]:
        events: list[Event] = []
        for key, trigger in self.rm.triggers.items():
            polled = await trigger.poll(self.cursors.get(key))
            assert polled.complete
            self.cursors[key] = polled.cursor
            events += polled.events
        return events


@dataclass
class ReturnSteps:
    """One return, and the steps that change it."""

    rm: Connection
    merchant: Merchant
    id: str = ""

    async def go(self, step: str) -> None:
        if step == "created":
            made = await self.rm.actions["create_return"](**NEW_RETURN)
            self.id = made["id"]
        elif step == "labelled":
            await self.rm.actions["create_shipping_label"](return_id=self.id, carrier="australia_post")
        elif step in {"collected", "delivered"}:
            self.merchant.advance({"collected": 21 * HOUR, "delivered": 60 * HOUR}[step])
        else:
            moved = await self.rm.actions["update_return_status"](return_id=self.id, status=step)
            assert moved["status"] == step


def statuses_of(events: Sequence[Event]) -> dict[str, str]:
    """Return the status delivered by each trigger; fail if a trigger fired twice."""
    assert len({event.trigger for event in events}) == len(events)
    return {event.trigger: event.data["status"] for event in events}


@pytest.fixture(scope="module")
def backend() -> Iterator[VendorSandbox]:
    opened = VendorSandbox.open("returnmate")
    yield opened
    opened.close()


@pytest.fixture
def merchant(backend: VendorSandbox) -> Iterator[Merchant]:
    made = backend.merchant()
    yield made
    made.close()


def advancing_sleep(merchant: Merchant) -> Callable[[float], Awaitable[None]]:
    """Return a sleep that advances the merchant's frozen clock."""

    async def sleep(seconds: float) -> None:
        merchant.advance(int(seconds) + 1)

    return sleep


def run_story(merchant: Merchant, story: Callable[[ReturnSteps, Watcher], Awaitable[None]]) -> None:
    """Run a story on a connection whose triggers have all been polled once."""

    async def run() -> None:
        async with connector.open(
            OFFER,
            base_url=merchant.base_url,
            transport=merchant.transport,
            clock=merchant.now,
            sleep=advancing_sleep(merchant),
            **merchant.fields,
        ) as rm:
            watcher = Watcher(rm)
            assert await watcher.poll() == []
            await story(ReturnSteps(rm, merchant), watcher)

    asyncio.run(run())


def test_every_step_fires_its_triggers_once(merchant: Merchant) -> None:
    async def story(steps: ReturnSteps, watcher: Watcher) -> None:
        ids: list[str] = []
        for step, expected in STEPS:
            await steps.go(step)
            events = await watcher.poll()
            assert statuses_of(events) == expected, step
            assert await watcher.poll() == [], f"{step} fired twice"
            ids += [event.id for event in events]
        assert len(set(ids)) == len(ids)
        assert merchant.returns() == {steps.id: STATUSES}

    run_story(merchant, story)


def test_poll_at_the_end_delivers_what_the_guarantee_promises(merchant: Merchant) -> None:
    """Each record once, each reached status once, and of several changes the latest."""

    async def story(steps: ReturnSteps, watcher: Watcher) -> None:
        for step, _ in STEPS:
            await steps.go(step)
        late = statuses_of(await watcher.poll())
        promised = {key: one.guarantees["python"].delivers for key, one in OFFER.triggers.items()}
        happened = {trigger for _, expected in STEPS for trigger in expected}
        assert late.keys() == happened
        assert {key for key in happened if promised[key] == "latest_state"} == {CHANGED}
        latest = {key: "delivered" if "shipment" in key else "completed" for key in happened}
        assert late == latest
        assert await watcher.poll() == []

    run_story(merchant, story)


@pytest.mark.parametrize(
    ("before", "end"),
    [("pending", "rejected"), ("inspected", "rejected"), *((status, "cancelled") for status in BEFORE)],
)
def test_return_that_ends_early_fires_the_trigger_of_its_end(
    merchant: Merchant, before: str, end: str
) -> None:
    async def story(steps: ReturnSteps, watcher: Watcher) -> None:
        for step in BEFORE[before]:
            await steps.go(step)
        await watcher.poll()
        await steps.go(end)
        assert statuses_of(await watcher.poll()) == {f"return_{end}": end, CHANGED: end}
        assert merchant.returns()[steps.id][-2:] == [before, end]
        merchant.advance(30 * 24 * HOUR)
        assert await watcher.poll() == [], "a finished return does not change"

    run_story(merchant, story)


def test_problem_of_the_carrier_fires_once_and_the_parcel_arrives_later(merchant: Merchant) -> None:
    async def story(steps: ReturnSteps, watcher: Watcher) -> None:
        for step in BEFORE["in_transit"][:4]:
            await steps.go(step)
        await watcher.poll()
        (shipment,) = merchant.shipments()
        merchant.act("report_problem", shipment_id=shipment)
        assert statuses_of(await watcher.poll()) == {"shipment_exception": "exception"}
        assert await watcher.poll() == []
        await steps.go("delivered")
        assert statuses_of(await watcher.poll()) == {"shipment_delivered": "delivered"}

    run_story(merchant, story)


def test_illegal_status_change_changes_nothing(merchant: Merchant) -> None:
    async def story(steps: ReturnSteps, watcher: Watcher) -> None:
        await steps.go("created")
        await watcher.poll()
        with pytest.raises(ValidationFailed, match="approved, rejected or cancelled") as refused:
            await steps.go("completed")
        assert [one.field for one in refused.value.fields] == ["status"]
        assert await watcher.poll() == []
        assert merchant.returns() == {steps.id: ["pending"]}

    run_story(merchant, story)


def test_every_trigger_is_part_of_a_journey() -> None:
    steps: set[Any] = {trigger for _, expected in STEPS for trigger in expected}
    ends = {"return_rejected", "return_cancelled"}
    assert steps | ends | {"shipment_exception"} == set(OFFER.triggers)
