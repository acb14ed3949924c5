"""Webhooks: written with the change they tell of, sent when that is on disk, tried again."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from support.worlds import NOON, SECOND, RealTime, desk, ticking

import mock_server.bulk
from mock_server.bulk import Bulk
from mock_server.clock import Clocks
from mock_server.outbox import DELAYS, KEPT, Delivery, Outbox, Outcome
from mock_server.store import Store
from mock_server.way import refuse_address
from mock_server.webhooks import MOST_AT_ONCE, MOST_OF_A_WEBHOOK, Sender, Sleep

URL = "https://hooks.example.com/in?token=hush"


@dataclass
class Receiver:
    """Whoever registered: answers with these statuses in order, the last one for ever."""

    statuses: list[int] = field(default_factory=lambda: [200])
    got: list[tuple[str, bytes]] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.got.append((str(request.url), request.content))
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return httpx.Response(status, headers={"location": "https://elsewhere.example.com/"})


@dataclass
class Office:
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
            self.outbox.post(
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


@pytest.fixture
def office() -> Iterator[Office]:
    store, real = Store.open("sqlite://"), RealTime()
    clocks = ticking(store, real, "acme", "other")
    yield Office(store, clocks, Outbox(store, clocks), real)
    store.close()


def sending(
    office: Office,
    receiver: Callable[[httpx.Request], httpx.Response],
    story: Callable[[], Awaitable[None]],
    sleep: Sleep = asyncio.sleep,
) -> None:
    """Run the story while the sender sends."""

    async def run() -> None:
        office.store.commit_together(asyncio.get_running_loop())
        sender = Sender(office.outbox, office.store, httpx.MockTransport(receiver), sleep)
        task = asyncio.create_task(sender.run())
        await asyncio.sleep(0)
        try:
            await story()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(500):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("It did not happen in five seconds.")


def test_delivery_is_sent_once_and_kept_to_be_looked_at(office: Office) -> None:
    receiver = Receiver()

    async def story() -> None:
        office.post(b'{"eventName":"CREATED"}')
        await until(lambda: office.known()[0].state == "delivered")
        await asyncio.sleep(0.3)

    sending(office, receiver, story)
    assert receiver.got == [(URL, b'{"eventName":"CREATED"}')]
    (kept,) = office.known()
    assert (kept.attempts, kept.outcome, kept.due) == (1, "200", None)


def test_what_is_undone_is_never_sent_and_what_is_not_on_disk_waits(office: Office) -> None:
    receiver = Receiver()

    async def story() -> None:
        with pytest.raises(RuntimeError, match="never mind"):
            office.post(b"undone", then=RuntimeError("never mind"))
        office.post(b"done")
        assert office.store.pending is not None
        assert receiver.got == []
        await until(lambda: bool(receiver.got))
        await asyncio.sleep(0.3)

    sending(office, receiver, story)
    assert [body for _, body in receiver.got] == [b"done"]


def test_failed_delivery_is_tried_again_when_the_tenants_clock_says_so(office: Office) -> None:
    receiver = Receiver([500, 302, 204])

    async def story() -> None:
        office.post()
        for attempt, delay in enumerate(DELAYS[:2], start=1):
            await until(lambda attempt=attempt: office.known()[0].attempts == attempt)  # type: ignore[misc]
            assert office.known()[0].due == office.real.now + delay * SECOND
            await asyncio.sleep(0.3)
            assert len(receiver.got) == attempt, "too early"
            office.real.now += delay * SECOND
        await until(lambda: office.known()[0].state == "delivered")

    sending(office, receiver, story)
    assert [url for url, _ in receiver.got] == [URL] * 3
    assert office.known()[0].outcome == "204"


def test_delivery_is_given_up_after_the_last_attempt(office: Office) -> None:
    office.post()
    for _ in range(len(DELAYS)):
        (waiting,) = office.outbox.due(9)
        office.outbox.settle(waiting, Outcome("503"))
        assert office.outbox.due(9) == []
        office.real.now += DELAYS[-1] * SECOND
    (last,) = office.outbox.due(9)
    office.outbox.settle(last, Outcome("not reached (ConnectError)"))
    (kept,) = office.known()
    assert (kept.state, kept.attempts, kept.due) == ("given_up", len(DELAYS) + 1, None)
    assert office.outbox.is_empty


def test_deleted_webhook_gets_nothing_more(office: Office) -> None:
    receiver = Receiver([500])

    async def story() -> None:
        office.post(b"first", webhook="w1")
        office.post(b"other", webhook="w2")
        await until(lambda: len(receiver.got) == 2)
        await until(lambda: all(one.attempts == 1 for one in office.known()))
        with office.store.change() as change:
            office.outbox.withdraw(change, "acme", "shop", "w1")
        office.real.now += DELAYS[0] * SECOND
        await until(lambda: len(receiver.got) == 3)
        await asyncio.sleep(0.3)

    sending(office, receiver, story)
    assert [body for _, body in receiver.got] == [b"first", b"other", b"other"]


def test_receiver_that_cannot_be_reached_is_told_without_its_secret(office: Office) -> None:
    def nobody(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"{request.url} is down", request=request)

    async def story() -> None:
        office.post()
        await until(lambda: office.known()[0].attempts == 1)

    sending(office, nobody, story)
    (kept,) = office.known()
    assert kept.outcome == "not reached (ConnectError)"
    assert kept.address == "https://hooks.example.com/in?hidden"


def test_slow_receiver_keeps_nobody_else_waiting(office: Office) -> None:
    gate = asyncio.Event()
    got: list[str] = []

    async def slow_or_not(request: httpx.Request) -> httpx.Response:
        if request.url.host == "slow.example.com":
            await gate.wait()
        got.append(request.url.host)
        return httpx.Response(200)

    async def story() -> None:
        office.post(url="http://slow.example.com/")
        await asyncio.sleep(0.05)
        office.post()
        await until(lambda: got == ["hooks.example.com"])
        gate.set()
        await until(lambda: office.outbox.is_empty)

    sending(office, slow_or_not, story)  # type: ignore[arg-type]
    assert got == ["hooks.example.com", "slow.example.com"]


def test_waiting_deliveries_outlive_the_sender(office: Office) -> None:
    office.post(b"left over")
    receiver = Receiver()

    async def story() -> None:
        await until(lambda: office.known()[0].state == "delivered")

    sending(office, receiver, story)
    assert [body for _, body in receiver.got] == [b"left over"]


def test_old_deliveries_are_forgotten_when_settled(office: Office) -> None:
    with office.store.change() as change:
        for number in range(KEPT + 3):
            body = b"%d" % number
            told = {"event": "CREATED", "url": URL, "body": body, "at": office.real.now}
            office.outbox.post(change, "acme", "shop", webhook="w1", **told)  # type: ignore[arg-type]
    newest = [one.id for one in office.known()[-2:]]
    assert [one.id for one in office.outbox.deliveries("acme", last=2)] == newest
    for delivery in office.outbox.due(KEPT + 3):
        office.outbox.settle(delivery, Outcome("200", delivered=True))
    kept = office.known()
    assert (len(kept), kept[0].body) == (KEPT, b"3")


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("https://hooks.example.com/in", ""),
        ("http://127.0.0.1:8080/in?token=x", ""),
        ("ftp://hooks.example.com/in", "must be an absolute URL"),
        ("file:///etc/passwd", "must be an absolute URL"),
        ("gopher://127.0.0.1/", "must be an absolute URL"),
        ("/in", "must be an absolute URL"),
        ("https://", "must be an absolute URL"),
        ("https://[::1", "is no URL"),
    ],
)
def test_only_web_addresses_are_taken(url: str, fault: str) -> None:
    assert refuse_address(url).startswith(fault)
    assert bool(refuse_address(url)) == bool(fault)


def test_address_shows_no_login() -> None:
    shown = Delivery(
        1, "t", "v", "w", "E", "http://me:hush@h.example.com:81/a?b=c#d", b"", 0, 0, 0, "", "waiting"
    )
    assert shown.address == "http://h.example.com:81/a?hidden"


@pytest.mark.parametrize("steps", range(4))
def test_sender_ends_when_told_to_though_news_come_at_that_moment(office: Office, steps: int) -> None:
    office.post()

    async def run() -> None:
        office.store.commit_together(asyncio.get_running_loop())
        sender = Sender(office.outbox, office.store, httpx.MockTransport(Receiver([503])))
        task = asyncio.create_task(sender.run())
        await until(lambda: office.known()[0].attempts == 1)  # to be tried again: it looks at the clock
        await asyncio.sleep(0.05)
        office.outbox.wake()
        for _ in range(steps):  # how far the news have come
            await asyncio.sleep(0)
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=2)
        assert done, "the sender goes on"

    asyncio.run(run())


def hanging(
    gate: asyncio.Event, got: list[str]
) -> Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]:
    """Receivers of which those under `slow.example.com` answer once the gate is open."""

    async def receive(request: httpx.Request) -> httpx.Response:
        if request.url.host == "slow.example.com":
            await gate.wait()
        got.append(request.url.host)
        return httpx.Response(200)

    return receive


@pytest.mark.parametrize("webhooks", [1, MOST_AT_ONCE + 8])
def test_receivers_that_hang_delay_no_other_tenant_and_one_of_them_no_other_webhook(
    office: Office, webhooks: int
) -> None:
    gate, got = asyncio.Event(), list[str]()

    async def story() -> None:
        for number in range(MOST_AT_ONCE + 8):
            office.post(webhook=f"slow{number % webhooks}", url="http://slow.example.com/")
        await asyncio.sleep(0.05)
        office.post(tenant="other")
        await until(lambda: len(got) == 1)
        if webhooks == 1:
            office.post(webhook="quick")
            await until(lambda: len(got) == 2)
        gate.set()
        await until(lambda: office.outbox.is_empty)

    sending(office, hanging(gate, got), story)  # type: ignore[arg-type]
    assert set(got[: 2 if webhooks == 1 else 1]) == {"hooks.example.com"}
    assert got.count("slow.example.com") == MOST_AT_ONCE + 8


def test_a_webhook_that_did_not_answer_in_time_gets_one_delivery_at_a_time(office: Office) -> None:
    at_once: list[int] = []
    under_way = 0

    async def late(request: httpx.Request) -> httpx.Response:
        nonlocal under_way
        under_way += 1
        at_once.append(under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        raise httpx.ReadTimeout("too late", request=request)

    async def story() -> None:
        for _ in range(2 * MOST_OF_A_WEBHOOK):
            office.post()
        await until(lambda: all(one.attempts for one in office.known()))

    sending(office, late, story)  # type: ignore[arg-type]
    assert at_once == [*range(1, MOST_OF_A_WEBHOOK + 1), *[1] * MOST_OF_A_WEBHOOK]
    assert {one.outcome for one in office.known()} == {"no answer in time"}


def test_a_delivery_whose_outcome_cannot_be_stored_is_not_sent_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver, pauses = Receiver(), list[float]()
    settle = office.outbox.settle

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 8:
            monkeypatch.setattr(office.outbox, "settle", settle)
        await asyncio.sleep(0)

    async def story() -> None:
        monkeypatch.setattr(office.outbox, "settle", full)
        office.post()
        await until(lambda: office.known()[0].state == "delivered")

    sending(office, receiver, story, pause)
    assert len(receiver.got) == 1
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_commit_that_fails_leaves_the_outcome_to_be_stored_again(office: Office) -> None:
    receiver, pauses = Receiver(), list[float]()
    execute = office.store._execute

    def full(statement: str, *values: Any) -> Any:
        if statement == "COMMIT":
            raise sqlite3.OperationalError("database or disk is full")
        return execute(statement, *values)

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        office.store._execute = execute
        await asyncio.sleep(0)

    async def story() -> None:
        office.post()
        await office.store.breathe()
        office.store._execute = full
        await until(lambda: office.known()[0].state == "delivered" and office.store.pending is None)

    sending(office, receiver, story, pause)
    assert (len(receiver.got), pauses) == (1, [1])


def test_a_tenant_deleted_with_a_delivery_under_way_is_gone_without_a_complaint(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with desk() as opened:
        gate, got = asyncio.Event(), list[str]()
        world = opened.world
        opened.tenants.create("gone", seed_size=0)

        async def story() -> None:
            sender = Sender(world.outbox, world.store, httpx.MockTransport(hanging(gate, got)))
            task = asyncio.create_task(sender.run())
            with world.store.change() as change:
                told = {"event": "CREATED", "url": "http://slow.example.com/", "body": b"{}", "at": 0}
                world.outbox.post(change, "gone", "shop", webhook="w1", **told)  # type: ignore[arg-type]
            await asyncio.sleep(0.05)
            opened.tenants.delete("gone")
            gate.set()
            await until(lambda: bool(got))
            await asyncio.sleep(0.05)
            assert not task.done()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(story())
    assert caplog.records == []


@pytest.mark.parametrize(
    ("statuses", "state", "attempts"), [([503, 503, 200], "delivered", 3), ([503], "given_up", 8)]
)
def test_advancing_plays_the_attempts_that_fall_due(statuses: list[int], state: str, attempts: int) -> None:
    receiver = Receiver(statuses)
    with desk() as opened:
        world = opened.world
        opened.tenants.create("acme", first_moment=NOON, frozen=True, seed_size=0)

        async def story() -> None:
            world.store.commit_together(asyncio.get_running_loop())
            task = asyncio.create_task(Sender(world.outbox, world.store, httpx.MockTransport(receiver)).run())
            await asyncio.sleep(0)
            with world.store.change() as change:
                told = {"event": "CREATED", "url": URL, "body": b"{}", "at": NOON}
                world.outbox.post(change, "acme", "shop", webhook="w1", **told)  # type: ignore[arg-type]
            await Bulk(world, opened.tenants, opened.vendors).advance("acme", NOON + sum(DELAYS) * SECOND)
            (kept,) = world.outbox.deliveries("acme")
            assert (kept.state, kept.attempts, kept.due) == (state, attempts, None)
            assert world.clocks.now("acme") == NOON + sum(DELAYS) * SECOND
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(story())
    assert len(receiver.got) == attempts


def test_advancing_does_not_wait_for_ever_for_a_receiver_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mock_server.bulk, "PATIENCE", 0.1)
    gate, got = asyncio.Event(), list[str]()
    with desk() as opened:
        world = opened.world
        opened.tenants.create("acme", first_moment=NOON, frozen=True, seed_size=0)

        async def story() -> None:
            sender = Sender(world.outbox, world.store, httpx.MockTransport(hanging(gate, got)))
            task = asyncio.create_task(sender.run())
            await asyncio.sleep(0)
            with world.store.change() as change:
                told = {"event": "CREATED", "url": "http://slow.example.com/", "body": b"{}", "at": NOON}
                world.outbox.post(change, "acme", "shop", webhook="w1", **told)  # type: ignore[arg-type]
            await Bulk(world, opened.tenants, opened.vendors).advance("acme", NOON + SECOND)
            assert world.clocks.now("acme") == NOON + SECOND
            gate.set()
            await until(lambda: world.outbox.deliveries("acme")[0].state == "delivered")
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(story())
