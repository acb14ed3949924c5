"""Builds the instant triggers of an API that posts its events, signed, and posts them until they arrive.

Make does not show the body of a post as it was signed, so IML cannot verify the signature. It can compute the
ID that the delivery must have, which depends on the subscription's ID. Only the API and Make know this ID.
"""

from collections.abc import Iterator
from typing import Any

from connector.definition.model import Integration, Path, PostedTrigger, Subscriptions
from connector.definition.samples import merged
from connector.generator.make import iml
from connector.generator.make.answers import NO_REDIRECTS
from connector.generator.make.base import valid_result
from connector.generator.make.fields import parameters
from connector.generator.make.naming import posted_label, proper_nouns
from connector.generator.make.outputs import outputs_of
from connector.generator.make.parts import Module, Webhook
from connector.generator.make.requests import request, version_prefix

SUBSCRIPTION, SECRET = "subscription", "secret"
ID_HEADER, TIME_HEADER = "webhook-id", "webhook-timestamp"


def webhook_id(trigger: PostedTrigger) -> str:
    """Build the ID of a trigger's webhook, such as `return-approved` for `return_approved`."""
    return trigger.key.replace("_", "-")


def posted_triggers(integration: Integration) -> Iterator[tuple[Module, Webhook]]:
    """Yield a module and its webhook for every posted trigger."""
    requests = integration.subscriptions
    if requests is None:
        return
    for trigger in integration.posted.values():
        yield _module(integration, trigger), _webhook(integration, trigger, requests)


def _module(integration: Integration, trigger: PostedTrigger) -> Module:
    outputs = outputs_of(integration, trigger.resource, trigger.fields)
    return Module(
        key=trigger.key,
        kind="instant_trigger",
        label=posted_label(trigger, integration.resources[trigger.resource].noun),
        description=trigger.description,
        webhook=webhook_id(trigger),
        inputs=trigger.inputs,
        files={
            "communication": {},
            "staticParams": [],
            "mappableParams": [],
            "interface": outputs.interface,
            "samples": outputs.sample(merged(trigger.sample, trigger.example)),
            "scope": [],
        },
    )


def _webhook(integration: Integration, trigger: PostedTrigger, requests: Subscriptions) -> Webhook:
    outputs = outputs_of(integration, trigger.resource, trigger.fields)
    subscribe = integration.operations[requests.subscribe]
    unsubscribe = integration.operations[requests.unsubscribe]
    constants = merged(merged(dict(requests.body), _at(requests.event, trigger.key)), _url(requests))
    attach = request(integration, subscribe, trigger.inputs, {}, constants=constants)
    answered = {
        SUBSCRIPTION: iml.at("body", (*subscribe.payload, *requests.id)),
        SECRET: iml.at("body", (*subscribe.payload, *requests.secret)),
    }
    has_answer = iml.both(*(f"ifempty({one}, '') != ''" for one in answered.values()))
    path = unsubscribe.path.replace(
        f"{{{requests.parameter}}}", iml.braced(iml.at("webhook", (SUBSCRIPTION,)))
    )
    detach = {"url": version_prefix(integration) + path, "method": unsubscribe.method, **NO_REDIRECTS}
    return Webhook(
        id=webhook_id(trigger),
        label=posted_label(trigger, integration.resources[trigger.resource].noun),
        operations=(subscribe.id, unsubscribe.id),
        files={
            "communication": {
                "condition": iml.braced(_is_genuine(trigger, requests)),
                "output": outputs.output("body", asks=False),
            },
            "params": parameters(trigger.inputs, integration, proper_nouns(integration)),
            "attach": {
                **attach,
                "response": {
                    "data": {name: iml.braced(value) for name, value in answered.items()},
                    "valid": valid_result(integration, attach, has_answer),
                },
                "log": {
                    "sanitize": [f"response.{answered[SECRET]}"],
                },
            },
            "detach": {**detach, "response": {"valid": valid_result(integration, detach, "")}},
            "requiredScope": [],
        },
    )


def _url(requests: Subscriptions) -> dict[str, Any]:
    return _at(requests.url, "{{webhook.url}}")


def _is_genuine(trigger: PostedTrigger, requests: Subscriptions) -> str:
    """Build the IML condition that a post meets if its sender knows the subscription.

    The ID of the delivery must be the one that belongs to the event and the subscription, and the time in its
    header must be close to the present. A post with `replay_of` has a new ID, and names the ID of the first
    one.
    """
    rule, tolerance = requests.delivery_id, requests.signature.tolerance
    parts = [iml.at("body", path) for path in rule.hashed] + [iml.at("webhook", (SUBSCRIPTION,))]
    hashed = f"sha256({' + newline + '.join(parts)})"
    expected = f"{iml.text(rule.prefix)} + substring({hashed}, 0, {rule.digits})"
    given = f"ifempty({iml.at('body', ('replay_of',))}, {iml.at('headers', (ID_HEADER,))})"
    sent = f"parseNumber(ifempty({iml.at('headers', (TIME_HEADER,))}, '0'))"
    kind = iml.at("body", requests.kind)
    return iml.both(
        f"{given} = {expected}",
        f"timestamp <= {sent} + {tolerance}",
        f"{sent} <= timestamp + {tolerance}",
        f"{kind} = {iml.text(trigger.key)}",
    )


def _at(path: Path, value: str) -> dict[str, Any]:
    name, *rest = path
    return {name: _at(tuple(rest), value) if rest else value}
