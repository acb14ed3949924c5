"""Computes the template values for the triggers, actions and searches of a Zapier app.

A function that yields template values yields one dictionary per generated file.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connector.definition.action_guarantees import ZAPIER_RISKS
from connector.definition.instant import SUFFIX
from connector.definition.model import (
    Action,
    ChangedSince,
    CreatedSince,
    Field,
    InputField,
    Integration,
    Path,
    Search,
    Snapshot,
    Source,
    Trigger,
)
from connector.definition.naming import camel
from connector.definition.summary import summary
from connector.generator.zapier.fields import Unrenderable, form, known_choices
from connector.generator.zapier.literal import Code
from connector.generator.zapier.outputs import (
    example_of,
    sensitive_labels,
    shape_below,
    shape_of,
    without_files,
)
from connector.generator.zapier.records import Records, list_name

SEARCH_FUNCTIONS = {
    "get": "getRecord",
    "find": "findRecords",
    "list": "listRecords",
    "report": "getRecord",
}
"""The function in lib/searches.js that runs each kind of search."""
SHAPE = {"shape": Code("record.shape")}
"""The part of a step's constants that says how the app changes the vendor's records; see lib/shape.js."""


def triggers(integration: Integration, records: Records) -> Iterator[dict[str, Any]]:
    """Yield the template values for each trigger that has guarantees for Zapier in the catalog."""
    for trigger in integration.triggers.values():
        if "zapier" in trigger.guarantees:
            yield {
                "key": trigger.key,
                "noun": _title(integration.resources[trigger.resource].noun),
                "display": {"label": trigger.label, "description": trigger.description},
                "hydrated": trigger.details is not None,
                "poll": _poll(trigger.source),
                "hook": _hook(trigger),
                "source": _source(trigger) | SHAPE,
                "form": form(_filters(trigger, integration), integration, sensitive_labels(trigger.fields)),
                "identity": _identity(trigger),
                "example": _example(trigger, integration),
                "record": records.name(
                    trigger.resource,
                    trigger.source.operation,
                    _fields(trigger),
                    trigger.sample,
                    own=_own_record(trigger),
                    added=_added(trigger),
                ),
            }


def _own_record(trigger: Trigger) -> str | None:
    """Return the record file's name for a trigger that adds a field to records, or None for any other.

    An instant trigger has the same file as the trigger that polls.
    """
    key = trigger.key.removesuffix(SUFFIX)
    return f"{trigger.resource}_of_{key}" if trigger.reached_at else None


def _example(trigger: Trigger, integration: Integration) -> dict[str, Any]:
    """Return the values in which the sample of the trigger's event differs from the sample of the record."""
    built = summary(integration, trigger.resource, trigger.fields)
    changes, added = dict(trigger.example), _added(trigger)
    return example_of(_fields(trigger), trigger.sample, changes, built, added, trigger.occurred_at)


def _fields(trigger: Trigger) -> tuple[Field, ...]:
    """Return the fields of the trigger's records; files among the details are offered as addresses only."""
    key = trigger.details.key if trigger.details else None
    return tuple(without_files((one,))[0] if one.key == key else one for one in trigger.fields)


def _added(trigger: Trigger) -> frozenset[str]:
    """Return the keys of the properties that the app adds to the rows of the trigger's list."""
    details = {trigger.details.key} if trigger.details else set()
    return frozenset(details | ({trigger.reached_at.field} if trigger.reached_at else set()))


def _poll(source: Source) -> str:
    """Return the name of the function in lib/triggers.js that polls the given kind of source."""
    if isinstance(source, Snapshot):
        return "pollSnapshot"
    return "pollNewest" if isinstance(source, CreatedSince) else "pollChanges"


def _source(trigger: Trigger) -> dict[str, Any]:
    unless = {"unless": trigger.unless} if trigger.unless else {}
    return _polling(trigger) | unless | {"identity": [[key] for key in _identity(trigger)]}


