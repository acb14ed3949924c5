"""Webhook deliveries: retries on the tenant's clock, the log of attempts, and sending them again."""

from datetime import timedelta

import pytest
from support.each import each
from support.webhook_signatures import claims_of
from support.webhooks import ITEM, settled

from mock_server import vendors
from mock_server.testing import SandboxError, Tenant
from mock_server.testing.receiver import WebhookReceiver, receiving


def refused(problem: pytest.ExceptionInfo[SandboxError]) -> tuple[int, str]:
    return problem.value.status, str(problem.value)


RETRIES = [("returnmate", ()), ("swap", (1, 10, 60)), ("returnlogic", (10, 30, 90, 270, 810, 2_430, 7_290))]


@pytest.mark.parametrize(("vendor", "delays"), RETRIES)
def test_failed_delivery_is_repeated_on_the_tenants_clock_as_the_vendor_does(
    shop: Tenant, receiver: WebhookReceiver, vendor: str, delays: tuple[int, ...]
) -> None:
    format_ = vendors.webhooks_of(vendor)
    assert format_ is not None
    shop.webhooks.add(vendor, receiver.url, events=[format_.kinds[0].name])
    receiver.status = 500
    start = shop.clock.now()
    shop.create_return(vendor, items=[ITEM])
    (failed,) = settled(shop)
    for number, delay in enumerate(delays, start=1):  # may be empty: one vendor does not retry
        assert failed.attempts == number
        assert failed.next_attempt == shop.clock.now() + timedelta(seconds=delay)
        shop.clock.advance(delay)
        (failed,) = settled(shop)
    assert (failed.state, failed.attempts, failed.next_attempt) == ("given_up", len(delays) + 1, None)
    shown = shop.delivery(failed.id)
    moments = [(one.at - start).total_seconds() for one in shown.log]
    assert moments == [sum(delays[:number]) for number in range(len(delays) + 1)]
    shop.clock.advance("1d")
    assert len(receiver.received) == len(delays) + 1


def test_each_attempt_has_its_own_nonce_and_real_time(shop: Tenant, receiver: WebhookReceiver) -> None:
    added = shop.webhooks.add("swap", receiver.url, events=["returnCreated"])
    assert added.secret
    receiver.status = 500
    shop.create_return("swap", items=[ITEM])
    shop.clock.advance(1)
    first, second = receiver.wait(2)
    claims = [claims_of(one.body, added.secret) for one in (first, second)]
    assert claims[0] is not None
    assert claims[1] is not None
    assert claims[0]["nonce"] != claims[1]["nonce"]
    assert first.json()["return_id"] == second.json()["return_id"]
    # The clock of the tenant is frozen in the past; the token expires on the receiver's clock.
    assert claims[0]["iat"] > shop.clock.now().timestamp()
    first.verify(added.secret, "swap")
    late = shop.clock.now() + timedelta(days=36_500)
    assert first.signature_problem(added.secret, "swap", late) == "The token in the field jwt has expired."


def test_delivery_shows_the_receivers_answers_and_errors(shop: Tenant, receiver: WebhookReceiver) -> None:
    shop.webhooks.add("returnlogic", receiver.url, events=["rma.created"])
    receiver.status, receiver.answer = 503, b"Try again later \xff" + b"." * 5_000
    shop.create_return("returnlogic", items=[ITEM])
    (failed,) = settled(shop)
    receiver.status, receiver.answer = 200, b"thanks"
    shop.clock.advance(10)
    log = shop.delivery(failed.id).log
    assert [(one.number, one.status, one.error) for one in log] == [(1, 503, None), (2, 200, None)]
    assert log[0].answer.startswith("Try again later \N{REPLACEMENT CHARACTER}...")
    assert len(log[0].answer) == 2_048
    assert log[1].answer == "thanks"
    assert all(one.milliseconds > 0 for one in each(log))


def test_unreachable_receiver_is_in_the_log(shop: Tenant) -> None:
    with receiving() as gone:
        url = gone.url
    shop.webhooks.add("returnmate", url, events=["rma.created"])
    shop.create_return("returnmate", items=[ITEM])
    (failed,) = settled(shop)
    (attempt,) = shop.delivery(failed.id).log
    assert (attempt.status, attempt.answer) == (None, "")
    assert attempt.error == failed.outcome == "not reached (ConnectError)"


def test_resent_delivery_keeps_its_id_and_starts_its_retries_again(
    shop: Tenant, receiver: WebhookReceiver
) -> None:
    shop.webhooks.add("returnmate", receiver.url, events=["rma.created"])
    receiver.status = 500
    shop.create_return("returnmate", items=[ITEM])
    (failed,) = settled(shop)
    assert failed.state == "given_up"
    receiver.status = 200
    assert shop.resend(failed.id).state == "waiting"
    (delivered,) = settled(shop)
    assert (delivered.id, delivered.state, delivered.attempts) == (failed.id, "delivered", 2)
    shop.resend(failed.id)
    (again,) = settled(shop)
    assert (again.state, again.attempts) == ("delivered", 3)
    assert len({one.body for one in receiver.received}) == 1
    with pytest.raises(SandboxError) as problem:
        shop.resend(failed.id + 10**9)
    assert refused(problem)[0] == 404


def test_resent_delivery_is_repeated_as_often_as_a_new_one(shop: Tenant, receiver: WebhookReceiver) -> None:
    shop.webhooks.add("swap", receiver.url, events=["returnCreated"])
    receiver.status = 500
    shop.create_return("swap", items=[ITEM])
    shop.clock.advance("1h")
    (failed,) = settled(shop)
    assert (failed.state, failed.attempts) == ("given_up", 4)
    shop.resend(failed.id)
    (waiting,) = settled(shop)
    assert (waiting.state, waiting.attempts) == ("waiting", 5)
    assert waiting.next_attempt == shop.clock.now() + timedelta(seconds=1)
    shop.clock.advance("1h")
    (failed,) = settled(shop)
    assert (failed.state, failed.attempts) == ("given_up", 8)


def test_range_of_deliveries_is_sent_again(shop: Tenant, receiver: WebhookReceiver) -> None:
    for vendor, event in (("returnmate", "rma.created"), ("swap", "returnCreated")):
        shop.webhooks.add(vendor, receiver.url, events=[event])
        for _ in range(3):
            shop.create_return(vendor, items=[ITEM])
    ids = [one.id for one in settled(shop)]
    assert shop.resend_all().resent == (), "everything was delivered"
    assert shop.resend_all(vendor="swap", state="delivered").resent == tuple(ids[3:])
    assert shop.resend_all(after=ids[0], until=ids[2], state="delivered").resent == tuple(ids[1:3])
    assert shop.resend_all(event="rma.created", until=ids[0], state="delivered").resent == (ids[0],)
    assert [one.attempts for one in settled(shop)] == [2] * 6
    assert [one.id for one in shop.deliveries(webhook="wh_swap_1")] == ids[3:]
    assert [one.id for one in shop.deliveries(event="rma.created", state="delivered")] == ids[:3]
