"""Instant triggers: Make gives an address; the vendor is told of it (attach) and forgets it (detach)."""

import re
from collections.abc import Iterator
from typing import Any

from connector.definition.model import CreatedSince, Hook, Integration, Operation, Path, Trigger
from connector.generator.make import compare, iml
from connector.generator.make.answers import NO_REDIRECTS, holds_record
from connector.generator.make.base import result
from connector.generator.make.fields import Unrenderable, interface, sample
from connector.generator.make.naming import proper_nouns, trigger_label
from connector.generator.make.parts import Module, Webhook
from connector.generator.make.requests import version_prefix
from connector.generator.make.triggers import lacking

SUBSCRIPTION = "subscription"


def webhook_id(trigger: Trigger) -> str:
    """Name a trigger's webhook: `new_return` -> `new-return`."""
    return trigger.key.replace("_", "-")


def instant_triggers(integration: Integration) -> Iterator[tuple[Module, Webhook]]:
    """Yield a module and its webhook for every trigger of which the vendor tells by itself."""
    for trigger in integration.triggers.values():
        if trigger.hook:
            yield (
                _module(integration, trigger, trigger.hook),
                _webhook(integration, trigger, trigger.hook),
            )


def _module(integration: Integration, trigger: Trigger, hook: Hook) -> Module:
    proper = proper_nouns(integration)
    resource = integration.resources[trigger.resource]
    return Module(
        key=trigger.key,
        kind="instant_trigger",
        label=trigger_label(trigger, resource.noun),
        description=trigger.description + lacking(integration, trigger),
        webhook=webhook_id(trigger),
        operations=(hook.read,) if hook.read else (),
        files={
            "communication": _read(integration, hook),
            "staticParams": [],
            "mappableParams": [],
            "interface": interface(resource.fields, proper),
            "samples": sample(resource.fields, resource.sample),
            "scope": [],
        },
    )


def _read(integration: Integration, hook: Hook) -> dict[str, Any]:
    """Read the record that was posted about; nothing where the record itself was posted."""
    if hook.read is None:
        return {}
    operation = integration.operations[hook.read]
    values = {name: iml.at("payload", path) for name, path in hook.parameters.items()}
    query = {name: iml.braced(value) for name, value in values.items() if f"{{{name}}}" not in operation.path}
    asked = _asked(integration, operation, values)
    return {
        **asked,
        **({"qs": query} if query else {}),
        "response": {
            "output": iml.braced(iml.at("body", (*operation.payload, *hook.row))),
            "valid": result(integration, asked, holds_record(operation)),
        },
    }


def _webhook(integration: Integration, trigger: Trigger, hook: Hook) -> Webhook:
    subscribe = integration.operations[hook.subscribe]
    unsubscribe = integration.operations[hook.unsubscribe]
    posted = iml.braced(iml.at("body", () if hook.read else hook.row))
    named = iml.at("body", (*subscribe.payload, *hook.id))
    attached = _asked(integration, subscribe, {})
    subscription = {hook.parameter: iml.at("webhook", (SUBSCRIPTION,))}
    detached = _asked(integration, unsubscribe, subscription)
    return Webhook(
        id=webhook_id(trigger),
        label=trigger_label(trigger, integration.resources[trigger.resource].noun),
        operations=(subscribe.id, unsubscribe.id),
        files={
            "communication": {"output": posted, **_condition(trigger, hook)},
            "params": [],
            "attach": {
                **attached,
                "body": _with_url(hook.body, hook.url),
                "response": {
                    "data": {SUBSCRIPTION: iml.braced(named)},
                    "valid": result(integration, attached, f"ifempty({named}, '') != ''"),
                },
            },
            "detach": {**detached, "response": {"valid": result(integration, detached, "")}},
            "requiredScope": [],
        },
    )


def _condition(trigger: Trigger, hook: Hook) -> dict[str, str]:
    """Pass over posts that tell of other states than the trigger is about."""
    source = trigger.source
    if isinstance(source, CreatedSince) or not source.state:
        return {}
    where = hook.state if hook.read else (*hook.row, *source.state)
    if where is None:
        raise Unrenderable(f"No post for {trigger.key} tells the state that was reached.")
    told = iml.at("body", where)
    if source.reached:
        return {"condition": iml.braced(compare.is_word(told, source.reached[:1]))}
    return {"condition": iml.braced(compare.is_other_word(told, source.initial))}


def _with_url(body: Any, path: Path) -> dict[str, Any]:
    name, *rest = path
    held = body.get(name, {})
    return {**body, name: _with_url(held, tuple(rest)) if rest else "{{webhook.url}}"}


def _asked(integration: Integration, operation: Operation, values: dict[str, str]) -> dict[str, Any]:
    url = _address(integration, operation, values)
    return {"url": url, "method": operation.method, **NO_REDIRECTS}


def _address(integration: Integration, operation: Operation, values: dict[str, str]) -> str:
    def filled(found: re.Match[str]) -> str:
        if found[1] not in values:
            raise Unrenderable(f"{operation.id} needs {found[1]} in its address, which no post tells.")
        return iml.braced(values[found[1]])

    return version_prefix(integration) + re.sub(r"\{([^}]+)\}", filled, operation.path)
