"""Finds the return that a webhook delivery reports."""

from collections.abc import Iterator
from typing import Any

import orjson

from mock_server.store import Store
from mock_server.webhooks.outbox import Delivery


def reported_return(store: Store, delivery: Delivery) -> str | None:
    """Return the ID of the return that a delivery reports, or None if its payload names no known return.

    Vendors name the ID differently, so this is the first value of the payload that is the ID of a return.
    """
    values = _values(orjson.loads(delivery.body))
    known = (value for value in values if store.row(delivery.tenant, delivery.vendor, "return", value))
    return next(known, None)


def _values(node: Any) -> Iterator[str]:
    """Yield all strings in a JSON value, in order."""
    if isinstance(node, dict):
        node = list(node.values())
    if isinstance(node, list):
        for member in node:
            yield from _values(member)
    elif isinstance(node, str):
        yield node
