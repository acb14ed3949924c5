"""Scenarios with webhooks."""

from typing import Any

from connector.definition.instant import SUFFIX
from support.matrix import needs
from support.matrix.adapter import Adapter
from support.matrix.checks import delivered_ids, trigger_event
from support.matrix.shop import Shop
from support.webhook_receiver import Receiver, receiving


def subscribed(app: Adapter, shop: Shop) -> None:
    """An instant trigger delivers each event once until it is unsubscribed."""
    for instant in needs.hooks(app):
        key = instant.removesuffix(SUFFIX)
        here = shop.another()
        there = app.at(here)
        trigger_event(here, key)
        with receiving() as receiver:
            hook = there.subscribe(instant, receiver.url)
            expected = trigger_event(here, key)
            posts = _posted(here, receiver)
            rows = [row for post in posts for row in hook.receive(post)]
            assert delivered_ids(there, key, rows) == [expected], f"{key} should have delivered {expected}"
            hook.end()
            # A scheduled step of the shop may have run since the posts arrived.
            before = len(_deliveries(here))
            trigger_event(here, key)
            assert len(_deliveries(here)) == before, f"{key} received a post after unsubscribing"


def _posted(shop: Shop, receiver: Receiver) -> list[Any]:
    """Return the vendor's posts, once all of them have arrived."""
    due = len(_deliveries(shop))
    assert due, "the vendor posted nothing"
    receiver.wait(lambda: len(receiver.got) == due)
    return [body for _path, body in receiver.got]


def _deliveries(shop: Shop) -> list[dict[str, Any]]:
    answer = shop.sandbox.control.get(f"/tenants/{shop.tenant}/deliveries")
    found: list[dict[str, Any]] = answer.json()["deliveries"]
    return found
