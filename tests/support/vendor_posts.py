"""The webhooks that a vendor sends about a new return, built by the sandbox's own formats."""

import json
from typing import Any

from mock_server import vendors
from mock_server.webhooks.format import Event
from support.merchant import Merchant

SECRET = "whsk_an-example-of-a-secret-and-no-more"
CREATED = {"returngo": "RMA_CREATED", "swap": "returnCreated"}
"""The event of a new return; `rma.created` at the other vendors."""


def message(merchant: Merchant, id_: str, secret: str = SECRET) -> tuple[dict[str, str], bytes]:
    """Build the webhook about a new return: its headers and its body, signed with `secret`."""
    vendor = merchant.backend.vendor
    sending = vendors.webhooks_of(vendor)
    assert sending
    now = merchant._now
    kind = CREATED.get(vendor, "rma.created")
    record: Any = merchant.document(id_)
    if vendor == "returngo":
        body = {"eventName": kind, "data": {"shopName": "shop.example.com", "rmaId": id_}}
        return {}, json.dumps(body).encode()
    payload = sending.payload(Event(kind, "evt_1", now), record)
    signed = sending.sign(kind, json.dumps(payload).encode(), secret, now, "nonce-1")
    return dict(signed.headers), signed.body
