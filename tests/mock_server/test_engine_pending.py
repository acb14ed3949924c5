"""Group commit: every answer, also a refusal, waits for the pending commit."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from support.engine_api import BASE, Gate, Shop, build

from mock_server.engine.call import Call
from mock_server.engine.problem import Problem
from mock_server.engine.reply import Reply

Get = Callable[[str], Awaitable[httpx.Response]]


class Writing(Gate):
    """A store whose commit is pending until the test completes it."""

    def __init__(self) -> None:
        super().__init__()
        self.commit: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def pending(self) -> asyncio.Future[None]:  # type: ignore[override]
        return self.commit


class Refusing(Shop):
    def get_item(self, call: Call) -> Reply:
        raise Problem("not_found", f"{call.path['id']} was moved a moment ago.")


def with_requests(scenario: Callable[[Writing, Get], Awaitable[Any]]) -> None:
    async def run() -> None:
        gate = Writing()
        transport = httpx.ASGITransport(build(Refusing(), gate))
        login = {"Authorization": "Bearer good"}
        async with httpx.AsyncClient(
            transport=transport, base_url=f"http://sandbox{BASE}", headers=login
        ) as client:
            await scenario(gate, client.get)

    asyncio.run(run())


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.mark.parametrize(("path", "status"), [("/items", 200), ("/items/1", 404)])
def test_no_answer_is_sent_before_the_commit(path: str, status: int) -> None:
    """A refusal can also reveal a change that is not committed yet."""

    async def scenario(gate: Writing, get: Get) -> None:
        answer = asyncio.ensure_future(get(path))
        await turns()
        assert not answer.done()
        gate.commit.set_result(None)
        assert (await answer).status_code == status

    with_requests(scenario)


def test_failed_commit_fails_every_waiting_request(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(gate: Writing, get: Get) -> None:
        answers = [asyncio.ensure_future(get(path)) for path in ("/items", "/items/1")]
        await turns()
        gate.commit.set_exception(OSError("the disk is full"))
        assert [(await answer).status_code for answer in answers] == [500, 500]

    with_requests(scenario)
    assert "the disk is full" in caplog.text
