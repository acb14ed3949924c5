"""What the hub stores: in one transaction, once, and encrypted if it is secret."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from support.each import each
from support.hub import KEYS, Bench, hub_at, merchant_of

from connector.errors import ConfigurationError
from connector.hub import budget, polling
from connector.hub.encryption import Encryption, new_key, read_keys
from connector.hub.leases import new_lease
from connector.hub.polling import LEASE, PROBE
from connector.hub.store import Store
from connector.hub.tables import calls as counted
from connector.hub.tables import connections, metadata

HOUR = 3_600
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def at_a_vendor(vendor: str, folder: Path, story: Callable[[Bench], Awaitable[None]], **options: Any) -> None:
    with merchant_of(vendor) as merchant:

        async def told() -> None:
            async with hub_at(merchant, folder, **options) as bench:
                await story(bench)

        asyncio.run(told())


def test_a_poll_that_outlives_its_lease_changes_nothing(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        await bench.connect()
        await bench.subscribe("return_status_changed")
        await bench.round()
        id_ = bench.merchant.ask_for_return()
        bench.merchant.move(id_, "Approved")
        bench.merchant.advance(HOUR)
        [slow] = await lease(bench)
        bench.merchant.advance(LEASE.total_seconds() + 1)
        [second] = await lease(bench)
        assert second.version == slow.version
        await bench.hub.poller.poll(second)
        events = await bench.get("/events")
        await bench.hub.poller.poll(slow)
        await bench.hub.deliverer.deliver_due()
        assert await bench.get("/events") == events
        assert len(bench.targets.events()) == len(set(bench.targets.events())) == 1

    async def lease(bench: Bench) -> list[polling.Lease]:
        hub = bench.hub
        id_ = new_lease()
        await hub.store.run(polling.lease_due, id_, hub.clock())
        return await hub.store.run(polling.leased, hub.encryption, hub.integrations, id_, hub.clock())

    at_a_vendor("returngo", tmp_path, story)


def test_a_hub_that_stopped_between_poll_and_delivery_continues(tmp_path: Path) -> None:
    async def stories() -> None:
        async with hub_at(merchant, tmp_path) as bench:
            await bench.connect()
            await bench.subscribe("return_created")
            await bench.round()
            merchant.ask_for_return()
            merchant.advance(HOUR)
            await bench.hub.poller.poll_due()
            assert bench.targets.received == []
        merchant.ask_for_return()
        merchant.advance(HOUR)
        async with hub_at(merchant, tmp_path) as bench:
            await bench.round()
            assert len(bench.targets.received) == len(set(bench.targets.events())) == 2

    with merchant_of("swap") as merchant:
        asyncio.run(stories())


def test_after_the_restore_of_a_backup_ids_are_the_same_and_none_is_used_twice(tmp_path: Path) -> None:
    async def stories() -> None:
        ids: list[dict[str, str]] = []
        async with hub_at(merchant, tmp_path) as bench:
            await bench.connect()
            await bench.subscribe("return_created")
            await bench.round()
            backup = await bench.hub.store.run(all_rows)
            for _ in range(2):
                merchant.ask_for_return()
                await bench.round(HOUR)
            ids.append(seen(bench))
            await bench.hub.store.run(replace_rows, backup)
            bench.targets.received.clear()
            merchant.ask_for_return()
            await bench.round(HOUR)
            ids.append(seen(bench))
        before, after = ids
        assert len(before) == 2
        assert len(after) == 3
        assert before.items() < after.items()
        assert len(set(after.values())) == 3

    def all_rows(database: sa.Connection) -> list[Any]:
        tables = metadata.sorted_tables
        return [
            (table, [dict(row._mapping) for row in database.execute(sa.select(table))]) for table in tables
        ]

    def replace_rows(database: sa.Connection, backup: list[Any]) -> None:
        for table, _ in reversed(backup):
            database.execute(sa.delete(table))
        for table, rows in backup:
            if rows:
                database.execute(sa.insert(table), rows)

    def seen(bench: Bench) -> dict[str, str]:
        return {one.body["event_id"]: one.headers["webhook-id"] for one in bench.targets.received}

    with merchant_of("swap") as merchant:
        asyncio.run(stories())


def test_a_login_is_never_in_the_database_or_an_answer_in_clear(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        secret = bench.merchant.fields["api_key"]
        connection = await bench.connect()
        subscription = await bench.subscribe("return_created")
        await bench.round()
        shown = [
            await bench.get(path)
            for path in ("/connections", f"/connections/{connection['id']}", "/subscriptions")
        ]
        for text in each(map(str, shown)):
            assert secret not in text
            assert subscription["secret"] not in text
        secrets.extend([secret, subscription["secret"], bench.api.headers["authorization"].split()[1]])
        rows.append(await bench.hub.store.run(all_rows))

    def all_rows(database: sa.Connection) -> str:
        return str([database.execute(sa.select(table)).all() for table in metadata.sorted_tables])

    secrets: list[str] = []
    rows: list[str] = []
    at_a_vendor("returngo", tmp_path, story)
    stored = "".join(rows).encode()
    stored += b"".join(file.read_bytes() for file in tmp_path.glob("hub.sqlite3*"))
    assert b"hooks.example.com" in stored
    for secret in each(secrets):
        assert secret.removeprefix("whsec_").encode() not in stored


def test_a_wrong_key_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    async def nothing(_bench: Bench) -> None:
        """The first start stores the check value."""

    at_a_vendor("returngo", tmp_path, nothing)
    with pytest.raises(ConfigurationError, match="does not belong to this database"):
        at_a_vendor("returngo", tmp_path, nothing, encryption_keys=new_key())
    at_a_vendor("returngo", tmp_path, nothing, encryption_keys=f"{new_key()}\n{KEYS}\n")


def test_a_key_can_be_replaced_while_the_old_one_still_decrypts() -> None:
    old, new = new_key(), new_key()
    token = Encryption(old).encrypt({"api_key": "example"})
    assert Encryption(f"{new}\n{old}").decrypt(token) == {"api_key": "example"}
    with pytest.raises(ConfigurationError, match="encrypted with another key"):
        Encryption(new).decrypt(token)
    with pytest.raises(ConfigurationError, match="32 bytes in URL-safe base64"):
        Encryption("short")


def test_a_missing_key_file_is_created_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "hub.key"
    keys = read_keys(path)
    assert path.stat().st_mode & 0o077 == 0
    assert read_keys(path) == keys
    assert [file.name for file in tmp_path.iterdir() if file.name != "database"] == [path.name]


def test_hubs_that_create_the_key_file_at_once_have_one_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "shared.key"
    with monkeypatch.context() as patched:
        # Another hub creates the file after this one has seen that it is missing.
        first = f"{new_key()}\n"
        patched.setattr(Path, "exists", lambda file: bool(file.write_text(first)) and False)
        assert read_keys(path) == first
    assert path.read_text() == first
    with pytest.raises(ConfigurationError, match="cannot be used"):
        read_keys(tmp_path / "missing" / "hub.key")


def test_calls_are_counted_for_a_rolling_day(tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path / 'hub.sqlite3'}") as store, store.engine.begin() as connection:
        assert [budget.count(connection, "login", NOW, 2) for _ in range(3)] == [True, True, False]
        assert budget.count(connection, "another", NOW, 2)
        assert budget.spent(connection, "login", NOW) == 2
        later = NOW + timedelta(days=1)
        # The calls of a minute count until the last of them is a day old.
        assert not budget.count(connection, "login", later + timedelta(seconds=59), 2)
        after = later + timedelta(minutes=1)
        assert budget.count(connection, "login", after, 2)
        assert budget.spent(connection, "login", after) == 1
        kept = sa.select(counted.c.minute).where(counted.c.login == "login")
        assert len(connection.execute(kept).all()) == 1


def test_every_call_is_counted_before_it_is_sent_and_none_beyond_the_budget(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        connection = await bench.connect()
        await bench.subscribe("return_created")
        account = await bench.hub.store.run(bench.hub.account, connection["id"])

        def sent_before(database: sa.Connection) -> None:
            budget.count(database, account.login, bench.merchant.now(), None)
            database.execute(sa.update(counted).values(count=1_790))

        await bench.hub.store.run(sent_before)
        calls = await bench.count_calls(connection["id"])
        for _ in range(30):
            await bench.round(600)
        assert len(calls.operations) == 10
        [plan] = (await bench.get("/plan"))["logins"]
        assert (plan["sent_today"], plan["limit_per_day"]) == (1_800, 2_000)
        [polled] = (await bench.get("/connections"))["connections"][0]["lists"]
        assert polled["problem"] == "The hub's budget of 1,800 calls in 24 hours is used up."
        # The calls of yesterday do not count any more.
        bench.merchant.ask_for_return()
        await bench.round(86_400)
        assert len(bench.targets.received) == 1

    at_a_vendor("returngo", tmp_path, story)


def test_a_login_that_is_refused_stops_and_is_probed_hourly(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        connection = await bench.connect()
        await bench.subscribe("return_created")
        await bench.round()
        wrong = {**bench.merchant.fields, "api_key": "revoked"}
        change = sa.update(connections).values(fields=bench.hub.encryption.encrypt(wrong))
        await bench.hub.store.run(lambda database: database.execute(change))
        await bench.hub.vendors.forget(connection["id"])
        await bench.round(HOUR)
        shown = await bench.get(f"/connections/{connection['id']}")
        assert shown["state"] == "refused"
        assert shown["problem"]
        calls = await bench.count_calls(connection["id"])
        for _ in range(3):
            await bench.round(PROBE.total_seconds() / 4)
        assert calls.operations == []

    at_a_vendor("returngo", tmp_path, story)


def test_a_connection_that_is_deleted_while_it_is_polled_stops_no_other(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        connection = await bench.connect()
        await bench.subscribe("return_created")
        hub = bench.hub
        await hub.store.run(polling.lease_due, "lease", hub.clock())
        [held] = await hub.store.run(polling.leased, hub.encryption, hub.integrations, "lease", hub.clock())
        assert (await bench.api.delete(f"/connections/{connection['id']}")).status_code == 204
        await hub.poller.poll(held)
        assert (await bench.get("/events"))["events"] == []

    at_a_vendor("returngo", tmp_path, story)


@pytest.mark.parametrize("url", ["nonsense", "sqlite:////missing/folder/hub.sqlite3", "oracle9://x"])
def test_a_database_that_cannot_be_used_is_one_sentence(url: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be used"):
        Store(url)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_key_file_that_an_editor_saved_is_read(encoding: str, tmp_path: Path) -> None:
    path, key = tmp_path / "hub.key", new_key()
    path.write_bytes(f"{key}\r\n".encode(encoding))
    token = Encryption(key).encrypt("value")
    assert Encryption(read_keys(path)).decrypt(token) == "value"


def test_a_key_file_in_another_encoding_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "hub.key"
    path.write_bytes(b"k\xe9y")
    with pytest.raises(ConfigurationError, match="it is not UTF-8 text"):
        read_keys(path)


def test_only_its_owner_can_read_the_database(tmp_path: Path) -> None:
    path = tmp_path / "hub.sqlite3"
    for mode in each([None, 0o644]):
        if mode is not None:
            path.chmod(mode)
        with Store(f"sqlite:///{path}"):
            assert [one.stat().st_mode & 0o077 for one in tmp_path.glob("hub.sqlite3*")] == [0] * 3
