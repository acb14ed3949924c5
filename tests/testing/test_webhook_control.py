"""Webhooks over the control plane: secrets, events, conditions, pauses, changes and test events."""

from typing import Any

import pytest
from support.each import each
from support.json_schemas import webhook_errors
from support.webhook_signatures import VERIFIERS
from support.webhooks import ITEM, settled

from mock_server import vendors
from mock_server.testing import Sandbox, SandboxError, Tenant
from mock_server.testing.receiver import WebhookReceiver

SECRET = "a-secret-of-this-test-with-32-letters"


def refused(problem: pytest.ExceptionInfo[SandboxError]) -> tuple[int, str]:
    return problem.value.status, str(problem.value)


@pytest.mark.parametrize("vendor", sorted(VERIFIERS))
def test_secret_is_new_for_each_webhook_and_shown_once(
    shop: Tenant, receiver: WebhookReceiver, vendor: str
) -> None:
    first, second = (shop.webhooks.add(vendor, receiver.url + "?token=hush") for _ in range(2))
    assert first.secret
    assert second.secret
    assert first.secret != second.secret
    assert first.secret.startswith("whsk_") == (vendor == "swap")
    assert first.secret not in repr(first)
    listed = shop.webhooks.list()
    assert [(one.id, one.secret, one.signed) for one in listed] == [
        (first.id, None, True),
        (second.id, None, True),
    ]
    everything = repr([shop.call("GET", path) for path in ("/webhooks", "/deliveries", "/ledger")])
    assert first.secret not in everything
    assert "hush" not in everything


def test_events_of_a_vendor_are_listed_with_how_they_are_sent(shop: Tenant) -> None:
    swap = shop.webhooks.events("swap")
    assert swap.events == {"returnCreated": True, "returnProcessed": True}
    assert (swap.signed, swap.versions, swap.retries, swap.own_api) == (True, (2, 1), (1, 10, 60), None)
    returnmate = shop.webhooks.events("returnmate")
    assert (returnmate.events["rma.created"], returnmate.events["warranty.created"]) == (True, False)
    assert returnmate.retries == ()
    returngo = shop.webhooks.events("returngo")
    assert (returngo.signed, returngo.own_api) == (False, "create_webhook")
    assert shop.webhooks.events("exsited").events == {}


def test_own_secret_signs(shop: Tenant, receiver: WebhookReceiver) -> None:
    added = shop.webhooks.add("returnmate", receiver.url, secret=SECRET, events=["rma.created"])
    assert added.secret == SECRET
    shop.create_return("returnmate", items=[ITEM])
    (request,) = receiver.verified(SECRET, "returnmate")
    assert VERIFIERS["returnmate"](request.headers, request.body, SECRET)


def test_webhook_receives_only_its_events(shop: Tenant, receiver: WebhookReceiver) -> None:
    shop.webhooks.add("returnmate", receiver.url + "all")
    shop.webhooks.add("returnmate", receiver.url + "some", events=["rma.approved"])
    made = shop.create_return("returnmate", items=[ITEM])
    shop.move("returnmate", made.id, "approved")
    assert [one.event for one in settled(shop)] == [
        "rma.created",
        "rma.status_changed",
        "rma.approved",
        "rma.approved",
    ]
    received = receiver.wait(4)
    assert [one.json()["event"] for one in received if one.path == "/some"] == ["rma.approved"]
    ids = {one.json()["id"] for one in received if one.json()["event"] == "rma.approved"}
    assert len(ids) == 1, "both webhooks report the same event"


