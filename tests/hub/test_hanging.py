"""A vendor or a target that does not answer holds up its own work only."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from support.hub import TARGET, Bench, Targets, hub_at, merchant_of

from connector.hub import delivering, polling
from connector.hub.connections import Account
from connector.hub.moments import micros
from connector.hub.store import Store
from connector.hub.tables import connections, lists
from connector.runtime.connection import Connection

HOUR = 3_600
HANGING = "https://hanging.example.com/in"
NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hub.sqlite3'}"
    made: str = request.getfixturevalue("postgres").new_database()
    return made


class Shops:
    """Opens the connections to the vendor, of which those in `hanging` wait until `released`.

    `waiting` contains the names of those that wait, and `polls` counts the polls of the others.
    """

    def __init__(self, bench: Bench, hanging: set[str]) -> None:
        self._open, self._hanging = bench.hub.vendors.connection, hanging
        self.released, self.waiting, self.polls = asyncio.Event(), set[str](), 0
        bench.hub.vendors.connection = self._connection  # type: ignore[method-assign]

    async def _connection(self, account: Account) -> Connection:
        if account.name in self._hanging:
            self.waiting.add(account.name)
            await self.released.wait()
        else:
            self.polls += 1
        return await self._open(account)


class HangingTarget(httpx.AsyncBaseTransport):
    """All targets, of which `HANGING` does not answer; `waiting` counts its requests."""

    def __init__(self, others: Targets) -> None:
        self._others, self.waiting = others, 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if str(request.url) == HANGING:
            self.waiting += 1
            await asyncio.Event().wait()
        return await self._others.handle_async_request(request)


async def eventually(holds: Callable[[], bool]) -> None:
    for _ in range(1_200):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("It did not happen within 60 seconds.")


async def short(_seconds: float) -> None:
    await asyncio.sleep(0.1)


async def running(bench: Bench, queue: str, story: Callable[[], Awaitable[None]]) -> None:
    """Tell a story while the engine of a hub does one kind of shared work."""
    jobs = [job for job in bench.hub.jobs() if job.shared and job.shared.queue == queue]
    engine = asyncio.create_task(bench.hub.engine.run(jobs))
    try:
        await story()
    finally:
        engine.cancel()
        await asyncio.gather(engine, return_exceptions=True)


def test_lists_of_a_vendor_that_hangs_do_not_hold_up_the_others(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each list has a lease of its own, as if the lists were due at different times.
    monkeypatch.setattr(polling, "AT_ONCE", 1)

    async def told() -> None:
        async with hub_at(merchant, tmp_path, database=url, sleep=short) as bench:
            hanging = {f"shop {number}" for number in range(6)}
            for name in [*hanging, "answers"]:
                await bench.connect(name)
            await bench.subscribe("return_created")
            shops, due = Shops(bench, hanging), sa.update(lists).values(due_at=0)

            async def story() -> None:
                await eventually(lambda: shops.waiting == hanging and shops.polls > 0)
                polls = shops.polls + 2
                async with asyncio.timeout(60):
                    while shops.polls < polls:
                        await bench.hub.store.run(lambda database: database.execute(due))
                        bench.hub.engine.wake()
                        await short(0)
                assert not shops.released.is_set()
                shops.released.set()

            await running(bench, "polls", story)

    with merchant_of("swap") as merchant:
        asyncio.run(told())


def test_a_target_that_hangs_does_not_hold_up_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "AT_ONCE", 1)
    monkeypatch.setattr(delivering, "PLACES_OF_A_SUBSCRIPTION", 5)

    async def told() -> None:
        others = Targets()
        targets = HangingTarget(others)
        options: dict[str, Any] = {"targets": targets, "sleep": short}
        async with hub_at(merchant, tmp_path, **options) as bench:
            await bench.connect()
            await bench.subscribe("return_created", target=HANGING)
            await bench.subscribe("return_created", target=TARGET)
            await bench.hub.poller.poll_due()
            returns = {merchant.ask_for_return() for _ in range(8)}
            merchant.advance(HOUR)
            await bench.hub.poller.poll_due()

            async def story() -> None:
                await eventually(lambda: len(others.received) == 8)
                await eventually(lambda: targets.waiting == 5)

            await running(bench, "deliveries", story)
            assert {one.body["data"]["id"] for one in others.received} == returns

    with merchant_of("swap") as merchant:
        asyncio.run(told())


def add_lists(connection: sa.Connection, vendor: str, login: str, count: int) -> None:
    """Store lists that are due, each of a connection of its own; those added first are due first."""
    due = connection.execute(sa.select(sa.func.count()).select_from(lists)).scalar_one()
    for number in range(count):
        id_ = f"{login} {number}"
        own = {"id": id_, "name": id_, "vendor": vendor, "login": login}
        connection.execute(sa.insert(connections).values(**own, fields=b"", state="active", created_at=0))
        connection.execute(
            sa.insert(lists).values(
                connection=id_, name="list", cursors="{}", version=0, due_at=due, leased_until=0, failures=0
            )
        )


def leased(connection: sa.Connection, *leases: str) -> dict[str, int]:
    """Lease lists under each of the IDs, and count the leased ones of each login."""
    for lease in leases:
        polling.lease_due(connection, lease, NOW)
    held = (
        sa.select(connections.c.login, sa.func.count())
        .join(lists, lists.c.connection == connections.c.id)
        .where(lists.c.leased_until > 0)
        .group_by(connections.c.login)
    )
    return {row[0]: row[1] for row in connection.execute(held)}


def test_a_vendor_and_a_login_have_a_limited_number_of_places(url: str) -> None:
    busy = polling.PLACES_OF_A_VENDOR // polling.PLACES_OF_A_LOGIN
    leases = [str(number) for number in range(10)]
    with Store(url) as store, store.engine.begin() as connection:
        for number in range(busy + 1):
            add_lists(connection, "hangs", f"login {number}", polling.PLACES_OF_A_LOGIN + 3)
        add_lists(connection, "answers", "other", 3)
        full = {f"login {number}": polling.PLACES_OF_A_LOGIN for number in range(busy)}
        assert leased(connection, *leases) == {**full, "other": 3}
        # A list that is done makes room for another one, of the same login or of another.
        done = sa.update(lists).where(lists.c.connection == "login 0 0")
        connection.execute(done.values(lease=None, leased_until=0, due_at=micros(NOW) + 1))
        assert leased(connection, "later") == {**full, "other": 3}
