"""What a vendor tells by itself."""

from typing import Any

from support.matrix import needs
from support.matrix.adapter import Adapter
from support.matrix.shop import Shop
from support.matrix.watching import happen, told
from support.receiver import Receiver, receiving


def subscribed(app: Adapter, shop: Shop) -> None:
    """What a vendor tells by itself arrives once, until it is told to stop; played with what is assumed."""
    for key in needs.hooks(app):
        here = shop.another()
        there = app.at(here)
        happen(here, key)
        with receiving() as ear:
            hook = there.subscribe(key, ear.url)
            expected = happen(here, key)
            posts = _posted(here, ear)
            rows = [row for post in posts for row in hook.receive(post)]
            assert told(there, key, rows) == [expected], f"{key} was to tell of {expected}"
            hook.end()
            before = len(_deliveries(here))  # a step of the shop may have fallen due since the posts came
            happen(here, key)
            assert len(_deliveries(here)) == before, f"{key} was told after it had been switched off"


def _posted(shop: Shop, ear: Receiver) -> list[Any]:
    """What the vendor posted, once all that it has to post has come."""
    due = len(_deliveries(shop))
    assert due, "nothing is posted"
    ear.wait(lambda: len(ear.got) == due)
    return [body for _path, body in ear.got]


def _deliveries(shop: Shop) -> list[dict[str, Any]]:
    answer = shop.sandbox.control.get(f"/tenants/{shop.tenant}/deliveries")
    found: list[dict[str, Any]] = answer.json()["deliveries"]
    return found
