"""The way from a hub to the vendors: counts the calls, and answers for a vendor that is away."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from support.days.shops import Shop

ANSWER = 0.2
"""How long an answer takes, in seconds."""
RETRY_AFTER = "60"


@dataclass(frozen=True)
class Trouble:
    """A vendor answers every request with `status` from `begin` to `end`."""

    vendor: str
    status: int
    begin: datetime
    end: datetime


@dataclass
class Network(httpx.AsyncBaseTransport):
    """Carries each request to the shop that its host names.

    `sent` contains the times of the calls of each shop, without requests for tokens, which no limit counts.
    `refused` contains a sentence for each request that a vendor refused because of its limits.
    """

    shops: Mapping[str, Shop]
    clock: Callable[[], datetime]
    troubles: Sequence[Trouble] = ()
    sent: dict[str, list[datetime]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._inner = next(iter(self.shops.values())).transport
        self._token_paths = {name: _token_path(shop) for name, shop in self.shops.items()}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = request.url.host.partition(".")[0]
        shop = self.shops[name]
        await asyncio.sleep(ANSWER)
        now = self.clock()
        if request.url.path != self._token_paths[name]:
            self.sent.setdefault(name, []).append(now)
        for trouble in self.troubles:
            if trouble.vendor == shop.vendor and trouble.begin <= now < trouble.end:
                headers = {"retry-after": RETRY_AFTER} if trouble.status == 429 else {}
                return httpx.Response(trouble.status, headers=headers)
        shop.follow(now)
        home = httpx.URL(shop.base_url)
        at_home = request.url.copy_with(scheme=home.scheme, host=home.host)
        request = httpx.Request(
            request.method,
            at_home,
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        response = await self._inner.handle_async_request(request)
        if response.status_code == 429:
            self.refused.append(f"{name} refused {request.method} {request.url.path} at {now}")
        return response


def _token_path(shop: Shop) -> str:
    tokens = shop.offer.authentication.tokens
    base = httpx.URL(shop.base_url).path.rstrip("/")
    return base + shop.offer.operations[tokens.operation].path if tokens else ""