def _polling(trigger: Trigger) -> dict[str, Any]:
    """Build the constants for a trigger's polling function; they are documented in lib/triggers.js."""
    source, promise = trigger.source, trigger.guarantees["zapier"]
    constants: dict[str, Any] = {"operation": _operation(source.operation)}
    if isinstance(source, ChangedSince):
        return (
            constants
            | {
                "query": dict(source.order.newest_first) if source.order else {},
                "size": promise.page_size,
                "pages": promise.pages,
                "since": source.since,
                **({"sinceForm": source.since_form} if source.since_form != "instant" else {}),
                "lookBack": source.window,
                "id": source.id,
                "windowTime": source.changed,
                "eventTime": source.mark,
                "sortTime": source.mark or source.changed,
                "state": source.state,
                "firingStates": source.reached,
                "initialStates": source.initial,
                **_reached_at(trigger),
            }
            | _details(trigger)
        )
    constants["query"] = dict(source.order.newest_first)
    if isinstance(source, CreatedSince):
        return constants | {
            "size": promise.page_size,
            "pages": promise.pages,
            "id": source.id,
            "createdTime": source.created,
            "lookBack": source.window,
        }
    if isinstance(source, Snapshot):
        return constants | {
            "size": promise.page_size,
            "pages": promise.pages,
            "id": source.id,
            "createdTime": source.created,
            "sortTime": source.created if source.detects == "records" else source.changed,
            "state": source.state,
            "firingStates": source.reached,
            "initialStates": source.initial,
        }
    return (
        constants
        | {
            "size": promise.page_size,
            "pages": promise.pages,
            "since": source.since,
            "lookBack": source.look_back,
            "id": source.id,
            "windowTime": source.created,
            "sortTime": trigger.occurred_at or source.created,
            "state": source.state,
            "firingStates": source.reached,
            "initialStates": source.initial,
        }
        | _details(trigger)
    )


def _reached_at(trigger: Trigger) -> dict[str, Any]:
    """Build the constants for finding the time at which a record reached the trigger's state."""
    rule = trigger.reached_at
    return {} if rule is None else {"reachedAt": rule.model_dump()}


def _details(trigger: Trigger) -> dict[str, Any]:
    """Build the constants for requesting the details of each record for which the trigger fires.

    Returns an empty dictionary if the trigger needs no details.
    """
    details = trigger.details
    if details is None:
        return {}
    hydrate = Code(f"hydrators.{camel(details.operation)}")
    return {"details": {"hydrate": hydrate, "values": dict(details.parameters), "key": details.key}}


def _hook(trigger: Trigger) -> dict[str, Any] | None:
    """Build the constants for subscribing to the vendor's webhook and for reading the events that it sends.

    Returns None if the trigger has no webhook.
    """
    hook = trigger.hook
    if hook is None:
        return None
    return {
        "subscribe": {
            "operation": _operation(hook.subscribe),
            "url": hook.url,
            "body": dict(hook.body),
            "id": hook.id,
        },
        "unsubscribe": {"operation": _operation(hook.unsubscribe), "parameter": hook.parameter},
        "record": {
            **({"operation": _operation(hook.read), "values": dict(hook.parameters)} if hook.read else {}),
            "row": hook.row,
            **({"state": hook.state} if hook.state else {}),
        },
    }


