"""Webhooks: stored with the change they report, sent after its commit, retried on failure."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from support.webhook_sender import URL, Receiver, WebhookContext, open_context, run_sender, until
from support.worlds import SECOND

from mock_server.webhooks.outbox import KEPT, Delivery, Outcome
from mock_server.webhooks.retry_schedule import DELAYS
from mock_server.webhooks.sender import Sender
from mock_server.webhooks.transport import url_problem


@pytest.fixture
def context() -> Iterator[WebhookContext]:
    opened = open_context()
    yield opened
    opened.store.close()


def test_delivery_is_sent_once_and_kept_for_inspection(context: WebhookContext) -> None:
    receiver = Receiver()

    async def story() -> None:
        context.post(b'{"eventName":"CREATED"}')
        await until(lambda: context.known()[0].state == "delivered")
        await asyncio.sleep(0.3)

    run_sender(context, receiver, story)
    assert receiver.got == [(URL, b'{"eventName":"CREATED"}')]
    (kept,) = context.known()
    assert (kept.attempts, kept.outcome, kept.due) == (1, "200", None)


def test_webhook_of_an_undone_change_is_never_sent_and_others_wait_for_the_commit(
    context: WebhookContext,
) -> None:
    receiver = Receiver()

    async def story() -> None:
        with pytest.raises(RuntimeError, match="never mind"):
            context.post(b"undone", then=RuntimeError("never mind"))
        context.post(b"done")
        assert context.store.pending is not None
        assert receiver.got == []
        await until(lambda: bool(receiver.got))
        await asyncio.sleep(0.3)

    run_sender(context, receiver, story)
    assert [body for _, body in receiver.got] == [b"done"]


def test_failed_delivery_is_retried_on_the_tenants_clock(context: WebhookContext) -> None:
    receiver = Receiver([500, 302, 204])

    async def story() -> None:
        context.post()
        for attempt, delay in enumerate(DELAYS[:2], start=1):
            await until(lambda attempt=attempt: context.known()[0].attempts == attempt)  # type: ignore[misc]
            assert context.known()[0].due == context.real.now + delay * SECOND
            await asyncio.sleep(0.3)
            assert len(receiver.got) == attempt, "too early"
            context.real.now += delay * SECOND
        await until(lambda: context.known()[0].state == "delivered")

    run_sender(context, receiver, story)
    assert [url for url, _ in receiver.got] == [URL] * 3
    assert context.known()[0].outcome == "204"


def test_delivery_is_given_up_after_the_last_attempt(context: WebhookContext) -> None:
    context.post()
    for _ in range(len(DELAYS)):
        (waiting,) = context.outbox.due(9)
        context.outbox.record_outcome(waiting, Outcome("503"))
        assert context.outbox.due(9) == []
        context.real.now += DELAYS[-1] * SECOND
    (last,) = context.outbox.due(9)
    context.outbox.record_outcome(last, Outcome("not reached (ConnectError)"))
    (kept,) = context.known()
    assert (kept.state, kept.attempts, kept.due) == ("given_up", len(DELAYS) + 1, None)
    assert context.outbox.is_empty


def test_deleted_webhook_gets_no_more_deliveries(context: WebhookContext) -> None:
    receiver = Receiver([500])

    async def story() -> None:
        context.post(b"first", webhook="w1")
        context.post(b"other", webhook="w2")
        await until(lambda: len(receiver.got) == 2)
        await until(lambda: all(one.attempts == 1 for one in context.known()))
        with context.store.change() as change:
            context.outbox.cancel(change, "acme", "shop", "w1")
        context.real.now += DELAYS[0] * SECOND
        await until(lambda: len(receiver.got) == 3)
        await asyncio.sleep(0.3)

    run_sender(context, receiver, story)
    assert [body for _, body in receiver.got] == [b"first", b"other", b"other"]


def test_unreachable_receiver_is_reported_without_the_secret_of_its_url(context: WebhookContext) -> None:
    def unreachable(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"{request.url} is down", request=request)

    async def story() -> None:
        context.post()
        await until(lambda: context.known()[0].attempts == 1)

    run_sender(context, unreachable, story)
    (kept,) = context.known()
    assert kept.outcome == "not reached (ConnectError)"
    assert kept.address == "https://hooks.example.com/in?hidden"


def test_slow_receiver_delays_no_other(context: WebhookContext) -> None:
    gate = asyncio.Event()
    got: list[str] = []

    async def slow_or_not(request: httpx.Request) -> httpx.Response:
        if request.url.host == "slow.example.com":
            await gate.wait()
        got.append(request.url.host)
        return httpx.Response(200)

    async def story() -> None:
        context.post(url="http://slow.example.com/")
        await asyncio.sleep(0.05)
        context.post()
        await until(lambda: got == ["hooks.example.com"])
        gate.set()
        await until(lambda: context.outbox.is_empty)

    run_sender(context, slow_or_not, story)  # type: ignore[arg-type]
    assert got == ["hooks.example.com", "slow.example.com"]


def test_waiting_deliveries_survive_a_restart_of_the_sender(context: WebhookContext) -> None:
    context.post(b"left over")
    receiver = Receiver()

    async def story() -> None:
        await until(lambda: context.known()[0].state == "delivered")

    run_sender(context, receiver, story)
    assert [body for _, body in receiver.got] == [b"left over"]


def test_settled_deliveries_are_removed_after_a_time(context: WebhookContext) -> None:
    with context.store.change() as change:
        for number in range(KEPT + 3):
            body = b"%d" % number
            told = {"event": "CREATED", "url": URL, "body": body, "at": context.real.now}
            context.outbox.enqueue(change, "acme", "shop", webhook="w1", **told)  # type: ignore[arg-type]
    newest = [one.id for one in context.known()[-2:]]
    assert [one.id for one in context.outbox.deliveries("acme", last=2)] == newest
    for delivery in context.outbox.due(KEPT + 3):
        context.outbox.record_outcome(delivery, Outcome("200", delivered=True))
    kept = context.known()
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
        ("https://[::1", "is not a URL"),
    ],
)
def test_only_http_urls_are_accepted(url: str, fault: str) -> None:
    assert url_problem(url).startswith(fault)
    assert bool(url_problem(url)) == bool(fault)


def test_shown_url_contains_no_credentials() -> None:
    shown = Delivery(
        1, "t", "v", "w", "E", "http://me:hush@h.example.com:81/a?b=c#d", b"", 0, 0, 0, "", "waiting"
    )
    assert shown.address == "http://h.example.com:81/a?hidden"


@pytest.mark.parametrize("steps", range(4))
def test_sender_stops_although_new_deliveries_arrive(context: WebhookContext, steps: int) -> None:
    context.post()

    async def run() -> None:
        context.store.commit_together(asyncio.get_running_loop())
        sender = Sender(context.outbox, context.store, httpx.MockTransport(Receiver([503])))
        task = asyncio.create_task(sender.run())
        # The delivery is scheduled for a retry, so the sender reads the clock.
        await until(lambda: context.known()[0].attempts == 1)
        await asyncio.sleep(0.05)
        context.outbox.wake()
        for _ in range(steps):  # turns of the event loop after the wake-up
            await asyncio.sleep(0)
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=30)
        assert done, "the sender continued"

    asyncio.run(run())
