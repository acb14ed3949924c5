"""A customer is forgotten in one change, other tenants run meanwhile, and the file is rewritten in time."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient
from support.in_process import commands
from support.stored import observing, run
from support.worlds import NOON, OpenWorld, open_world, row

from mock_server.app import create_app
from mock_server.engine.call import Call
from mock_server.erasure import erase as erasure
from mock_server.erasure.erase import Erased, erase
from mock_server.settings import Settings
from mock_server.store import tables

EMAIL = "ottilie.quarrington@example.com"
RETURN = {
    "vendor": "returnmate",
    "order_number": "#7001",
    "customer_email": EMAIL,
    "customer_name": "Ottilie Quarrington",
    "items": [{"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}],
}
VACUUM = import_module("mock_server.store.vacuum")
READ_AT_ONCE = 100
"""Rows that may be read before other requests run."""


@contextmanager
def acme() -> Iterator[OpenWorld]:
    """Open a world with the tenant `acme`, in which the customer has returns, and with a snapshot of it."""
    with open_world(secret="s") as opened:
        opened.tenants.create("acme", seed_size=25, first_moment=NOON, frozen=True)
        for vendor in opened.vendors:
            assert (
                opened.call("create_tenant_return", {**RETURN, "vendor": vendor}, tenant="acme").status == 201
            )
        opened.call("take_snapshot", {"name": "before"}, tenant="acme")
        yield opened


def with_customer(opened: OpenWorld) -> int:
    """Count the rows and events, in all partitions, that contain the customer's address."""
    found = 0
    for name in ("rows", "ledger"):
        for values in opened.world.store.select(sa.select(tables.metadata.tables[name])):
            found += any(EMAIL.encode() in one for one in values if isinstance(one, bytes))
    return found


def erased(opened: OpenWorld, look: Callable[[], None]) -> Erased:
    counts: list[Erased] = []

    async def story(_bulk: Any) -> None:
        with observing(opened, look):
            counts.append(await erase(opened.world, "acme", EMAIL))

    run(opened, story)
    return counts[0]


def test_others_see_all_of_the_customer_or_nothing_and_wait_for_one_slice_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with acme() as opened:
        store = opened.world.store
        seen, written, read = [with_customer(opened)], [store._connection.total_changes], [0]
        select = store.select

        def counting(statement: Any) -> Any:
            found = select(statement)
            read[-1] += len(found)
            return found

        def look() -> None:
            with monkeypatch.context() as plain:
                plain.setattr(store, "select", select)
                seen.append(with_customer(opened))
            written.append(store._connection.total_changes)
            read.append(0)

        monkeypatch.setattr(store, "select", counting)
        counts = erased(opened, look)
        assert counts.rows > 2 * len(opened.vendors), "also in the snapshot"
        assert seen[0] > 0
        assert set(seen) == {seen[0], 0}
        assert len(seen) > 20, "others run in between"
        assert sum(after != before for before, after in pairwise(written)) == 1, "one change"
        assert max(read) <= READ_AT_ONCE + 5, "and the names of snapshots and placeholders"


def test_failure_leaves_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    with acme() as opened:
        before, edit, edits = with_customer(opened), erasure._run, []

        def failing(*arguments: Any) -> None:
            edits.append(arguments)
            if len(edits) > 3:
                raise RuntimeError("the disk is full")
            edit(*arguments)

        monkeypatch.setattr(erasure, "_run", failing)
        with pytest.raises(RuntimeError, match="the disk is full"):
            erased(opened, lambda: None)
        assert with_customer(opened) == before > 0


def test_request_that_has_started_before_is_included(monkeypatch: pytest.MonkeyPatch) -> None:
    """It can change the tenant when everything is read, so the reading starts again."""
    with acme() as opened:
        plan, plans = erasure._plan, 0

        async def planned(*arguments: Any) -> Any:
            nonlocal plans
            plans += 1
            found = await plan(*arguments)
            if plans == 1:
                document = b'{"customer_email": "%s"}' % EMAIL.encode()
                with opened.world.store.change() as change:
                    change.put(row("late", vendor="returnmate", document=document))
            return found

        monkeypatch.setattr(erasure, "_plan", planned)
        erased(opened, lambda: None)
        assert plans == 2
        assert opened.world.store.document("acme", "returnmate", "return", "late")
        assert with_customer(opened) == 0


def test_requests_of_the_tenant_wait_and_those_of_others_do_not() -> None:
    with acme() as opened:
        held: list[tuple[bool, bool]] = []
        clocks = opened.world.clocks
        erased(opened, lambda: held.append((clocks.catch_up_slice("acme"), clocks.catch_up_slice("demo"))))
        assert (False, True) in held
        assert clocks.catch_up_slice("acme")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sandbox.sqlite3"


def served(file: Path) -> TestClient:
    return TestClient(
        create_app(Settings(seed_size=0, database=f"sqlite:///{file}")), base_url="http://127.0.0.1:4010"
    )


def content(file: Path) -> bytes:
    paths = (file, Path(f"{file}-wal"))
    return b"".join(path.read_bytes() for path in paths if path.exists())


@pytest.mark.parametrize("killed", [False, True])
def test_large_file_is_rewritten_when_the_sandbox_stops_or_starts_again(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    monkeypatch.setattr(VACUUM, "MAX_AT_ONCE", 0)
    with served(file) as client:
        assert client.post("/__sandbox/tenants/demo/returns", json=RETURN).status_code == 201
        command = commands(client, monkeypatch)
        shown = command("sandbox", "forget", EMAIL)
        assert shown.exit_code == 0
        assert shown.stderr.startswith("The database file is rewritten when the sandbox stops;")
        assert EMAIL.encode() in content(file), "an older copy"
        if killed:
            left = tmp_path / "left.sqlite3"
            left.write_bytes(file.read_bytes())
            Path(f"{left}-wal").write_bytes(Path(f"{file}-wal").read_bytes())
            with served(left):
                assert EMAIL.encode() not in content(left)
            return
    assert EMAIL.encode() not in content(file)


def test_unknown_customer_is_reported_and_nothing_is_rewritten(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(VACUUM, "MAX_AT_ONCE", 0)
    with served(file) as client:
        command = commands(client, monkeypatch)
        shown = command("sandbox", "forget", "never.seen@example.com")
        assert shown.stderr == "Nothing about never.seen@example.com was found in demo.\n"
        assert "rewritten" in shown.stdout
        client.post("/__sandbox/tenants/demo/returns", json=RETURN)
        assert "Nothing about" not in command("sandbox", "forget", EMAIL).stderr


def test_small_file_is_rewritten_at_once(file: Path) -> None:
    with served(file) as client:
        client.post("/__sandbox/tenants/demo/returns", json=RETURN)
        answer = client.post("/__sandbox/tenants/demo/forget", json={"email": EMAIL}).json()
        assert answer["rewritten"] is True
        assert EMAIL.encode() not in content(file)


def test_two_requests_for_one_customer_run_one_after_the_other() -> None:
    with acme() as opened:

        async def story(_bulk: Any) -> None:
            call = partial(Call, "forget_customer", None, {"tenant": "acme"}, {}, {})
            calls = [call({"email": email}, "http://127.0.0.1:4010") for email in (EMAIL, EMAIL.upper())]
            replies: list[Any] = [opened.control.forget_customer(one) for one in calls]
            found = await asyncio.gather(*replies)
            assert sorted(bool(reply.body["rows"]) for reply in found) == [False, True]

        run(opened, story)
        assert with_customer(opened) == 0
