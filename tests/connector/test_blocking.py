"""`connector.open_sync`: the same calls as those of an async connection, for programs without async code."""

from __future__ import annotations

import asyncio
import inspect
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.assistant import documented, inputs_of
from support.each import each
from support.fake_vendor import BASE_URL, KEY, Time, Wire, one, refusal, rows

import connector
from connector.definition.compiler import vendors
from connector.errors import AuthenticationError, ConfigurationError, UnknownKey
from connector.runtime.blocking import LoopThread, SyncConnection
from connector.unified import poll_all

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connector.typed.returnmate_sync import Connection


@pytest.fixture
def shop(wire: Wire, time: Time) -> Iterator[Connection]:
    transport = httpx.MockTransport(wire)
    with connector.open_sync(
        "returnmate", base_url=BASE_URL, api_key=KEY, transport=transport, clock=time.clock, sleep=time.sleep
    ) as opened:
        yield opened


@pytest.mark.parametrize("vendor", vendors())
def test_every_step_returns_what_the_async_connection_returns(vendor: str, time: Time) -> None:
    connection = documented(vendor, time)
    made = connection.integration
    with SyncConnection(connection) as shop:
        for key, search in each(made.searches.items()):
            inputs = inputs_of(made, search)
            assert shop.searches[key](**inputs) == shop.run(connection.searches[key], **inputs)
        for key, action in each(made.actions.items()):
            inputs = inputs_of(made, action)
            assert shop.actions[key](**inputs) == shop.run(connection.actions[key], **inputs)
        for key in each(made.triggers):
            polled = shop.triggers[key].poll()
            assert polled.cursor == shop.run(connection.triggers[key].poll).cursor
            assert shop.triggers[key].cursor_name() == shop.triggers[key].name
        for key in each(made.dropdowns):
            assert shop.dropdowns[key]().options == shop.run(connection.dropdowns[key]).options


def page(number: int, *ids: str) -> httpx.Response:
    meta = {"page": number, "per_page": 2, "total": 4, "total_pages": 2}
    return httpx.Response(200, json={"success": True, "data": [{"id": one} for one in ids], "meta": meta})


def test_rows_are_read_page_by_page_and_no_further_than_needed(shop: Connection, wire: Wire) -> None:
    wire.reply(page(1, "a", "b"), page(2, "c", "d"))
    iterator = shop.operations.list_returns.rows(per_page=2)
    assert next(iterator)["id"] == "a"
    assert len(wire.requests) == 1
    assert [row["id"] for row in iterator] == ["b", "c", "d"]
    assert len(wire.requests) == 2


def test_reading_can_stop_early(shop: Connection, wire: Wire) -> None:
    wire.reply(page(1, "a", "b"))
    iterator = shop.operations["list_returns"].pages(per_page=2)
    assert len(next(iterator).rows) == 2
    iterator.close()  # type: ignore[attr-defined] # a generator, which the type does not promise
    assert list(iterator) == []


def test_errors_are_those_of_the_async_connection(shop: Connection, wire: Wire) -> None:
    wire.reply(refusal(401))
    with pytest.raises(AuthenticationError) as caught:
        shop.check()
    assert caught.value.status == 401
    with pytest.raises(UnknownKey, match="Did you mean"):
        shop.actions["create_retrun"]  # type: ignore[call-overload]
    with pytest.raises(ConfigurationError, match="api_key"):
        connector.open_sync("returnmate")  # type: ignore[call-overload]


def test_it_works_where_an_event_loop_is_running(shop: Connection, wire: Wire) -> None:
    """As in a notebook, whose cells run in an event loop."""
    wire.reply(one(id="ret_1"))

    async def cell() -> Any:
        return shop.searches["get_return"](return_id="ret_1")

    assert asyncio.run(cell()) == [{"id": "ret_1"}]


def test_several_threads_share_a_connection(shop: Connection, wire: Wire) -> None:
    wire.reply(one(id="ret_1"))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: shop.searches["get_return"](return_id="ret_1"), range(24)))
    assert [[one["id"] for one in each(records)] for records in found] == [["ret_1"]] * 24
    assert len(wire.requests) == 24


def test_functions_for_async_connections_can_be_run(shop: Connection, wire: Wire) -> None:
    wire.reply(rows())
    polled = shop.run(poll_all, {"shop": shop.connection}, "new_return")
    assert polled.failed == {}
    assert set(polled.cursors) == {"shop"}


def test_a_notebook_sees_the_same_as_with_an_async_connection(shop: Connection) -> None:
    inner = shop.connection
    assert repr(shop) == repr(inner)
    assert repr(shop.actions["create_return"]) == repr(inner.actions["create_return"])
    assert list(shop.triggers) == shop.triggers._ipython_key_completions_()
    assert "list_returns" in dir(shop.operations)
    assert "order_number" in inspect.signature(shop.actions["create_return"]).parameters
    assert shop.integration is inner.integration


def test_an_interrupted_wait_cancels_the_call() -> None:
    thread, ended = LoopThread(), threading.Event()
    waiting = threading.get_ident()

    async def endless() -> None:
        while sys._current_frames()[waiting].f_code is not threading.Condition.wait.__code__:
            continue  # the main thread is not waiting yet
        signal.pthread_kill(waiting, signal.SIGINT)
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(KeyboardInterrupt):
        thread.run(endless)
    assert ended.wait(60)
    thread.close()


def test_the_thread_ends_with_the_connection(wire: Wire, time: Time) -> None:
    wire.reply(one(id="ret_1"))
    before = set(threading.enumerate())
    with connector.open_sync(
        "returnmate", api_key=KEY, transport=httpx.MockTransport(wire), clock=time.clock, sleep=time.sleep
    ) as shop:
        assert set(threading.enumerate()) <= before
        shop.searches["get_return"](return_id="ret_1")
        assert "returns-connector" in {thread.name for thread in set(threading.enumerate()) - before}
    assert set(threading.enumerate()) <= before


def test_a_program_that_forgets_to_close_the_connection_ends() -> None:
    code = (
        "import connector, httpx\n"
        "answer = {'success': True, 'data': {'id': 'x'}}\n"
        "wire = httpx.MockTransport(lambda _: httpx.Response(200, json=answer))\n"
        "shop = connector.open_sync('returnmate', api_key='sandbox-key', transport=wire)\n"
        "print(shop.searches['get_return'](return_id='x'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "[{'id': 'x'}]\n", "")
