"""Polls of several triggers of one list share their requests, and find what each of them finds alone."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from support.merchant import Merchant, VendorSandbox

import connector
from connector.definition.compiler import integration, vendors
from connector.runtime.connection import Connection
from connector.runtime.polling import Cursor
from connector.runtime.reading import read_together
from connector.transport.bodies import Reply
from connector.transport.request import Request

STEPS = 12


class Requests:
    """Counts the requests of a connection for lists."""

    def __init__(self) -> None:
        self.lists = 0

    def sending(self, request: Request) -> None:
        self.lists += request.operation.paging is not None

    def received(self, _request: Request, _reply: Reply) -> None:
        pass


@contextmanager
def merchant_of(vendor: str) -> Iterator[Merchant]:
    backend = VendorSandbox.open(vendor)
    merchant = backend.merchant()
    try:
        yield merchant
    finally:
        merchant.close()
        backend.close()


def opened(merchant: Merchant) -> tuple[Connection, Requests]:
    async def no_wait(_seconds: float) -> None:
        pass

    connection = connector.open(
        integration(merchant.backend.vendor),
        base_url=merchant.base_url,
        transport=merchant.transport,
        clock=merchant.now,
        sleep=no_wait,
        **merchant.fields,
    )
    connection.client.observer = requests = Requests()
    return connection, requests


def something_happens(merchant: Merchant, chance: random.Random) -> None:
    """A shopper asks for a return, or a return moves on; time passes."""
    merchant.advance(chance.choice((1, 70, 900)))
    for _ in range(chance.randint(0, 3)):
        statuses = merchant.statuses()
        movable = [id_ for id_, status in statuses.items() if merchant.next_statuses(status)]
        if movable and chance.random() < 0.7:
            id_ = chance.choice(movable)
            merchant.move(id_, chance.choice(merchant.next_statuses(statuses[id_])))
        else:
            merchant.ask_for_return(quantity=chance.randint(1, 2))


def seen(events: Any) -> list[tuple[str, Any]]:
    return [(event.id, event.data) for event in events]


async def poll_alone(connection: Connection, cursors: dict[str, Cursor]) -> dict[str, Any]:
    found = {}
    for key, trigger in connection.triggers.items():
        result = await trigger.poll_list(cursors.get(key))
        cursors[key], found[key] = result.cursor, seen(result.events)
    return found


async def poll_together(connection: Connection, cursors: dict[str, Cursor]) -> dict[str, Any]:
    found = {}
    begun = [trigger.begin(cursors.get(key)) for key, trigger in connection.triggers.items()]
    readings = await read_together(connection.client, begun)
    for (key, trigger), (poll, read) in zip(connection.triggers.items(), readings, strict=True):
        result = trigger.conclude(poll, read)
        cursors[key], found[key] = result.cursor, seen(result.events)
    return found


@pytest.mark.parametrize("vendor", vendors())
def test_polls_that_share_their_requests_find_the_same_events(vendor: str) -> None:
    chance = random.Random(vendor)
    with merchant_of(vendor) as merchant:
        (alone, requests_alone), (together, requests_together) = opened(merchant), opened(merchant)
        cursors_alone: dict[str, Cursor] = {}
        cursors_together: dict[str, Cursor] = {}

        async def both() -> int:
            found = await poll_alone(alone, cursors_alone)
            assert await poll_together(together, cursors_together) == found
            assert cursors_together == cursors_alone
            return sum(map(len, found.values()))

        async def story() -> int:
            events = await both()
            assert events == 0
            for _ in range(STEPS):
                something_happens(merchant, chance)
                events += await both()
            for connection in (alone, together):
                await connection.client.close()
            return events

        assert asyncio.run(story()) > STEPS
        lists = {trigger.trigger.source_key for trigger in alone.triggers.values()}
        share = len(lists) / len(alone.triggers)
        assert requests_together.lists <= requests_alone.lists * share
