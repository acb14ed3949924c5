"""Builds the data of triggers whose events an API posts to a URL, and the parameters of their node."""

from collections.abc import Sequence
from typing import Any

from connector.definition.model import Integration, Operation, PostedTrigger, Subscriptions
from connector.definition.naming import camel
from connector.generator.n8n.offer import record_shape
from connector.generator.n8n.requests import Unrenderable, input_facts, operation

LEFT_OUT = {True: ("memory.ts", "polling.ts"), False: ("posted.ts", "signatures.ts")}
"""The modules of `static/lib/` that a package does not contain; the key says if its events are posted."""


def posted_data(integration: Integration) -> dict[str, Any]:
    """Build the data that the trigger node's code needs for each posted event, keyed by event."""
    return {
        camel(one.key): {
            "event": one.key,
            "inputs": [input_facts(integration, each) for each in one.inputs],
            **record_shape(one.fields),
        }
        for one in integration.posted.values()
    }


def subscription_data(integration: Integration) -> dict[str, Any] | None:
    """Build the data of the requests that subscribe and unsubscribe; return None if nothing is posted."""
    requests = integration.subscriptions
    if requests is None:
        return None
    return {
        "subscribe": operation(integration, requests.subscribe),
        "url": list(requests.url),
        "event": list(requests.event),
        "constants": dict(requests.body),
        "id": list(requests.id),
        "secret": list(requests.secret),
        "unsubscribe": operation(integration, requests.unsubscribe),
        "check": operation(integration, _check(integration, requests).id),
        "parameter": requests.parameter,
        "tolerance": requests.signature.tolerance,
    }


def _check(integration: Integration, requests: Subscriptions) -> Operation:
    """Find the operation that reads one subscription: it has the path of the one that ends it."""
    path = integration.operations[requests.unsubscribe].path
    found = (one for one in integration.operations.values() if one.path == path and one.method == "GET")
    check = next(found, None)
    if check is None:
        raise Unrenderable(
            f"n8n asks whether a subscription exists, but the specification has no GET operation at {path}."
        )
    return check


def same_inputs(triggers: Sequence[PostedTrigger]) -> list[tuple[int, list[str]]]:
    """Group the inputs of posted triggers, so that the node shows an input that several of them have once.

    Returns, for each group, the position of the first trigger that has it, and the values of the event option
    for which it is shown.
    """
    groups: list[tuple[int, list[str]]] = []
    for place, trigger in enumerate(triggers):
        known = next((shown for first, shown in groups if triggers[first].inputs == trigger.inputs), None)
        if known is None:
            groups.append((place, [camel(trigger.key)]))
        else:
            known.append(camel(trigger.key))
    return groups
