"""One attempt to send a webhook: invalid payloads are not sent, and answers are read as far as needed."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from support.each import each
from support.webhook_sender import Receiver, WebhookContext, open_context, run_sender, until
from support.worlds import NOON, SECOND, OpenWorld, open_world

import openapi
from mock_server.engine.payloads import Payloads
from mock_server.vendors.returnmate.webhooks import ReturnMateWebhooks
from mock_server.webhooks.attempts import MAX_ATTEMPTS, MAX_BODY, Attempt, attempts, extended
from mock_server.webhooks.format import Event, Record
from mock_server.webhooks.outbox import Delivery, Outcome
from mock_server.webhooks.sender import Sender

NEW_RETURN = {
    "vendor": "returnmate",
    "order_number": "#2001",
    "customer_email": "iris.lane@example.com",
    "items": [{"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}],
}
URL = "https://hooks.example.com/in"


class BrokenWebhooks(ReturnMateWebhooks):
    """Builds payloads that break the specification."""

    def payload(self, event: Event, record: Record) -> dict[str, Any]:
        return {**super().payload(event, record), "created_at": "yesterday"}


@pytest.fixture
def acme() -> Iterator[OpenWorld]:
    with open_world() as opened:
        opened.tenants.create("acme", first_moment=NOON, frozen=True)
        opened.call("create_webhook", {"vendor": "returnmate", "url": URL}, tenant="acme")
        yield opened


@pytest.fixture
def context() -> Iterator[WebhookContext]:
    opened = open_context()
    yield opened
    opened.store.close()


def sent(opened: OpenWorld, receiver: Receiver) -> list[Delivery]:
    """Send what is due, and list the deliveries of `acme`."""
    world = opened.world

    async def run() -> None:
        transport = httpx.MockTransport(receiver)
        sender = Sender(world.outbox, world.store, transport, prepare=world.webhooks.prepare)
        task = asyncio.create_task(sender.run())
        await until(lambda: all(one.attempts for one in world.outbox.deliveries("acme")))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
    return world.outbox.deliveries("acme")


def test_invalid_payload_is_reported_and_not_sent_and_the_change_is_kept(
    acme: OpenWorld, caplog: pytest.LogCaptureFixture
) -> None:
    broken = BrokenWebhooks()
    acme.world.webhooks.declare(broken, Payloads(lambda: openapi.read("returnmate")))
    made: Any = acme.call("create_tenant_return", NEW_RETURN, tenant="acme").body
    receiver = Receiver()
    (delivery,) = sent(acme, receiver)
    problem = "The payload is not valid: created_at must be a date and time such as 2024-12-30T10:30:00Z."
    assert receiver.got == []
    assert (delivery.state, delivery.outcome, delivery.attempts) == ("given_up", problem, 1)
    assert problem in caplog.text
    assert acme.world.store.document("acme", "returnmate", "return", made["id"]) is not None
    health: Any = acme.call("get_health").body
    assert health["status"] == "degraded"
    assert health["problems"] == [
        f"1 webhook payload was not valid and not sent. The last one was rma.created of returnmate: {problem}"
    ]


def test_valid_payload_is_no_problem(acme: OpenWorld) -> None:
    acme.call("create_tenant_return", NEW_RETURN, tenant="acme")
    receiver = Receiver()
    (delivery,) = sent(acme, receiver)
    assert (delivery.state, len(receiver.got)) == ("delivered", 1)
    health: Any = acme.call("get_health").body
    assert (health["status"], health["problems"]) == ("ok", [])


def test_change_of_a_tenant_without_webhooks_queues_nothing(acme: OpenWorld) -> None:
    acme.call("create_tenant_return", NEW_RETURN, tenant="demo")
    assert acme.world.outbox.is_empty


def answering(content: AsyncIterator[bytes]) -> httpx.Response:
    class Body(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            async for chunk in content:
                yield chunk

    return httpx.Response(200, stream=Body())


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield b"x" * 1_000


async def stalled() -> AsyncIterator[bytes]:
    yield b"so far"
    await asyncio.sleep(60)
    yield b"never"


async def cut() -> AsyncIterator[bytes]:
    yield b"so far"
    raise httpx.ReadError("The connection was cut.")


@pytest.mark.parametrize(
    ("content", "kept"), [(endless, b"x" * MAX_BODY), (stalled, b"so far"), (cut, b"so far")]
)
def test_status_decides_although_the_body_does_not_end(
    context: WebhookContext, content: Any, kept: bytes
) -> None:
    async def story() -> None:
        context.post()
        await until(lambda: context.known()[0].state == "delivered")

    run_sender(context, lambda _: answering(content()), story)
    (attempt,) = attempts(context.known()[0].log)
    assert (attempt.status, attempt.answer.encode()) == (200, kept)


def test_log_keeps_the_last_attempts() -> None:
    log = b"[]"
    for number in range(1, MAX_ATTEMPTS + 6):
        log = extended(log, Attempt(number, NOON, 503, "", "", 1.0))
    numbers = [one.number for one in each(attempts(log))]
    assert numbers == list(range(6, MAX_ATTEMPTS + 6))


def test_pause_during_a_failed_attempt_ends_the_delivery(context: WebhookContext) -> None:
    context.post()
    (under_way,) = context.outbox.due(1)
    with context.store.change() as change:
        context.outbox.give_up(change, "acme", "shop", "w1", "The webhook was paused.")
    context.outbox.record_outcome(under_way, Outcome("503", status=503))
    (ended,) = context.known()
    assert (ended.state, ended.due, ended.attempts, ended.outcome) == ("given_up", None, 1, "503")


def test_delivery_that_arrives_although_it_was_paused_is_delivered(context: WebhookContext) -> None:
    context.post()
    (under_way,) = context.outbox.due(1)
    with context.store.change() as change:
        context.outbox.give_up(change, "acme", "shop", "w1", "The webhook was paused.")
    context.outbox.record_outcome(under_way, Outcome("200", delivered=True, status=200))
    (ended,) = context.known()
    assert (ended.state, ended.due, ended.outcome) == ("delivered", None, "200")


@pytest.mark.parametrize("outcome", [Outcome("200", delivered=True, status=200), Outcome("503", status=503)])
def test_resend_during_an_attempt_leads_to_another_attempt(context: WebhookContext, outcome: Outcome) -> None:
    context.post()
    (under_way,) = context.outbox.due(1)
    context.real.now += SECOND
    with context.store.change() as change:
        context.outbox.send_again(change, "acme", under_way.id)
    context.outbox.record_outcome(under_way, outcome)
    (again,) = context.outbox.due(1)
    assert (again.id, again.attempts, again.attempts_before) == (under_way.id, 1, 1)
    context.outbox.record_outcome(again, Outcome("200", delivered=True, status=200))
    assert [one.state for one in context.known()] == ["delivered"]


def test_delivery_of_a_vendor_that_is_not_served_is_given_up(acme: OpenWorld) -> None:
    acme.call("create_tenant_return", NEW_RETURN, tenant="acme")
    del acme.world.webhooks._formats["returnmate"]
    (delivery,) = sent(acme, Receiver())
    assert (delivery.state, delivery.outcome) == ("given_up", "This sandbox does not serve returnmate.")


@pytest.mark.parametrize("vendor", ["returnmate", "returnlogic", "swap"])
def test_attempt_can_be_forged_and_dated_back_on_purpose(acme: OpenWorld, vendor: str) -> None:
    webhooks = acme.world.webhooks
    added: Any = acme.call("create_webhook", {"vendor": vendor, "url": URL}, tenant="acme").body
    acme.call("send_test_event", {}, tenant="acme", webhook=added["id"])
    (delivery,) = [one for one in acme.world.outbox.deliveries("acme") if one.webhook == added["id"]]
    format_ = webhooks.format_of(vendor)
    assert format_ is not None
    now = acme.world.clocks.real()

    def problem(**changes: Any) -> str:
        message = webhooks.prepare(delivery, **changes)
        headers = {name.lower(): value for name, value in message.headers.items()}
        return format_.signature_problem(headers, message.body, added["secret"], now)

    assert problem() == ""
    assert problem(secret="another-secret-with-32-characters")
    assert bool(problem(ago=3_600_000_000)) == (vendor == "swap")
