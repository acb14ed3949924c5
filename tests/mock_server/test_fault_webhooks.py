"""Faults of webhooks, as a receiver sees them; signatures are verified without the sandbox's code."""

import json
import time
from collections.abc import Iterator

import pytest
from support.each import each
from support.faulty import item, tenant_of
from support.sandbox import Sandbox as Running
from support.webhook_signatures import VERIFIERS, claims_of

from mock_server.testing import Sandbox, Tenant
from mock_server.testing.receiver import ReceivedWebhook, WebhookReceiver, receiving

SECRET = "whsk_0123456789abcdef0123456789abcdef"
PATIENCE = 60.0  # seconds
SIGNING = pytest.mark.parametrize("vendor", sorted(VERIFIERS))
CREATED = {
    "returnmate": "rma.created",
    "swap": "RETURN_CREATED",
    "returngo": "RMA_CREATED",
    "returnlogic": "rma/create",
}


@pytest.fixture(scope="module")
def client(sandbox: Running) -> Iterator[Sandbox]:
    with Sandbox(sandbox.url) as found:
        yield found


@pytest.fixture
def tenant(client: Sandbox) -> Iterator[Tenant]:
    with tenant_of(client, seed_size=0) as made:
        yield made


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with receiving() as started:
        yield started


def listen(tenant: Tenant, receiver: WebhookReceiver, vendor: str) -> str:
    """Subscribe to the first kind of event of a vendor, and return the webhook's ID."""
    return tenant.webhooks.add(vendor, receiver.url, secret=SECRET).id


def make(tenant: Tenant, vendor: str = "returnmate") -> None:
    tenant.create_return(vendor, items=[item()])


def settled(tenant: Tenant, count: int) -> list[str]:
    """Wait until `count` deliveries have an outcome, and return the states and outcomes of all."""
    for _ in range(int(PATIENCE / 0.02)):
        found = tenant.deliveries()
        if sum(delivery.outcome is not None for delivery in found) >= count:
            return [f"{delivery.state}: {delivery.outcome}" for delivery in found]
        time.sleep(0.02)
    raise AssertionError(tenant.deliveries())


def valid(received: ReceivedWebhook, vendor: str) -> bool:
    return VERIFIERS[vendor](received.headers, received.body, SECRET)


def test_dropped_webhook_is_not_received(tenant: Tenant, receiver: WebhookReceiver) -> None:
    listen(tenant, receiver, "returnmate")
    fault = tenant.faults.add("webhook_drop", vendor="returnmate", next=1)
    make(tenant)
    assert settled(tenant, 1) == [f"delivered: webhook_drop ({fault.id})"]
    make(tenant)
    assert settled(tenant, 2)[1] == "delivered: 200"
    assert len(receiver.received) == 1
    assert tenant.faults.get(fault.id).fired == 1


@SIGNING
def test_webhook_is_sent_several_times(tenant: Tenant, receiver: WebhookReceiver, vendor: str) -> None:
    listen(tenant, receiver, vendor)
    tenant.faults.add("webhook_duplicate", vendor=vendor, copies=3, next=1)
    make(tenant, vendor)
    received = receiver.wait(3)
    assert settled(tenant, 1)[0] == "delivered: 200"
    assert len({request.body for request in received}) == 1
    assert [valid(request, vendor) for request in received] == [True] * 3


def test_webhook_is_sent_later(tenant: Tenant, receiver: WebhookReceiver) -> None:
    listen(tenant, receiver, "returnmate")
    fault = tenant.faults.add("webhook_delay", seconds=300)
    make(tenant)
    assert settled(tenant, 1) == [f"waiting: webhook_delay ({fault.id})"]
    tenant.clock.advance("299s")
    assert receiver.received == []
    tenant.clock.advance("1s")
    assert len(receiver.wait(1)) == 1
    (delivery,) = tenant.deliveries()
    assert (delivery.state, delivery.attempts) == ("delivered", 1)


