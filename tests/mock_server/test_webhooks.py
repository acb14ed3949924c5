"""Webhooks: written with the change they tell of, sent when that is on disk, tried again."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from support.office import URL, ControlContext, Receiver, open_office, sending, until
from support.worlds import SECOND

from mock_server.webhooks.outbox import DELAYS, KEPT, Delivery, Outcome
from mock_server.webhooks.sender import Sender
from mock_server.webhooks.transport import url_problem


@pytest.fixture
def office() -> Iterator[ControlContext]:
    opened = open_office()
    yield opened
    opened.store.close()


def test_delivery_is_sent_once_and_kept_to_be_looked_at(office: ControlContext) -> None:
    receiver = Receiver()

    async def story() -> None:
        office.post(b'{"eventName":"CREATED"}')
        await until(lambda: office.known()[0].state == "delivered")
        await asyncio.sleep(0.3)

    sending(office, receiver, story)
    assert receiver.got == [(URL, b'{"eventName":"CREATED"}')]
    (kept,) = office.known()
    assert (kept.attempts, kept.outcome, kept.due) == (1, "200", None)


def test_what_is_undone_is_never_sent_and_what_is_not_on_disk_waits(office: ControlContext) -> None:
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


def test_failed_delivery_is_tried_again_when_the_tenants_clock_says_so(office: ControlContext) -> None:
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


def test_delivery_is_given_up_after_the_last_attempt(office: ControlContext) -> None:
    office.post()
    for _ in range(len(DELAYS)):
        (waiting,) = office.outbox.due(9)
        office.outbox.record_outcome(waiting, Outcome("503"))
        assert office.outbox.due(9) == []
        office.real.now += DELAYS[-1] * SECOND
    (last,) = office.outbox.due(9)
    office.outbox.record_outcome(last, Outcome("not reached (ConnectError)"))
    (kept,) = office.known()
    assert (kept.state, kept.attempts, kept.due) == ("given_up", len(DELAYS) + 1, None)
    assert office.outbox.is_empty


def test_deleted_webhook_gets_nothing_more(office: ControlContext) -> None:
    receiver = Receiver([500])

    async def story() -> None:
        office.post(b"first", webhook="w1")
        office.post(b"other", webhook="w2")
        await until(lambda: len(receiver.got) == 2)
        await until(lambda: all(one.attempts == 1 for one in office.known()))
        with office.store.change() as change:
            office.outbox.cancel(change, "acme", "shop", "w1")
        office.real.now += DELAYS[0] * SECOND
        await until(lambda: len(receiver.got) == 3)
        await asyncio.sleep(0.3)

    sending(office, receiver, story)
    assert [body for _, body in receiver.got] == [b"first", b"other", b"other"]


def test_receiver_that_cannot_be_reached_is_told_without_its_secret(office: ControlContext) -> None:
    def nobody(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"{request.url} is down", request=request)

    async def story() -> None:
        office.post()
        await until(lambda: office.known()[0].attempts == 1)

    sending(office, nobody, story)
    (kept,) = office.known()
    assert kept.outcome == "not reached (ConnectError)"
    assert kept.address == "https://hooks.example.com/in?hidden"


def test_slow_receiver_keeps_nobody_else_waiting(office: ControlContext) -> None:
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


def test_waiting_deliveries_outlive_the_sender(office: ControlContext) -> None:
    office.post(b"left over")
    receiver = Receiver()

    async def story() -> None:
        await until(lambda: office.known()[0].state == "delivered")

    sending(office, receiver, story)
    assert [body for _, body in receiver.got] == [b"left over"]


def test_old_deliveries_are_forgotten_when_settled(office: ControlContext) -> None:
    with office.store.change() as change:
        for number in range(KEPT + 3):
            body = b"%d" % number
            told = {"event": "CREATED", "url": URL, "body": body, "at": office.real.now}
            office.outbox.enqueue(change, "acme", "shop", webhook="w1", **told)  # type: ignore[arg-type]
    newest = [one.id for one in office.known()[-2:]]
    assert [one.id for one in office.outbox.deliveries("acme", last=2)] == newest
    for delivery in office.outbox.due(KEPT + 3):
        office.outbox.record_outcome(delivery, Outcome("200", delivered=True))
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
    assert url_problem(url).startswith(fault)
    assert bool(url_problem(url)) == bool(fault)


def test_address_shows_no_login() -> None:
    shown = Delivery(
        1, "t", "v", "w", "E", "http://me:hush@h.example.com:81/a?b=c#d", b"", 0, 0, 0, "", "waiting"
    )
    assert shown.address == "http://h.example.com:81/a?hidden"


@pytest.mark.parametrize("steps", range(4))
def test_sender_ends_when_told_to_though_news_come_at_that_moment(office: ControlContext, steps: int) -> None:
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
