"""Leaves out requests, filters and inputs that are only assumed, unless `--include-assumed` is given."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from connector.definition.model import Action, InputField, Integration, Operation, Paging, Search, Trigger

S = TypeVar("S", Action, Search)


def known_only(integration: Integration) -> Integration:
    """Return a copy of the Integration without steps and optional inputs that rely on assumptions.

    Optional inputs are removed if their provenance is `assumed`. Actions and searches are removed if their
    request is assumed. Triggers are removed if they need an assumed request or an assumed filter.

    If a list's paging parameters are assumed, the app reads only the first page of the list. If a trigger's
    webhook is assumed, the trigger polls instead.
    """
    operations = {
        name: one if _has_pages(one, integration.paging) else one.model_copy(update={"paging": None})
        for name, one in integration.operations.items()
    }
    triggers = {
        key: _known_trigger(one)
        for key, one in integration.triggers.items()
        if _is_known_trigger(integration, one)
    }
    return integration.model_copy(
        update={
            "operations": operations,
            "triggers": triggers,
            "actions": _steps(integration, integration.actions),
            "searches": _steps(integration, integration.searches),
        }
    )


def _steps(integration: Integration, steps: Mapping[str, S]) -> dict[str, S]:
    return {
        key: one.model_copy(update={"inputs": _inputs(one.inputs)})
        for key, one in steps.items()
        if _is_known(integration, one.operation)
    }


def _inputs(inputs: Sequence[InputField]) -> tuple[InputField, ...]:
    return tuple(one for one in inputs if one.required or one.provenance != "assumed")


def _is_known(integration: Integration, operation: str) -> bool:
    return integration.operations[operation].provenance != "assumed"


def _is_known_trigger(integration: Integration, trigger: Trigger) -> bool:
    """Check whether a trigger can work without a request or filter whose provenance is `assumed`.

    A trigger can use its webhook if the webhook is not assumed. Otherwise, it must poll, and neither the list
    request nor the filter for new records, if there is one, may be assumed.
    """
    if _has_known_hook(trigger):
        return True
    source = trigger.source
    operation = integration.operations[source.operation]
    parameter = operation.parameter(source.since) if source.since else None
    filter_is_known = parameter is None or parameter.field.provenance != "assumed"
    return filter_is_known and _is_known(integration, source.operation)


def _known_trigger(trigger: Trigger) -> Trigger:
    hook = trigger.hook if _has_known_hook(trigger) else None
    return trigger.model_copy(update={"hook": hook, "inputs": _inputs(trigger.inputs)})


def _has_known_hook(trigger: Trigger) -> bool:
    return trigger.hook is not None and trigger.hook.provenance != "assumed"


def _has_pages(operation: Operation, styles: Mapping[str, Paging]) -> bool:
    paging = styles.get(operation.paging or "")
    names = (paging.page_parameter, paging.size_parameter) if paging else ()
    return all(one.field.provenance != "assumed" for one in operation.parameters if one.name in names)
