"""Decides what is offered: which steps are previews, and which steps a generated app contains.

A trigger, action or search is a *preview* if a part of its requests is assumed: its operation, its path, a
parameter, a field of the body, the value that is sent in it, or an input. A preview is offered, and its
description says so. An action that is a preview is left out of generated apps if its path is assumed, if it
moves money or deletes data, or if it can cancel a record: a wrong guess could do harm.

If an account's facts (`connector.definition.facts`) confirm the assumed parts of a step, the step is no
longer a preview.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeVar

from connector.definition.instant import is_instant, with_instant
from connector.definition.model import Action, Hook, InputField, Search, Snapshot, Trigger
from connector.definition.paths import walk
from connector.definition.spelling import same_word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from connector.definition.model import Integration, Operation, Paging, Provenance

Selection = Literal["documented", "preview", "everything"]
"""The steps to include: those without assumptions, previews too, or also previews that can do harm."""

NOTICE = "Preview: not tried on a real account yet."
"""The sentence at the end of a preview's description."""
REFUSALS = (400, 404, 405, 422)
"""The response statuses that can mean that an assumed part of the request is wrong."""
HARMFUL = ("financial", "destructive")

Step = TypeVar("Step", Trigger, Action, Search)


def advice(vendor: str) -> str:
    """Return the sentences that are added to the error if a vendor refuses the request of a preview."""
    return (
        "This step is a preview: its request was never tried on a real account. "
        f"To check it, run `returns verify {vendor}`."
    )


def with_previews(integration: Integration) -> Integration:
    """Return a copy in which each preview is marked by `preview`, and by `NOTICE` in its description."""
    return integration.model_copy(
        update={
            "triggers": _marked(integration.triggers, lambda one: _of_trigger(integration, one)),
            "actions": _marked(integration.actions, lambda one: _of_action(integration, one)),
            "searches": _marked(integration.searches, lambda one: _of_search(integration, one)),
        }
    )


def offered(integration: Integration, selection: Selection) -> Integration:
    """Return a copy that contains only the selected steps.

    A trigger with a webhook becomes two triggers, one that polls and an instant one (see
    `connector.definition.instant`), unless its webhook is left out.

    With "documented", optional inputs, paging and webhooks that are assumed are left out too. A list whose
    paging is assumed is then read without paging, so that only its first page is read.
    """
    if selection == "everything":
        return with_previews(with_instant(integration))
    if selection == "documented":
        certain = with_previews(with_instant(_without_assumptions(integration)))
        return certain.model_copy(
            update={
                "triggers": _without_previews(certain.triggers),
                "actions": _without_previews(certain.actions),
                "searches": _without_previews(certain.searches),
            }
        )
    actions = {key: one for key, one in integration.actions.items() if not can_do_harm(integration, one)}
    offer = with_previews(with_instant(integration.model_copy(update={"actions": actions})))
    triggers = {key: one for key, one in offer.triggers.items() if not _subscribes_by_guess(offer, one)}
    return offer.model_copy(update={"triggers": triggers})


def previewed_operations(integration: Integration) -> set[str]:
    """Return the operationIds of the requests that vendors may refuse because an assumption is wrong.

    The list that an instant trigger reads for samples is not one of them, and neither is a request of which
    only the value that one action sends is assumed: other actions send it with known values.
    """
    triggers = [one for one in integration.triggers.values() if one.preview]
    hooks = [one.hook for one in triggers if one.hook]
    registering = {name for hook in hooks for name in (hook.subscribe, hook.unsubscribe)}
    actions = [one for one in integration.actions.values() if one.provenance != "assumed"]
    steps: list[Action | Search] = [*actions, *integration.searches.values()]
    return {
        *(name for name in registering if integration.operations[name].provenance == "assumed"),
        *(one.source.operation for one in triggers if not one.hook),
        *(one.operation for one in steps if one.preview),
    }


def can_do_harm(integration: Integration, action: Action) -> bool:
    """Return True if an action is a preview and could do harm if an assumed part of it is wrong."""
    path = integration.operations[action.operation].path_provenance
    harmful = action.risk in HARMFUL or path == "assumed" or _can_cancel(integration, action)
    return action.preview and harmful


def _can_cancel(integration: Integration, action: Action) -> bool:
    """Check whether a value that the action can send is a status that means "cancelled"."""
    tables = integration.unified
    if tables is None:
        return False
    statuses = {**tables.statuses, **tables.shipment_statuses}
    cancelled = [status for status, meaning in statuses.items() if meaning == "cancelled"]
    sent = [str(value) for _path, value in action.constants]
    sent += [choice.value for one in action.inputs for choice in one.choices]
    sent += [value for one in action.inputs for value in one.known_values]
    return any(same_word(value, status) for value in sent for status in cancelled)


