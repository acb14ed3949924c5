"""A transport for the connector that asks the sandbox once for each address, and then repeats its response.

Measurements of the connector use it, so that they contain the work of the connector and not of the sandbox.
"""

from datetime import datetime
from urllib.parse import urlsplit

import httpx
import orjson

from bench.records import Api


class Replayed(httpx.AsyncBaseTransport):
    """Answers each GET request of the connector with the JSON that the sandbox has at its address."""

    def __init__(self, used: Api) -> None:
        self._used = used
        self._known: dict[str, bytes] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        address = request.url.raw_path.decode()
        if address not in self._known:
            base = urlsplit(str(request.url)).path.index("/rmas")
            path = self._used.path + address[base:]
            self._known[address] = orjson.dumps(await self._used.get(path, self._used.headers))
        return httpx.Response(200, headers={"Content-Type": "application/json"}, content=self._known[address])


def moment(text: str) -> datetime:
    """Parse a time with an offset, such as `2026-03-02T12:00:00Z`."""
    return datetime.fromisoformat(text)
