"""A small HTTP server in the story's event loop, for apps that run in another process."""

import asyncio
from contextlib import suppress

import httpx

from support.certificate.adversary import ELSEWHERE, Adversary
from support.certificate.crashes import Crash

HERE = "localhost"
"""The name under which the other host of a redirect is reached."""


async def served(adversary: Adversary, port: int) -> asyncio.Server:
    """Answer requests on loopback from the adversary, one per connection."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(Crash, asyncio.IncompleteReadError, httpx.TransportError, ConnectionError):
            request = await _read(reader, adversary, port)
            response = await adversary.handle_async_request(request)
            writer.write(_written(response, await response.aread(), port))
            await writer.drain()
        writer.close()

    return await asyncio.start_server(answer, "127.0.0.1", port)


async def _read(reader: asyncio.StreamReader, adversary: Adversary, port: int) -> httpx.Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *lines = head.strip().split("\r\n")
    method, target, _version = line.split(" ")
    headers = httpx.Headers([(name, value.strip()) for name, _colon, value in map(_halves, lines)])
    content = await reader.readexactly(int(headers.get("content-length", "0")))
    host = headers.pop("host", "")
    there = httpx.URL(adversary.merchant.base_url)
    where = httpx.URL(ELSEWHERE) if host.startswith(HERE) else there
    url = where.copy_with(raw_path=target.encode())
    for name in ("connection", "content-length", "accept-encoding", "transfer-encoding"):
        headers.pop(name, None)
    return httpx.Request(method, url, headers=headers, content=content)


def _halves(line: str) -> tuple[str, str, str]:
    return line.partition(":")


def _written(response: httpx.Response, content: bytes, port: int) -> bytes:
    headers = {
        name: value
        for name, value in response.headers.items()
        if name not in {"content-length", "content-encoding", "connection", "transfer-encoding"}
    }
    if "location" in headers:
        headers["location"] = f"http://{HERE}:{port}{httpx.URL(ELSEWHERE).path}"
    headers |= {"content-length": str(len(content)), "connection": "close"}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {response.status_code} X\r\n{head}\r\n".encode("latin-1") + content
