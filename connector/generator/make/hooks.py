"""Builds instant triggers and their webhooks, including the requests to subscribe and unsubscribe."""

import re
from collections.abc import Iterator
from typing import Any

from connector.definition.model import CreatedSince, Hook, Integration, Operation, Path, Trigger
from connector.generator.make import compare, iml
from connector.generator.make.answers import NO_REDIRECTS, holds_record
from connector.generator.make.base import valid_result
from connector.generator.make.errors import errors
from connector.generator.make.fields import Unrenderable
from connector.generator.make.naming import trigger_label
from connector.generator.make.outputs import Outputs, outputs_of
from connector.generator.make.parts import Module, Webhook
from connector.generator.make.requests import version_prefix
from connector.generator.make.triggers import summary_note

SUBSCRIPTION = "subscription"


def webhook_id(trigger: Trigger) -> str:
    """Build the ID of a trigger's webhook, such as `new-return` for `new_return`."""
    return trigger.key.replace("_", "-")


def instant_triggers(integration: Integration) -> Iterator[tuple[Module, Webhook]]:
    """Yield a module and its webhook for every trigger whose events the vendor posts to a webhook."""
    for trigger in integration.triggers.values():
        if trigger.hook:
            yield (
                _module(integration, trigger, trigger.hook),
                _webhook(integration, trigger, trigger.hook),
            )


def _module(integration: Integration, trigger: Trigger, hook: Hook) -> Module:
    resource = integration.resources[trigger.resource]
    outputs = outputs_of(integration, trigger.resource, resource.fields)
    return Module(
        key=trigger.key,
        kind="instant_trigger",
        label=trigger_label(trigger, resource.noun),
        description=trigger.description + summary_note(integration, trigger),
        webhook=webhook_id(trigger),
        operations=(hook.read,) if hook.read else (),
        files={
            "communication": _read(integration, hook, outputs, preview=trigger.preview),
            "staticParams": [],
            "mappableParams": [],
            "interface": outputs.interface,
            "samples": outputs.sample(resource.sample),
            "scope": [],
        },
    )


def _read(integration: Integration, hook: Hook, outputs: Outputs, *, preview: bool) -> dict[str, Any]:
    """Build the request that reads the record that a webhook post refers to.

    The result is empty if the post itself contains the record.
    """
    if hook.read is None:
        return {}
    operation = integration.operations[hook.read]
    values = {name: iml.at("payload", path) for name, path in hook.parameters.items()}
    query = {name: iml.braced(value) for name, value in values.items() if f"{{{name}}}" not in operation.path}
    read = _request(integration, operation, values)
    return {
        **read,
        **({"qs": query} if query else {}),
        "response": {
            "output": outputs.output(iml.at("body", (*operation.payload, *hook.row)), asks=False),
            "valid": valid_result(integration, read, holds_record(operation)),
            **_preview_errors(integration, preview=preview),
        },
    }


def _webhook(integration: Integration, trigger: Trigger, hook: Hook) -> Webhook:
    subscribe = integration.operations[hook.subscribe]
    unsubscribe = integration.operations[hook.unsubscribe]
    resource = integration.resources[trigger.resource]
    outputs = outputs_of(integration, trigger.resource, resource.fields)
    posted = iml.braced("body") if hook.read else outputs.output(iml.at("body", hook.row), asks=False)
    subscription_id = iml.at("body", (*subscribe.payload, *hook.id))
    attach = _request(integration, subscribe, {})
    subscription = {hook.parameter: iml.at("webhook", (SUBSCRIPTION,))}
    detach = _request(integration, unsubscribe, subscription)
    return Webhook(
        id=webhook_id(trigger),
        label=trigger_label(trigger, integration.resources[trigger.resource].noun),
        operations=(subscribe.id, unsubscribe.id),
        files={
            "communication": {"output": posted, **_condition(trigger, hook)},
            "params": [],
            "attach": {
                **attach,
                "body": _with_url(hook.body, hook.url),
                "response": {
                    "data": {SUBSCRIPTION: iml.braced(subscription_id)},
                    "valid": valid_result(integration, attach, f"ifempty({subscription_id}, '') != ''"),
                    **_preview_errors(integration, preview=trigger.preview),
                },
            },
            "detach": {**detach, "response": {"valid": valid_result(integration, detach, "")}},
            "requiredScope": [],
        },
    )


def _preview_errors(integration: Integration, *, preview: bool) -> dict[str, Any]:
    return {"error": errors(integration, preview=True)} if preview else {}


def _condition(trigger: Trigger, hook: Hook) -> dict[str, str]:
    """Build the condition that a webhook post must meet to fire the trigger.

    The condition checks the record's new status. The result is empty if every post fires the trigger. Raises
    Unrenderable if the trigger depends on the new status, but the posts do not contain the status.
    """
    source = trigger.source
    if isinstance(source, CreatedSince) or not source.state:
        return {}
    where = hook.state if hook.read else (*hook.row, *source.state)
    if where is None:
        raise Unrenderable(
            f"The posts for {trigger.key} do not contain the new state. "
            "Set `state` of its hook in the catalog."
        )
    state = iml.at("body", where)
    if source.reached:
        return {"condition": iml.braced(compare.is_word(state, source.reached[:1]))}
    return {"condition": iml.braced(compare.is_other_word(state, source.initial))}


def _with_url(body: Any, path: Path) -> dict[str, Any]:
    name, *rest = path
    inner = body.get(name, {})
    return {**body, name: _with_url(inner, tuple(rest)) if rest else "{{webhook.url}}"}


def _request(integration: Integration, operation: Operation, values: dict[str, str]) -> dict[str, Any]:
    url = _address(integration, operation, values)
    return {"url": url, "method": operation.method, **NO_REDIRECTS}


def _address(integration: Integration, operation: Operation, values: dict[str, str]) -> str:
    def filled(placeholder: re.Match[str]) -> str:
        name = placeholder[1]
        if name not in values:
            raise Unrenderable(
                f"{operation.id} needs {name} in its address, but no post contains it. "
                "Add it to the `parameters` of the hook in the catalog."
            )
        return iml.braced(values[name])

    return version_prefix(integration) + re.sub(r"\{([^}]+)\}", filled, operation.path)
