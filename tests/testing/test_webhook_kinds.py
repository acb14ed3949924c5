"""Every kind of webhook, seen from outside: caused by a change, valid, and signed.

A story per vendor causes all kinds of events over HTTP: with the vendor's own API where it can do so, and
otherwise as the merchant, through the control plane. The receiver is a web server of its own.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from support.each import each
from support.json_schemas import webhook_errors
from support.sandbox import Sandbox as Running
from support.webhook_signatures import VERIFIERS, claims_of

import openapi
from connector.errors import AuthenticationError, ValidationFailed
from connector.webhooks import parse
from mock_server import vendors
from mock_server.testing import Sandbox, Tenant
from mock_server.testing.receiver import ReceivedWebhook, receiving

ITEM = {"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}
FORMATS = {name: vendors.webhooks_of(name) for name in vendors.names()}
KINDS = [
    (name, kind.name, version)
    for name, format_ in FORMATS.items()
    if format_ is not None
    for kind in format_.kinds
    for version in (0, *format_.versions[1:])
    if kind.occurs
]


@dataclass(frozen=True)
class Heard:
    """What the webhook of a vendor received, and its secret; `secret` is "" if the vendor does not sign."""

    requests: list[ReceivedWebhook]
    secret: str


def returnmate(tenant: Tenant) -> None:
    with tenant.client("returnmate") as api:
        order = {"order_number": "#1001", "customer_email": "kim@example.com", "items": [ITEM]}
        ids = [api.post("/rmas", json=order).json()["data"]["id"] for _ in range(3)]
        api.post(f"/rmas/{ids[0]}/notes", json={"content": "Called the customer"})
        api.patch(f"/rmas/{ids[0]}", json={"status": "approved"})
        api.post(f"/rmas/{ids[0]}/shipments", json={"carrier": "australia_post"})
        troubled = api.post(f"/rmas/{ids[0]}/shipments", json={"carrier": "tnt"}).json()["data"]["id"]
        api.patch(f"/rmas/{ids[1]}", json={"status": "rejected"})
        api.patch(f"/rmas/{ids[2]}", json={"status": "cancelled"})
    tenant.act("returnmate", "report_problem", shipment_id=troubled)
    tenant.clock.advance("4d")
    for status in ("received", "inspected", "completed"):
        tenant.move("returnmate", ids[0], status)
    credit = tenant.create_return("returnmate", items=[ITEM], return_type="store_credit")
    for status in ("approved", "label_sent", "in_transit", "received", "inspected", "completed"):
        tenant.move("returnmate", credit.id, status)


def swap(tenant: Tenant) -> None:
    made = tenant.create_return("swap", items=[ITEM], order_number="#1001")
    line = made.document["products"][0]["shopify_line_item_id"]
    check = {"condition": "Sellable", "return_qty": 1, "shopify_order_name": "#1001"}
    with tenant.client("swap") as api:
        store = tenant.credentials("swap").fields["store_id"]
        body = {**check, "store_id": store, "shopify_line_item_id": line}
        assert api.post("/v1/external/quality-control/update", json=body).status_code == 200


def returnlogic(tenant: Tenant) -> None:
    made = tenant.create_return("returnlogic", items=[ITEM])
    tenant.move("returnlogic", made.id, "Authorized")
    tenant.clock.advance("4d")


def returngo(tenant: Tenant) -> None:
    made = tenant.create_return("returngo", items=[ITEM])
    (shipment,) = made.document["shipments"]
    with tenant.client("returngo") as api:
        api.put(f"/rma/{made.id}/status", json={"status": "Approved"})
        number = {"trackingNumber": "APX4410729963", "carrierName": "Australia Post"}
        api.put(f"/shipment/{shipment['shipmentId']}", json=number)
        tenant.clock.advance("4d")
        api.put(f"/rma/{made.id}/status", json={"status": "Received"})
    tenant.move("returngo", made.id, "Done")


STORIES: dict[str, Callable[[Tenant], None]] = {
    "returnmate": returnmate,
    "swap": swap,
    "returnlogic": returnlogic,
    "returngo": returngo,
}


@pytest.fixture(scope="module")
def client(sandbox: Running) -> Iterator[Sandbox]:
    with Sandbox(sandbox.url) as opened:
        yield opened


@pytest.fixture(scope="module")
def heard(client: Sandbox) -> Callable[[str, int], Heard]:
    """Run each vendor's story once for each version of its payload, and return what was received."""
    known: dict[tuple[str, int], Heard] = {}

    def of_vendor(vendor: str, version: int) -> Heard:
        if (vendor, version) not in known:
            known[vendor, version] = _run(client, vendor, version)
        return known[vendor, version]

    return of_vendor


