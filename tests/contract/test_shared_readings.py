"""Polls of several triggers of one list share their requests, and find what each of them finds alone."""

import asyncio
import json
import random
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
import pytest
from support.certificate.adversary import DECODED
from support.certificate.delivery import PAGES, with_small_pages
from support.matrix.shop import set_path
from support.merchant import Merchant, VendorSandbox

import connector
from connector.definition.compiler import integration, vendors
from connector.definition.model import Integration
from connector.definition.paths import at_path
from connector.hub.lists import polled_lists
from connector.runtime.connection import Connection
from connector.runtime.polling import Cursor
from connector.runtime.reading import read_together
from connector.transport.bodies import Reply
from connector.transport.request import Request
from mock_server.lifecycle import IllegalMove

STEPS = 12
DAY = 86_400
PAUSES = (1, 3 * DAY, 31 * DAY, 1)
"""The pauses in seconds; one is longer than most look-backs, and no record leaves the look-back of a scan."""
MANY = 8
"""The number of records at first; one poll does not read all of them."""
QUIET_POLLS = 40


class Requests:
    """Counts the requests of a connection for lists."""

    def __init__(self) -> None:
        self.lists = 0

    def sending(self, request: Request) -> None:
        self.lists += request.operation.paging is not None

    def received(self, _request: Request, _reply: Reply) -> None:
        pass


class Garbling(httpx.AsyncBaseTransport):
    """Replaces the value at `path` in the newest row of each list by a number, unless `path` is empty."""

    def __init__(self, inner: httpx.AsyncBaseTransport, offer: Integration) -> None:
        self._inner = inner
        self.path: tuple[str, ...] = ()
        operations = [offer.operations[trigger.source.operation] for trigger in offer.triggers.values()]
        self._payloads = {operation.path: operation.payload for operation in operations}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        payload = next((way for path, way in self._payloads.items() if request.url.path.endswith(path)), None)
        if not self.path or payload is None or response.status_code != 200:
            return response
        body = orjson.loads(await response.aread())
        for row in (at_path(body, payload) if payload else body)[-1:]:
            if at_path(row, self.path) is not None:
                set_path(row, self.path, 1.5)
        headers = {name: response.headers[name] for name in response.headers.keys() - DECODED}
        return httpx.Response(200, headers=headers, content=orjson.dumps(body))


@pytest.fixture(scope="module", params=vendors())
def backend(request: pytest.FixtureRequest) -> Iterator[VendorSandbox]:
    backend = VendorSandbox.open(request.param)
    yield backend
    backend.close()


@pytest.fixture
def merchant(backend: VendorSandbox) -> Iterator[Merchant]:
    merchant = backend.merchant()
    yield merchant
    merchant.close()