def _marked(steps: Mapping[str, Step], parts: Callable[[Step], Iterable[Provenance]]) -> dict[str, Step]:
    marked = {}
    for key, step in steps.items():
        preview = "assumed" in parts(step)
        plain = step.description.removesuffix(f" {NOTICE}")
        description = f"{plain} {NOTICE}" if preview else plain
        marked[key] = step.model_copy(update={"preview": preview, "description": description})
    return marked


def _without_previews(steps: Mapping[str, Step]) -> dict[str, Step]:
    return {key: one for key, one in steps.items() if not one.preview}


def _subscribes_by_guess(integration: Integration, trigger: Trigger) -> bool:
    """Return True if a trigger registers or removes its webhook with a request whose path is assumed."""
    names = (trigger.hook.subscribe, trigger.hook.unsubscribe) if trigger.hook else ()
    return any(integration.operations[name].path_provenance == "assumed" for name in names)


def _polled(integration: Integration) -> dict[str, Trigger]:
    """Return the integration's triggers, in which each webhook that is assumed is replaced by None."""
    return {
        key: one.model_copy(update={"hook": None}) if one.hook and one.hook.provenance == "assumed" else one
        for key, one in integration.triggers.items()
    }


def _without_assumptions(integration: Integration) -> Integration:
    operations = {
        name: one
        if "assumed" not in _of_paging(one, integration.paging)
        else one.model_copy(update={"paging": None})
        for name, one in integration.operations.items()
    }
    return integration.model_copy(
        update={
            "operations": operations,
            "triggers": {key: _with_known_inputs(one) for key, one in _polled(integration).items()},
            "actions": {key: _with_known_inputs(one) for key, one in integration.actions.items()},
            "searches": {key: _with_known_inputs(one) for key, one in integration.searches.items()},
        }
    )


def _with_known_inputs(step: Step) -> Step:
    known = tuple(one for one in step.inputs if one.required or "assumed" not in _of_inputs([one]))
    return step.model_copy(update={"inputs": known})


def _of_trigger(integration: Integration, trigger: Trigger) -> Iterator[Provenance]:
    """Yield the provenance of each part of the requests that a trigger sends."""
    source = trigger.source
    operation = integration.operations[source.operation]
    names = {*(source.order.newest_first if source.order else ())}
    names |= {source.since} if not isinstance(source, Snapshot) and source.since else set()
    yield from _of_request(integration, operation, names)
    if trigger.hook and is_instant(trigger):
        yield from _of_hook(integration, trigger.hook)
    if trigger.details:
        details = integration.operations[trigger.details.operation]
        yield from _of_request(integration, details, {*trigger.details.parameters, *trigger.details.query})


def _of_hook(integration: Integration, hook: Hook) -> Iterator[Provenance]:
    yield hook.provenance
    names = filter(None, (hook.subscribe, hook.unsubscribe, hook.read))
    yield from (integration.operations[name].provenance for name in names)


def _of_action(integration: Integration, action: Action) -> Iterator[Provenance]:
    operation = integration.operations[action.operation]
    yield from _of_request(integration, operation, ())
    yield from _of_inputs(action.inputs)
    yield action.provenance
    members = operation.body.children if operation.body else ()
    fields = (walk(members, path) for path, _value in action.constants)
    yield from (field.provenance for field in fields if field)


def _of_search(integration: Integration, search: Search) -> Iterator[Provenance]:
    yield from _of_request(integration, integration.operations[search.operation], search.query)
    yield from _of_inputs(search.inputs)


def _of_request(integration: Integration, operation: Operation, names: Iterable[str]) -> Iterator[Provenance]:
    yield operation.provenance
    yield operation.path_provenance
    parameters = [operation.parameter(name) for name in names]
    yield from (one.field.provenance for one in parameters if one)
    yield from _of_paging(operation, integration.paging)


def _of_paging(operation: Operation, styles: Mapping[str, Paging]) -> Iterator[Provenance]:
    paging = styles.get(operation.paging or "")
    names = (paging.page_parameter, paging.size_parameter) if paging else ()
    yield from (one.field.provenance for one in operation.parameters if one.name in names)


def _of_inputs(inputs: Iterable[InputField]) -> Iterator[Provenance]:
    """Yield the provenance of the inputs that are sent, and of the columns of line items."""
    for one in inputs:
        if one.location != "match":
            yield one.provenance
            yield from _of_inputs(one.children)
