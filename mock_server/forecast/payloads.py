"""Finds the return that a webhook delivery is about."""

from collections.abc import Iterator
from typing import Any

import orjson

from mock_server.store import Store
from mock_server.webhooks.outbox import Delivery


def reported_return(store: Store, delivery: Delivery) -> str | None:
    """Return the ID of the return that a delivery is about, or None if its payload contains no known ID.

    Each vendor has its own name for the ID field, so this function searches the payload's values and returns
    the first one that is the ID of a return.
    """
    values = _values(orjson.loads(delivery.body))
    known = (value for value in values if store.row(delivery.tenant, delivery.vendor, "return", value))
    return next(known, None)


def _values(node: Any) -> Iterator[str]:
    """Yield all strings in a JSON value, in the order in which they occur."""
    if isinstance(node, dict):
        node = list(node.values())
    if isinstance(node, list):
        for member in node:
            yield from _values(member)
    elif isinstance(node, str):
        yield node
