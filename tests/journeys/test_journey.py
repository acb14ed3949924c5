"""A return on its way, driven by actions and the sandbox's clock, and watched by every trigger."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from support.merchant import Mall, Merchant

import connector
from connector.definition.compiler import integration as compiled
from connector.errors import ValidationFailed
from connector.runtime.connection import Connection
from connector.runtime.polling import Cursor, Event

OFFER = compiled("returnmate")
HOUR = 3600
WISH = {
    "order_number": "#1001",
    "customer_email": "priya.nair@example.com",
    "items": [{"sku": "BOOT-CHE-39", "quantity": 1, "reason": "defective"}],
}
CHANGED = "return_status_changed"

WAY: list[tuple[str, dict[str, str]]] = [
    ("created", {"new_return": "pending"}),
    ("approved", {"return_approved": "approved", CHANGED: "approved"}),
    ("labelled", {"new_shipment": "label_created", CHANGED: "label_sent"}),
    ("collected", {CHANGED: "in_transit"}),
    ("delivered", {"shipment_delivered": "delivered"}),
    ("received", {"return_received": "received", CHANGED: "received"}),
    ("inspected", {CHANGED: "inspected"}),
    ("completed", {"return_completed": "completed", CHANGED: "completed"}),
]
"""What happens, and which triggers tell of it with which status."""
STATUSES = ["pending", "approved", "label_sent", "in_transit", "received", "inspected", "completed"]
BEFORE = {status: [step for step, _ in WAY][: 1 + place] for place, status in enumerate(STATUSES[:3])} | {
    "in_transit": [step for step, _ in WAY[:5]],
    "received": [step for step, _ in WAY[:6]],
    "inspected": [step for step, _ in WAY[:7]],
}
"""The steps that lead to each status."""


@dataclass
class Watcher:
    """Somebody who polls all triggers and keeps the cursors."""

    rm: Connection
    cursors: dict[str, Cursor] = field(default_factory=dict)

    async def poll(self) -> list[Event]:
        told: list[Event] = []
        for key, trigger in self.rm.triggers.items():
            polled = await trigger.poll(self.cursors.get(key))
            assert polled.complete
            self.cursors[key] = polled.cursor
            told += polled.events
        return told


@dataclass
class Trip:
    """One return and what is done to it."""

    rm: Connection
    merchant: Merchant
    id: str = ""

    async def go(self, step: str) -> None:
        if step == "created":
            made = await self.rm.actions["create_return"](**WISH)
            self.id = made["id"]
        elif step == "labelled":
            await self.rm.actions["create_shipping_label"](return_id=self.id, carrier="australia_post")
        elif step in {"collected", "delivered"}:
            self.merchant.advance({"collected": 21 * HOUR, "delivered": 60 * HOUR}[step])
        else:
            moved = await self.rm.actions["update_return_status"](return_id=self.id, status=step)
            assert moved["status"] == step


def told(events: Sequence[Event]) -> dict[str, str]:
    """The status that each trigger told, none of them twice."""
    assert len({event.trigger for event in events}) == len(events)
    return {event.trigger: event.data["status"] for event in events}


@pytest.fixture(scope="module")
def mall() -> Iterator[Mall]:
    opened = Mall.open("returnmate")
    yield opened
    opened.close()


@pytest.fixture
def merchant(mall: Mall) -> Iterator[Merchant]:
    made = mall.merchant()
    yield made
    made.close()


def passing(merchant: Merchant) -> Callable[[float], Awaitable[None]]:
    """A sleep on the merchant's clock, which stands still otherwise."""

    async def sleep(seconds: float) -> None:
        merchant.advance(int(seconds) + 1)

    return sleep


def travel(merchant: Merchant, story: Callable[[Trip, Watcher], Awaitable[None]]) -> None:
    """Let a story happen to a connection whose triggers have all been polled once before."""

    async def run() -> None:
        async with connector.open(
            OFFER,
            base_url=merchant.base_url,
            transport=merchant.transport,
            clock=merchant.now,
            sleep=passing(merchant),
            **merchant.fields,
        ) as rm:
            watcher = Watcher(rm)
            assert await watcher.poll() == []
            await story(Trip(rm, merchant), watcher)

    asyncio.run(run())


def test_every_step_is_told_once_by_its_triggers(merchant: Merchant) -> None:
    async def story(trip: Trip, watcher: Watcher) -> None:
        ids: list[str] = []
        for step, expected in WAY:
            await trip.go(step)
            events = await watcher.poll()
            assert told(events) == expected, step
            assert await watcher.poll() == [], f"{step} was told twice"
            ids += [event.id for event in events]
        assert len(set(ids)) == len(ids)
        assert merchant.returns() == {trip.id: STATUSES}

    travel(merchant, story)


def test_who_polls_only_at_the_end_is_told_what_the_guarantee_says(merchant: Merchant) -> None:
    """Each record once, each status that was reached once, and of changes the latest."""

    async def story(trip: Trip, watcher: Watcher) -> None:
        for step, _ in WAY:
            await trip.go(step)
        late = told(await watcher.poll())
        promised = {key: one.guarantees["python"].delivers for key, one in OFFER.triggers.items()}
        happened = {trigger for _, expected in WAY for trigger in expected}
        assert late.keys() == happened
        assert {key for key in happened if promised[key] == "latest_state"} == {CHANGED}
        latest = {key: "delivered" if "shipment" in key else "completed" for key in happened}
        assert late == latest
        assert await watcher.poll() == []

    travel(merchant, story)


@pytest.mark.parametrize(
    ("before", "end"),
    [("pending", "rejected"), ("inspected", "rejected"), *((status, "cancelled") for status in BEFORE)],
)
def test_return_that_ends_early_is_told_by_the_trigger_of_its_end(
    merchant: Merchant, before: str, end: str
) -> None:
    async def story(trip: Trip, watcher: Watcher) -> None:
        for step in BEFORE[before]:
            await trip.go(step)
        await watcher.poll()
        await trip.go(end)
        assert told(await watcher.poll()) == {f"return_{end}": end, CHANGED: end}
        assert merchant.returns()[trip.id][-2:] == [before, end]
        merchant.advance(30 * 24 * HOUR)
        assert await watcher.poll() == [], "what has ended stays as it is"

    travel(merchant, story)


def test_move_against_the_lifecycle_changes_nothing(merchant: Merchant) -> None:
    async def story(trip: Trip, watcher: Watcher) -> None:
        await trip.go("created")
        await watcher.poll()
        with pytest.raises(ValidationFailed, match="approved, rejected or cancelled") as refused:
            await trip.go("completed")
        assert [one.field for one in refused.value.fields] == ["status"]
        assert await watcher.poll() == []
        assert merchant.returns() == {trip.id: ["pending"]}

    travel(merchant, story)


def test_every_trigger_is_part_of_a_journey() -> None:
    steps: set[Any] = {trigger for _, expected in WAY for trigger in expected}
    assert steps | {"return_rejected", "return_cancelled"} == set(OFFER.triggers)