def opened(
    merchant: Merchant, offer: Integration | None = None, transport: httpx.AsyncBaseTransport | None = None
) -> tuple[Connection, Requests]:
    async def no_wait(_seconds: float) -> None:
        pass

    connection = connector.open(
        offer or integration(merchant.backend.vendor),
        base_url=merchant.base_url,
        transport=transport or merchant.transport,
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
            with suppress(IllegalMove):  # an earlier step has ruled it out
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


def calls_of_a_poll(offer: Integration) -> int:
    """Return the number of requests in which all lists of one page each can be read, as plans state it."""
    return sum(one.calls for one in polled_lists(offer).values())


def test_polls_that_share_their_requests_find_the_same_events(merchant: Merchant) -> None:
    chance = random.Random(merchant.backend.vendor)
    (alone, requests_alone), (together, requests_together) = opened(merchant), opened(merchant)
    cursors_alone: dict[str, Cursor] = {}
    cursors_together: dict[str, Cursor] = {}
    most = calls_of_a_poll(together.integration)

    async def both() -> int:
        found, before = await poll_alone(alone, cursors_alone), requests_together.lists
        assert await poll_together(together, cursors_together) == found
        assert cursors_together == cursors_alone
        assert requests_together.lists - before <= most
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


@dataclass
class Compared:
    """Polls all triggers of one shop alone and together; `differed` counts polls with different plans."""

    offer: Integration
    alone: Connection
    together: Connection
    requests: Requests
    cursors: tuple[dict[str, Cursor], dict[str, Cursor]] = field(default_factory=lambda: ({}, {}))
    found: tuple[set[str], set[str]] = field(default_factory=lambda: (set(), set()))
    differed: int = 0

    async def poll(self) -> str:
        """Poll both once, and return the cursors as text."""
        sent = self.requests.lists
        self.differed += self._plans_differ()
        polls = (poll_alone(self.alone, self.cursors[0]), poll_together(self.together, self.cursors[1]))
        for poll, found in zip(polls, self.found, strict=True):
            found.update(id_ for events in (await poll).values() for id_, _ in events)
        assert self.requests.lists - sent <= calls_of_a_poll(self.offer) * PAGES
        return without_laps(json.dumps(self.cursors))

    def _plans_differ(self) -> bool:
        plans: dict[Any, set[str]] = {}
        for key, trigger in self.together.triggers.items():
            poll, source = trigger.begin(self.cursors[1].get(key)), trigger.trigger.source
            plan = poll.plan()
            place = (source.strategy, source.operation, source.since)
            plans.setdefault(place, set()).add(json.dumps([plan.query, plan.first_page]))
        return any(len(different) > 1 for different in plans.values())

    async def settle(self) -> None:
        """Poll until the cursors are the same as before: each list was then read to its end."""
        before: set[str] = set()
        for _ in range(QUIET_POLLS):
            if (cursors := await self.poll()) in before:
                return
            before.add(cursors)
        raise AssertionError("the cursors still change, although nothing happens")

    def forget(self, key: str) -> None:
        """Forget the cursors of a trigger, as if an update of the program had just added it."""
        for cursors in self.cursors:
            cursors.pop(key)

    async def close(self) -> None:
        await self.alone.client.close()
        await self.together.client.close()


def test_polls_with_different_positions_share_one_reading(merchant: Merchant) -> None:
    """The positions differ: a trigger is new, a row is unreadable for some, nothing changed for a month."""
    offer = with_small_pages(integration(merchant.backend.vendor))
    garbling = Garbling(merchant.transport, offer)
    (alone, _), (together, requests) = opened(merchant, offer, garbling), opened(merchant, offer, garbling)
    compared = Compared(offer, alone, together, requests)
    chance, keys = random.Random(merchant.backend.vendor), sharing(offer)

    async def story() -> None:
        await compared.settle()
        for _ in range(MANY):
            merchant.ask_for_return()
        for step, pause in enumerate(PAUSES):
            something_happens(merchant, chance)
            if keys and step % 3 == 0:
                await compared.settle()
                for _ in range(1 + step % 2):  # sometimes the lists are then read in part
                    await compared.poll()
                compared.forget(chance.choice(keys))
            if step % 3 == 1:
                source: Any = offer.triggers[chance.choice(list(offer.triggers))].source
                garbling.path = getattr(source, "mark", None) or getattr(source, "state", None) or ()
            await compared.settle()
            if garbling.path:
                garbling.path = ()
                await compared.settle()
            merchant.advance(pause)
            assert compared.found[0] == compared.found[1]
        await compared.close()

    asyncio.run(story())
    assert compared.found[0]
    assert bool(compared.differed) is bool(keys)


def sharing(offer: Integration) -> list[str]:
    """Return the triggers whose list and strategy another trigger has too."""
    places = {
        key: (one.source.strategy, one.source.operation, one.source.since)
        for key, one in offer.triggers.items()
    }
    return [key for key, place in places.items() if list(places.values()).count(place) > 1]


def without_laps(cursors: str) -> str:
    """Leave out the number of scans, which grows with each poll that reads to the end of a list."""
    return re.sub(r'"laps": \d+', "", cursors)