@pytest.mark.parametrize(
    ("conditions", "arrives"),
    [
        ({"type": ["Refund"]}, True),
        ({"type": ["Exchange"]}, False),
        ({"shipping_status": ["Pre-Transit"], "type": ["Refund"]}, True),
        ({"shipping_status": ["Delivered"], "type": ["Refund"]}, False),
        ({"operator": "or", "shipping_status": ["Delivered"], "type": ["Refund"]}, True),
        ({"operator": "or", "shipping_status": ["Delivered"], "type": ["Exchange"]}, False),
    ],
)
def test_conditions_choose_the_records(
    shop: Tenant, receiver: WebhookReceiver, conditions: dict[str, Any], arrives: bool
) -> None:
    added = shop.webhooks.add("swap", receiver.url, events=["returnCreated"], conditions=conditions)
    assert added.conditions == conditions
    shop.create_return("swap", items=[ITEM], return_type="refund")
    assert [one.state for one in settled(shop)] == (["delivered"] if arrives else [])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"vendor": "exsited"}, "no public source describes webhooks of exsited"),
        ({"vendor": "returngo"}, "registers webhooks with its own API; call its operation create_webhook"),
        ({"vendor": "nobody"}, 'There is no vendor named "nobody"'),
        ({"vendor": "swap", "url": "ftp://hooks.example.com/"}, "url must be an absolute URL"),
        (
            {"vendor": "swap", "url": "http://192.0.2.1/"},
            "url: Webhooks may not be sent to 192.0.2.1; start the sandbox with --webhook-allow 192.0.2.1.",
        ),
        (
            {"vendor": "swap", "events": ["rma.created"]},
            'There is no event of swap named "rma.created". Did you mean "returnCreated"?',
        ),
        ({"vendor": "swap", "version": 3}, "the payload of swap has the versions 1, 2"),
        ({"vendor": "returnmate", "version": 1}, "the payload of returnmate has only one version"),
        ({"vendor": "swap", "conditions": {"type": ["Gift"]}}, "conditions.type[0] must be one of"),
        ({"vendor": "swap", "conditions": {"colour": ["red"]}}, "conditions.colour is not a known field"),
        ({"vendor": "returnmate", "conditions": {"type": ["Refund"]}}, "webhooks have no conditions"),
        ({"vendor": "swap", "secret": "short"}, "secret"),
    ],
)
def test_wrong_webhook_is_refused_with_the_reason(
    shop: Tenant, options: dict[str, Any], message: str
) -> None:
    body = {"url": "http://127.0.0.1:9/in", **options}
    with pytest.raises(SandboxError) as problem:
        shop.call("POST", "/webhooks", json=body)
    status, sentence = refused(problem)
    assert status == 400
    assert message in sentence
    assert shop.webhooks.list() == []


def test_paused_webhook_receives_nothing_until_it_is_resumed(shop: Tenant, receiver: WebhookReceiver) -> None:
    added = shop.webhooks.add("returnlogic", receiver.url, events=["rma.created"])
    receiver.status = 503
    shop.create_return("returnlogic", items=[ITEM])
    (waiting,) = settled(shop)
    assert waiting.state == "waiting"
    assert not shop.webhooks.pause(added.id).active
    shop.create_return("returnlogic", items=[ITEM])
    receiver.status = 200
    shop.clock.advance("1d")
    (missed,) = settled(shop)
    assert (missed.id, missed.state, missed.outcome) == (waiting.id, "given_up", "The webhook was paused.")
    with pytest.raises(SandboxError, match="is paused; resume it first"):
        shop.resend(missed.id)
    with pytest.raises(SandboxError, match="is paused; resume it first"):
        shop.webhooks.test(added.id)
    assert shop.resend_all().skipped == (missed.id,)
    assert shop.webhooks.resume(added.id).active
    assert shop.resend_all().resent == (missed.id,)
    shop.create_return("returnlogic", items=[ITEM])
    assert [one.state for one in settled(shop)] == ["delivered"] * 2


def test_changed_webhook_sends_to_the_new_url(shop: Tenant, receiver: WebhookReceiver) -> None:
    added = shop.webhooks.add("returnmate", receiver.url + "old")
    shop.webhooks.change(added.id, url=receiver.url + "new", events=["rma.created"])
    made = shop.create_return("returnmate", items=[ITEM])
    shop.move("returnmate", made.id, "approved")
    settled(shop)
    assert [one.path for one in receiver.received] == ["/new"]
    assert added.secret
    receiver.received[0].verify(added.secret, "returnmate")


def test_deleted_webhook_receives_nothing_and_its_deliveries_cannot_be_sent_again(
    shop: Tenant, receiver: WebhookReceiver
) -> None:
    added = shop.webhooks.add("returnmate", receiver.url, events=["rma.created"])
    shop.create_return("returnmate", items=[ITEM])
    (sent,) = settled(shop)
    shop.webhooks.delete(added.id)
    assert shop.webhooks.list() == []
    shop.create_return("returnmate", items=[ITEM])
    assert [one.id for one in settled(shop)] == [sent.id]
    with pytest.raises(SandboxError) as problem:
        shop.resend(sent.id)
    assert refused(problem)[0] == 409
    with pytest.raises(SandboxError) as problem:
        shop.webhooks.delete(added.id)
    assert refused(problem)[0] == 404
    assert shop.webhooks.add("returnmate", receiver.url).id != added.id


