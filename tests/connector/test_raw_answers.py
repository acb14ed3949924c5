"""Malformed HTTP at the socket: every answer raises a connector error in time, without a traceback."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from support.fake_vendor import KEY, Time

import connector
from connector.errors import ConnectorError, OutcomeUnknown, UnexpectedResponse, VendorUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from connector.definition.model import Integration

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\n"
BODY = b'{"success": true, "data": [], "meta": {"total": 0}}'
RAW = {
    "nothing": b"",
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
    "TLS": b"\x15\x03\x03\x00\x02\x02\x28",
    "HTTP/0.9": b"<html></html>",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no status": b"HTTP/1.1 \r\n\r\n",
    "status 42": b"HTTP/1.1 42 Odd\r\n\r\n",
    "status 999": b"HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n",
    "status 101": b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
    "endless 100": b"HTTP/1.1 100 Continue\r\n\r\n" * 2000,
    "endless header": OK + b"x: " + b"a" * 200_000,
    "many headers": OK + b"".join(b"x-%d: 1\r\n" % index for index in range(50_000)),
    "header without a name": OK + b": x\r\n\r\n",
    "header with a zero": OK + b"x: a\x00b\r\n\r\n",
    "length below zero": OK + b"content-length: -5\r\n\r\n" + BODY,
    "length that is no number": OK + b"content-length: many\r\n\r\n" + BODY,
    "length of 400 digits": OK + b"content-length: " + b"9" * 400 + b"\r\n\r\n" + BODY,
    "two lengths": OK + b"content-length: 5\r\ncontent-length: 6\r\n\r\n" + BODY,
    "too short": OK + b"content-length: 5000\r\n\r\n" + BODY,
    "chunk without a size": OK + b"transfer-encoding: chunked\r\n\r\nxyz\r\n",
    "chunk of a huge size": OK + b"transfer-encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\n",
    "chunks that are cut": OK + b"transfer-encoding: chunked\r\n\r\n5\r\n{",
    "unknown transfer": OK + b"transfer-encoding: gzip\r\n\r\n" + BODY,
    "no JSON in Latin-1": OK + b"content-type: \xe9\r\ncontent-length: 1\r\n\r\n\xe9",
}


@asynccontextmanager
async def speaking(answer: bytes) -> AsyncIterator[str]:
    """Serve these bytes on each connection, then close it."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("answer", RAW.values(), ids=RAW.keys())
async def test_malformed_http_raises_a_connector_error(integration: Integration, answer: bytes) -> None:
    time = Time()
    async with (
        speaking(answer) as url,
        connector.open(
            integration, base_url=url, api_key=KEY, clock=time.clock, sleep=time.sleep, timeout=2
        ) as rm,
    ):
        with pytest.raises((UnexpectedResponse, VendorUnavailable)) as caught:
            await rm.operations.list_returns()
        assert len(str(caught.value)) < 500
        with pytest.raises(OutcomeUnknown):
            await rm.operations.add_return_note(id="rma_1", content="Hello")


async def test_refused_connection_means_nothing_was_sent(integration: Integration) -> None:
    time = Time()
    async with speaking(b"") as url:
        pass
    async with connector.open(
        integration, base_url=url, api_key=KEY, clock=time.clock, sleep=time.sleep
    ) as rm:
        with pytest.raises(ConnectorError, match="cannot be reached") as caught:
            await rm.operations.add_return_note(id="rma_1", content="Hello")
    assert type(caught.value) is VendorUnavailable