def test_webhooks_change_places(tenant: Tenant, receiver: WebhookReceiver) -> None:
    listen(tenant, receiver, "returnmate")
    tenant.faults.add("webhook_reorder", next=1)
    ids = [tenant.create_return("returnmate", items=[item()]).id]
    settled(tenant, 1)
    ids.append(tenant.create_return("returnmate", items=[item()]).id)
    received = [json.loads(request.body) for request in receiver.wait(2)]
    assert [next(id_ for id_ in ids if id_ in json.dumps(one)) for one in received] == ids[::-1]
    for _ in range(int(PATIENCE / 0.02)):
        if settled(tenant, 2) == ["delivered: 200"] * 2:
            return
        time.sleep(0.02)
    raise AssertionError(tenant.deliveries())


def test_last_webhook_does_not_wait_for_ever(tenant: Tenant, receiver: WebhookReceiver) -> None:
    listen(tenant, receiver, "returnmate")
    tenant.faults.add("webhook_reorder", seconds=30)
    make(tenant)
    settled(tenant, 1)
    tenant.clock.advance("30s")
    assert len(receiver.wait(1)) == 1


@SIGNING
def test_wrong_signature_is_followed_by_a_right_one(
    tenant: Tenant, receiver: WebhookReceiver, vendor: str
) -> None:
    listen(tenant, receiver, vendor)
    tenant.faults.add("webhook_wrong_signature", vendor=vendor, next=1)
    make(tenant, vendor)
    receiver.wait(1)
    settled(tenant, 1)
    make(tenant, vendor)
    assert [valid(request, vendor) for request in receiver.wait(2)] == [False, True]


def test_old_timestamp_is_in_the_signature(tenant: Tenant, receiver: WebhookReceiver) -> None:
    listen(tenant, receiver, "swap")
    tenant.faults.add("webhook_old_timestamp", vendor="swap", seconds=7_200, next=1)
    make(tenant, "swap")
    settled(tenant, 1)
    make(tenant, "swap")
    issued = []
    for request in each(receiver.wait(2)):
        claims = claims_of(request.body, SECRET)
        assert claims is not None, "the signature itself is right"
        issued.append(claims["iat"])
    assert len(issued) == 2
    assert 7_200 <= issued[1] - issued[0] < 7_200 + PATIENCE


def test_webhook_without_signature_meets_faults_too(tenant: Tenant, receiver: WebhookReceiver) -> None:
    with tenant.client("returngo") as http:
        subscribed = http.post("/webhook", json={"url": receiver.url, "eventName": "RMA_CREATED"})
        assert subscribed.is_success
    tenant.faults.add("webhook_duplicate", vendor="returngo", next=1)
    make(tenant, "returngo")
    assert len(receiver.wait(2)) == 2


def test_retry_meets_no_fault(tenant: Tenant, receiver: WebhookReceiver) -> None:
    listen(tenant, receiver, "swap")
    fault = tenant.faults.add("webhook_wrong_signature")
    receiver.status = 500
    make(tenant, "swap")
    settled(tenant, 1)
    receiver.status = 200
    tenant.clock.advance("10m")
    first, second = receiver.wait(2)
    assert (valid(first, "swap"), valid(second, "swap")) == (False, True)
    assert tenant.faults.get(fault.id).fired == 1


def test_webhook_chaos_loses_and_repeats_the_same_webhooks_again(client: Sandbox) -> None:
    counts = []
    for _ in range(2):
        with tenant_of(client, name="chaos", seed_size=0) as tenant, receiving() as receiver:
            listen(tenant, receiver, "returnmate")
            tenant.faults.scenario("webhook-chaos", seed=4)
            for number in range(12):
                make(tenant)
                settled(tenant, number + 1)
            tenant.clock.advance("5m")
            counts.append((len(receiver.received), [fault.fired for fault in tenant.faults.list()]))
    assert counts[0] == counts[1]
    assert min(counts[0][1]) > 0
