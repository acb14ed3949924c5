"""What of an Integration is known: what is only assumed is not offered to anyone unless asked for."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from connector.definition.model import Action, InputField, Integration, Operation, Paging, Search, Trigger

S = TypeVar("S", Action, Search)


def known_only(integration: Integration) -> Integration:
    """Leave out requests, filters and inputs that are only assumed, except for inputs that a request needs.

    A list that is only assumed to have pages is read as one page; a vendor that is only assumed to tell of
    events by itself is polled.
    """
    operations = {
        name: one if _has_pages(one, integration.paging) else one.model_copy(update={"paging": None})
        for name, one in integration.operations.items()
    }
    triggers = {
        key: _watching(one) for key, one in integration.triggers.items() if _is_watched(integration, one)
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


def _is_watched(integration: Integration, trigger: Trigger) -> bool:
    """Say whether what a trigger asks is known: its request, and the filter that finds what is new."""
    if _is_hooked(trigger):
        return True
    source = trigger.source
    operation = integration.operations[source.operation]
    parameter = operation.parameter(source.since) if source.since else None
    filtered = parameter is None or parameter.field.provenance != "assumed"
    return filtered and _is_known(integration, source.operation)


def _watching(trigger: Trigger) -> Trigger:
    hook = trigger.hook if _is_hooked(trigger) else None
    return trigger.model_copy(update={"hook": hook, "inputs": _inputs(trigger.inputs)})


def _is_hooked(trigger: Trigger) -> bool:
    return trigger.hook is not None and trigger.hook.provenance != "assumed"


def _has_pages(operation: Operation, styles: Mapping[str, Paging]) -> bool:
    paging = styles.get(operation.paging or "")
    names = (paging.page_parameter, paging.size_parameter) if paging else ()
    return all(one.field.provenance != "assumed" for one in operation.parameters if one.name in names)
