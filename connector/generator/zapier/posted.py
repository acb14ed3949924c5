"""Computes the template values of posted triggers, whose events are posted, signed, to Zapier's URLs."""

from collections.abc import Iterator
from typing import Any

from connector.definition.model import Integration, PostedTrigger, Subscriptions
from connector.definition.naming import title
from connector.definition.summary import summary
from connector.generator.zapier.fields import form
from connector.generator.zapier.literal import Code
from connector.generator.zapier.outputs import example_of
from connector.generator.zapier.records import Records

TEMPLATE = "triggers/posted.js.jinja"


def posted_triggers(integration: Integration, records: Records) -> Iterator[dict[str, Any]]:
    """Yield the template values for each posted trigger."""
    requests = integration.subscriptions
    if requests is None:
        return
    for trigger in integration.posted.values():
        yield _values(integration, trigger, requests, records)


def _values(
    integration: Integration, trigger: PostedTrigger, requests: Subscriptions, records: Records
) -> dict[str, Any]:
    built = summary(integration, trigger.resource, trigger.fields)
    changes = dict(trigger.example)
    return {
        "page": TEMPLATE,
        "key": trigger.key,
        "noun": title(integration.resources[trigger.resource].noun),
        "display": {"label": trigger.label, "description": trigger.description},
        "hook": _hook(trigger, requests),
        "source": _source(trigger, requests),
        "form": form(trigger.inputs, integration),
        "identity": [path[0] for path in requests.identity],
        "example": example_of(trigger.fields, trigger.sample, changes, built, frozenset(), None),
        "record": records.name(trigger.resource, requests.samples, trigger.fields, trigger.sample),
    }


def _hook(trigger: PostedTrigger, requests: Subscriptions) -> dict[str, Any]:
    """Build the constants for subscribing, unsubscribing and verifying; see lib/subscriptions.js."""
    return {
        "subscribe": {
            "operation": Code(f"operations.{requests.subscribe}"),
            "url": requests.url,
            "body": {**requests.body, **_nested(requests.event, trigger.key)},
            "id": requests.id,
            "secret": requests.secret,
        },
        "unsubscribe": {
            "operation": Code(f"operations.{requests.unsubscribe}"),
            "parameter": requests.parameter,
        },
        "signature": requests.signature.model_dump(),
    }


def _source(trigger: PostedTrigger, requests: Subscriptions) -> dict[str, Any]:
    return {
        "operation": Code(f"operations.{requests.samples}"),
        "query": {requests.samples_event: trigger.key},
        "identity": requests.identity,
        "shape": Code("record.shape"),
    }


def _nested(path: tuple[str, ...], value: str) -> dict[str, Any]:
    name, *rest = path
    return {name: _nested(tuple(rest), value) if rest else value}