def test_webhook_of_a_vendors_own_api_is_listed_tested_and_deleted_but_not_changed(
    shop: Tenant, receiver: WebhookReceiver
) -> None:
    with shop.client("returngo") as api:
        webhook = {"url": receiver.url, "eventName": "RMA_CREATED"}
        id_ = api.post("/webhook", json=webhook).json()["id"]
        (listed,) = shop.webhooks.list()
        assert (listed.id, listed.vendor, listed.events, listed.signed) == (
            id_,
            "returngo",
            ("RMA_CREATED",),
            False,
        )
        with pytest.raises(SandboxError) as problem:
            shop.webhooks.pause(id_)
        assert refused(problem)[0] == 409
        shop.webhooks.test(id_)
        (request,) = receiver.wait()
        assert webhook_errors("returngo", "RMA_CREATED", request.json()) == []
        shop.webhooks.delete(id_)
        assert api.get("/webhooks").json() == []


@pytest.mark.parametrize("vendor", sorted(VERIFIERS))
def test_test_event_of_every_kind_is_valid_and_signed_and_changes_nothing(
    shop: Tenant, receiver: WebhookReceiver, vendor: str
) -> None:
    format_ = vendors.webhooks_of(vendor)
    assert format_ is not None
    added = shop.webhooks.add(vendor, receiver.url)
    assert added.secret
    before = shop.ledger()
    for number, kind in enumerate(each(format_.kinds), start=1):
        sent = shop.webhooks.test(added.id, kind.name)
        assert (sent.event, sent.test, sent.attempts) == (kind.name, True, 0)
        request = receiver.wait(number)[-1]
        assert webhook_errors(vendor, kind.name, request.json()) == []
        assert VERIFIERS[vendor](request.headers, request.body, added.secret)
    assert shop.ledger() == before
    with pytest.raises(SandboxError, match='named "nothing"'):
        shop.webhooks.test(added.id, "nothing")


def test_reset_deletes_webhooks_and_deliveries(shop: Tenant, receiver: WebhookReceiver) -> None:
    shop.webhooks.add("returnmate", receiver.url)
    shop.create_return("returnmate", items=[ITEM])
    (before,) = settled(shop)
    shop.reset()
    assert shop.webhooks.list() == []
    assert shop.deliveries() == []
    shop.webhooks.add("returnmate", receiver.url)
    shop.create_return("returnmate", items=[ITEM])
    (after,) = settled(shop)
    assert after.id > before.id
    first, second = receiver.wait(2)
    assert first.json()["id"] != second.json()["id"], "the IDs of events are not used again"


def test_tenants_do_not_see_each_others_webhooks(
    control: Sandbox, shop: Tenant, receiver: WebhookReceiver
) -> None:
    other = control.create_tenant(f"{shop.name}-b", seed_size=0)
    added = shop.webhooks.add("returnmate", receiver.url)
    other.create_return("returnmate", items=[ITEM])
    assert other.webhooks.list() == []
    with pytest.raises(SandboxError) as problem:
        other.webhooks.delete(added.id)
    assert refused(problem)[0] == 404
    shop.create_return("returnmate", items=[ITEM])
    (delivery,) = settled(shop)
    with pytest.raises(SandboxError) as problem:
        other.delivery(delivery.id)
    assert refused(problem)[0] == 404
    other.delete()
    assert [one.id for one in shop.webhooks.list()] == [added.id]


def test_change_that_is_refused_reports_nothing(shop: Tenant, receiver: WebhookReceiver) -> None:
    made = shop.create_return("returnmate", items=[ITEM])
    shop.webhooks.add("returnmate", receiver.url)
    with pytest.raises(SandboxError):
        shop.move("returnmate", made.id, "completed")
    assert settled(shop) == []


def test_wait_accepts_a_condition(shop: Tenant, receiver: WebhookReceiver) -> None:
    shop.webhooks.add("returnmate", receiver.url)
    made = shop.create_return("returnmate", items=[ITEM])
    shop.move("returnmate", made.id, "rejected")
    (rejected,) = receiver.wait(that=lambda one: one.json()["event"] == "rma.rejected")
    assert rejected.json()["data"]["rma"]["id"] == made.id
    receiver.wait(3)
    with pytest.raises(TimeoutError, match=r"0 of 1 webhooks arrived .* \(3 requests in total\)"):
        receiver.wait(that=lambda one: one.json()["event"] == "rma.completed", timeout=0.1)
