"""The receiver check ends although the body of an answer does not, and reads only its beginning."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from mock_server.clock import ticks
from mock_server.proxies import proxy
from mock_server.receiver_check.posting import Answer, Outgoing, Poster
from mock_server.webhooks.transport import url_problem


class Endless(httpx.AsyncByteStream):
    """A body without an end; after the first part, it waits if `is_slow`."""

    def __init__(self, *, is_slow: bool) -> None:
        self._is_slow = is_slow
        self.received = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.received += 65_536
            yield b"x" * 65_536
            if self._is_slow:
                await asyncio.Event().wait()


def posted(body: Endless, seconds: float, **headers: str) -> Answer:
    async def run() -> Answer:
        transport = httpx.MockTransport(lambda _request: httpx.Response(200, headers=headers, stream=body))
        async with httpx.AsyncClient(transport=transport) as client:
            poster = Poster(client, "http://receiver.example.com/", seconds, ticks)
            return await poster.post(Outgoing(b"{}", {}))

    return asyncio.run(run())


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_an_endless_body_is_not_read_to_its_end(coding: str) -> None:
    body = Endless(is_slow=False)
    answer = posted(body, 60, **{"content-encoding": coding})
    assert (answer.status, answer.error) == (200, "")
    assert 1_000_000 < body.received < 2_000_000


def test_a_body_that_stops_arriving_is_a_timeout() -> None:
    answer = posted(Endless(is_slow=True), 0.01)
    assert answer.timed_out
    assert answer.error == "it does not answer within 0.01 s"


@pytest.mark.parametrize("url", ["http://xn--a/hook", "https://xn--4t8h.dwk.io/hook"])
def test_a_name_that_the_newer_idna_refuses_is_looked_up(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_server.proxies.getproxies", dict)
    assert url_problem(url) == ""
    assert proxy(url) is None
