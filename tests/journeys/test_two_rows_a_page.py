"""Every trigger of every vendor, by connector and sandbox, two rows to a page: each event is told once."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from support.matrix.shop import Shop, Street
from support.matrix.watching import asks_the_same_on_every_page, happen
from support.sandbox import Sandbox
from support.toll import Toll

import connector
from connector.definition.compiler import integration, vendors
from connector.definition.model import Integration
from connector.definition.paths import at_path
from connector.runtime.connection import Connection
from connector.runtime.polling import Cursor

THERE, NEW = 3, 5


def two_rows_a_page(made: Integration) -> Integration:
    """The same offer, with every list that a trigger reads cut into pages of two."""
    triggers = {
        key: one.model_copy(update={"source": one.source.model_copy(update={"page_size": 2})})
        for key, one in made.triggers.items()
    }
    return made.model_copy(update={"triggers": triggers})


@pytest.fixture(scope="session")
def streets(sandbox: Sandbox, roads: Callable[[str], Toll]) -> Callable[[str], Street]:
    return cache(lambda vendor: Street(vendor, sandbox, roads(vendor), name="pages"))


TRIGGERS = [(vendor, key) for vendor in vendors() for key in integration(vendor).triggers]


@pytest.mark.parametrize(("vendor", "key"), TRIGGERS)
def test_each_event_is_told_once(vendor: str, key: str, streets: Callable[[str], Street]) -> None:
    asyncio.run(watched(streets(vendor).open(), key))


async def watched(shop: Shop, key: str) -> None:
    """What happened before the first poll is not told, what happens then is, and no more after that."""
    login: dict[str, Any] = {**shop.login}
    waited = timedelta()

    async def sleep(seconds: float) -> None:
        nonlocal waited
        waited += timedelta(seconds=seconds)

    async with connector.open(
        two_rows_a_page(shop.offer),
        base_url=shop.road.url,
        clock=lambda: shop.time() + waited,
        sleep=sleep,
        **login,
    ) as connection:
        for _ in range(THERE):
            happen(shop, key)
        first, cursor = await polled(connection, key, None)
        assert first == []
        expected = [happen(shop, key) for _ in range(NEW)]
        shop.road.clear()
        told, cursor = await polled(connection, key, cursor)
        assert sorted(told) == sorted(expected)
        asks_the_same_on_every_page(shop, shop.offer.triggers[key].source.operation)
        again, _ = await polled(connection, key, cursor)
        assert again == []


async def polled(connection: Connection, key: str, cursor: Cursor | None) -> tuple[list[str], Cursor]:
    """Poll until nothing is left to read: the ids of the records that were told, and the cursor."""
    trigger, told = connection.triggers[key], []
    for _ in range(5):
        found = await trigger.poll(cursor)
        cursor = found.cursor
        told += [str(at_path(event.data, trigger.trigger.source.id)) for event in found.events]
        if found.complete:
            return told, cursor
    raise AssertionError(f"{key} was not read to the end in five polls")
