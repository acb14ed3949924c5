"""Webhooks without a server: an outbox on a store in memory, fake receivers, and the sender."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx

from mock_server.clock import Clocks, sleep
from mock_server.store import Store
from mock_server.webhooks.outbox import Delivery, Outbox
from mock_server.webhooks.sender import Sender, Sleep
from support.worlds import RealTime, ticking

URL = "https://hooks.example.com/in?token=hush"


@dataclass
class Receiver:
    """A webhook receiver that answers with these statuses in order, and repeats the last one."""

    statuses: list[int] = field(default_factory=lambda: [200])
    got: list[tuple[str, bytes]] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.got.append((str(request.url), request.content))
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return httpx.Response(status, headers={"location": "https://elsewhere.example.com/"})


@dataclass
class WebhookContext:
    """An outbox with two tenants, `acme` and `other`, whose clocks the test advances."""

    store: Store
    clocks: Clocks
    outbox: Outbox
    real: RealTime

    def post(
        self,
        body: bytes = b"{}",
        webhook: str = "w1",
        url: str = URL,
        then: Exception | None = None,
        tenant: str = "acme",
    ) -> None:
        with self.store.change() as change:
            self.outbox.enqueue(
                change,
                tenant,
                "shop",
                webhook=webhook,
                event="CREATED",
                url=url,
                body=body,
                at=self.clocks.now("acme"),
            )
            if then:
                raise then

    def known(self) -> list[Delivery]:
        return self.outbox.deliveries("acme")


def open_context() -> WebhookContext:
    """Open an outbox; the caller closes its store."""
    store, real = Store.open("sqlite://"), RealTime()
    clocks = ticking(store, real, "acme", "other")
    return WebhookContext(store, clocks, Outbox(store, clocks), real)


def run_sender(
    context: WebhookContext,
    receiver: Callable[[httpx.Request], httpx.Response],
    story: Callable[[], Awaitable[None]],
    sleep: Sleep = sleep,
) -> None:
    """Run the story while the sender runs."""

    async def run() -> None:
        context.store.commit_together(asyncio.get_running_loop())
        sender = Sender(context.outbox, context.store, httpx.MockTransport(receiver), sleep)
        task = asyncio.create_task(sender.run())
        await asyncio.sleep(0)
        try:
            await story()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())


async def until(holds: Callable[[], bool]) -> None:
    """Wait until the condition holds, for a minute at most."""
    for _ in range(6_000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("The condition did not hold within a minute.")
