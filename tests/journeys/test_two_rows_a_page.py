"""Every trigger of every vendor, through connector and sandbox, two rows per page: each event once."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from support.checking_proxy import CheckingProxy
from support.matrix.checks import same_parameters_on_every_page, trigger_event
from support.matrix.shop import Shop, VendorShops
from support.sandbox import Sandbox

import connector
from connector.definition.compiler import integration, vendors
from connector.definition.model import Integration
from connector.definition.paths import at_path
from connector.runtime.connection import Connection
from connector.runtime.polling import Cursor

THERE, NEW = 3, 5


def two_rows_a_page(made: Integration) -> Integration:
    """Return the integration with two rows per page in every list that a trigger reads."""
    triggers = {
        key: one.model_copy(update={"source": one.source.model_copy(update={"page_size": 2})})
        for key, one in made.triggers.items()
    }
    return made.model_copy(update={"triggers": triggers})


@pytest.fixture(scope="session")
def vendor_shops(sandbox: Sandbox, proxies: Callable[[str], CheckingProxy]) -> Callable[[str], VendorShops]:
    return cache(lambda vendor: VendorShops(vendor, sandbox, proxies(vendor), name="pages"))


TRIGGERS = [(vendor, key) for vendor in vendors() for key in integration(vendor).triggers]


@pytest.mark.parametrize(("vendor", "key"), TRIGGERS)
def test_each_event_is_delivered_once(
    vendor: str, key: str, vendor_shops: Callable[[str], VendorShops]
) -> None:
    asyncio.run(watched(vendor_shops(vendor).open(), key))


async def watched(shop: Shop, key: str) -> None:
    """Check that old records are not delivered, new ones once, and nothing after that."""
    login: dict[str, Any] = {**shop.login}
    waited = timedelta()

    async def sleep(seconds: float) -> None:
        nonlocal waited
        waited += timedelta(seconds=seconds)

    async with connector.open(
        two_rows_a_page(shop.offer),
        base_url=shop.proxy.url,
        clock=lambda: shop.time() + waited,
        sleep=sleep,
        **login,
    ) as connection:
        for _ in range(THERE):
            trigger_event(shop, key)
        first, cursor = await polled(connection, key, None)
        assert first == []
        expected = [trigger_event(shop, key) for _ in range(NEW)]
        shop.proxy.clear()
        delivered, cursor = await polled(connection, key, cursor)
        assert sorted(delivered) == sorted(expected)
        same_parameters_on_every_page(shop, shop.offer.triggers[key].source.operation)
        again, _ = await polled(connection, key, cursor)
        assert again == []


async def polled(connection: Connection, key: str, cursor: Cursor | None) -> tuple[list[str], Cursor]:
    """Poll until all pages are read; return the ids of the delivered records, and the cursor."""
    trigger, delivered = connection.triggers[key], []
    for _ in range(5):
        found = await trigger.poll(cursor)
        cursor = found.cursor
        delivered += [str(at_path(event.data, trigger.trigger.source.id)) for event in found.events]
        if found.complete:
            return delivered, cursor
    raise AssertionError(f"{key} needed more than five polls")