def _run(client: Sandbox, vendor: str, version: int) -> Heard:
    name = f"kinds-{vendor}-{version}"
    tenant = client.create_tenant(name, seed_size=0, first_moment="2026-03-02T09:00:00Z", frozen=True)
    with receiving() as receiver:
        secret = ""
        if FORMATS[vendor].own_api:  # type: ignore[union-attr]
            events = [event for of, event, _ in KINDS if of == vendor]
            with tenant.client(vendor) as api:
                for event in events:
                    answer = api.post("/webhook", json={"url": receiver.url, "eventName": event})
                    assert answer.status_code == 200, answer.text
        else:
            added = tenant.webhooks.add(vendor, receiver.url, version=version or None)
            assert added.secret
            secret = added.secret
        STORIES[vendor](tenant)
        tenant.clock.advance(1)  # waits for the answers
        sent = len(tenant.deliveries())
        assert sent
        heard = Heard(receiver.wait(sent), secret)
        assert [one.state for one in tenant.deliveries()] == ["delivered"] * sent
        assert {one.vendor for one in tenant.deliveries()} == {vendor}
    tenant.delete()
    return heard


def kind_of(vendor: str, request: ReceivedWebhook, secret: str) -> str:
    """Return the name of the event, from where the vendor puts it."""
    if vendor == "swap":
        claims = claims_of(request.body, secret)
        assert claims is not None
        return str(claims["event"])
    field = {"returnmate": "event", "returnlogic": "topic", "returngo": "eventName"}[vendor]
    return str(request.json()[field])


@pytest.mark.parametrize(("vendor", "kind", "version"), KINDS)
def test_event_is_sent_after_a_change_and_is_valid_and_signed(
    heard: Callable[[str, int], Heard], vendor: str, kind: str, version: int
) -> None:
    found = heard(vendor, version)
    requests = [one for one in found.requests if kind_of(vendor, one, found.secret) == kind]
    name = f"{kind}.v{version}" if version else kind
    for request in each(requests):
        assert webhook_errors(vendor, name, request.json()) == []
        assert request.headers["content-type"] == "application/json"
        if found.secret:
            assert VERIFIERS[vendor](request.headers, request.body, found.secret)
            assert not VERIFIERS[vendor](request.headers, request.body, found.secret[::-1])
        read = parse(vendor, request.headers, request.body, found.secret or None)
        assert (read.event, read.verified) == (kind, bool(found.secret))
        assert read.unified.record is not None
        assert read.unified.record.id
        if found.secret:
            with pytest.raises(AuthenticationError):
                parse(vendor, request.headers, request.body, found.secret[::-1])
            with pytest.raises((AuthenticationError, ValidationFailed)):
                parse(vendor, request.headers, request.body[:-2] + b" }", found.secret)


@pytest.mark.parametrize(("vendor", "version"), sorted({(vendor, version) for vendor, _, version in KINDS}))
def test_story_causes_no_event_that_is_not_described(
    heard: Callable[[str, int], Heard], vendor: str, version: int
) -> None:
    found = heard(vendor, version)
    kinds = {kind_of(vendor, one, found.secret) for one in found.requests}
    assert kinds == {kind for of, kind, _ in KINDS if of == vendor}


@pytest.mark.parametrize("vendor", [name for name, format_ in FORMATS.items() if format_ is not None])
def test_documents_describe_every_kind_in_every_version(vendor: str) -> None:
    format_ = FORMATS[vendor]
    assert format_ is not None
    described = openapi.read(vendor)["x-webhooks"]
    older = [f"{kind.name}.v{version}" for kind in format_.kinds for version in format_.versions[1:]]
    assert set(described) == {kind.name for kind in format_.kinds} | set(older)
    for name, entry in each(described.items()):
        media = entry["post"]["requestBody"]["content"]["application/json"]
        if "example" in media:
            assert webhook_errors(vendor, name, media["example"]) == []


def test_vendor_whose_webhooks_no_source_describes_has_none() -> None:
    assert [name for name, format_ in FORMATS.items() if format_ is None] == ["exsited"]
    assert "x-webhooks" not in openapi.read("exsited")


def test_receiver_verifies_signatures_itself(heard: Callable[[str, int], Heard]) -> None:
    for vendor in VERIFIERS:
        found = heard(vendor, 0)
        request = found.requests[0]
        request.verify(found.secret, vendor)
        forged = ReceivedWebhook(request.path, request.headers, request.body.replace(b"kim", b"tom") + b" ")
        assert forged.signature_problem(found.secret, vendor)
        assert request.signature_problem(found.secret[::-1], vendor)
        with pytest.raises(AssertionError, match="cannot be trusted"):
            request.verify(found.secret[::-1], vendor)
    with pytest.raises(LookupError, match="No public source"):
        request.verify("", "exsited")


def test_payload_in_the_log_is_the_one_that_was_sent(client: Sandbox) -> None:
    tenant = client.create_tenant("kinds-log", seed_size=0)
    with receiving() as receiver:
        tenant.webhooks.add("returnmate", receiver.url, events=["rma.created"])
        tenant.create_return("returnmate", items=[ITEM])
        (request,) = receiver.wait()
        (delivery,) = tenant.deliveries()
    shown = tenant.delivery(delivery.id)
    assert json.loads(request.body) == shown.payload
    assert [(one.number, one.status, one.error) for one in shown.log] == [(1, 200, None)]
    tenant.delete()