def hydrators(integration: Integration, triggers: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Build the app's hydrators: the requests for record details, keyed by operationId in camel case.

    The keys are in camel case because Zapier forbids underscores in the names of hydrators. `triggers`
    contains the app's triggers, keyed by the trigger's key.
    """
    offered = [integration.triggers[key] for key in triggers if key in integration.triggers]
    return {
        camel(one.operation): {
            "operation": _operation(one.operation),
            "query": dict(one.query),
            "shape": shape_below(shape_of(integration, trigger.resource, trigger.fields), one.key),
        }
        for trigger, one in ((trigger, trigger.details) for trigger in offered)
        if one is not None
    }


def _identity(trigger: Trigger) -> list[str]:
    """List the keys of the fields that identify a trigger's event.

    Raises `Unrenderable` if one of them is not a top-level field of the record, because Zapier compares only
    top-level fields.
    """
    paths = trigger.guarantees["zapier"].dedupe
    known = {one.key for one in trigger.fields}
    if any(len(path) != 1 or path[0] not in known for path in paths):
        raise Unrenderable(
            f"{trigger.key} is identified by {_dotted(paths)}, but Zapier needs top-level fields of the "
            "record. Change the trigger in the catalog."
        )
    return [path[0] for path in paths]


def creates(integration: Integration, records: Records) -> Iterator[dict[str, Any]]:
    """Yield the template values for each action that Zapier's policy allows.

    Actions that transfer money or delete data are always left out.
    """
    for action in integration.actions.values():
        if action.risk in ZAPIER_RISKS:
            step = _step(action, integration)
            constants: dict[str, Any] = {"body": action.constant_body} if action.constants else {}
            constants |= {"each": action.each} if action.each else {}
            name = records.name(action.resource, action.operation, action.fields, action.sample)
            yield step | {"source": step["source"] | SHAPE | constants, "record": name}


def searches(integration: Integration, records: Records) -> Iterator[dict[str, Any]]:
    """Yield the template values for each search.

    Searches without inputs are left out, because Zapier does not accept them.
    """
    for search in integration.searches.values():
        if search.inputs:
            source: dict[str, Any] = {"operation": _operation(search.operation), "query": dict(search.query)}
            if search.kind == "find":
                source |= {"pages": search.scan_pages, "atLeastOne": search.at_least_one}
            if search.kind == "list":
                source |= {"list": list_name(integration.resources[search.resource])}
            step = _step(search, integration) | _found(search, integration, records)
            yield step | {"search": SEARCH_FUNCTIONS[search.kind], "source": source | SHAPE}


def _found(search: Search, integration: Integration, records: Records) -> dict[str, Any]:
    """Choose the record file of a search, and the keys of the fields that identify its result."""
    if search.kind == "list":
        return {"record": records.several(search), "identity": ["searched_for"]}
    resource = integration.resources[search.resource]
    name = records.name(search.resource, search.operation, search.fields, search.sample)
    return {"record": name, "identity": ["__".join(resource.id)] if resource.id else []}


def _step(step: Action | Search, integration: Integration) -> dict[str, Any]:
    return {
        "key": step.key,
        "noun": _title(step.noun),
        "display": {"label": step.label, "description": step.description},
        "source": {"operation": _operation(step.operation)},
        "form": form((*_form_inputs(step), *step.inputs), integration, sensitive_labels(step.fields)),
    }


def _form_inputs(step: Action | Search) -> tuple[InputField, ...]:
    return step.form_inputs if isinstance(step, Action) else ()


def find_or_creates(
    integration: Integration, searches: Mapping[str, Any], creates: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Build the find-or-create steps whose search and create action are both in the app.

    The result is keyed by the key of the search, as Zapier requires.
    """
    return {
        pair.search: {
            "key": pair.search,
            "display": {"label": pair.label, "description": pair.description},
            "search": pair.search,
            "create": pair.create,
        }
        for pair in integration.find_or_create
        if pair.search in searches and pair.create in creates
    }


def _filters(trigger: Trigger, integration: Integration) -> list[InputField]:
    """List a trigger's filters. A filter by state does not offer initial states as choices.

    A record has an initial state when it is created, and never returns to it. The trigger fires when a record
    reaches a state, so a Zap that filters by an initial state would never run.
    """
    source = trigger.source
    state, initial = (None, ()) if isinstance(source, CreatedSince) else (source.state, source.initial)
    return [
        one.model_copy(
            update={
                "choices": tuple(
                    each for each in known_choices(one, integration) if each.value not in initial
                ),
                "known_values": (),
                "dropdown": None,
            }
        )
        if state and one.path == state
        else one
        for one in trigger.inputs
    ]


def _operation(name: str) -> Code:
    return Code(f"operations.{name}")


def _title(noun: str) -> str:
    return noun.title() if noun.islower() else noun


def _dotted(paths: Sequence[Path]) -> str:
    return " and ".join(".".join(path) for path in paths)
