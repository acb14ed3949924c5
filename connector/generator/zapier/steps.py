"""What the app offers, as the values its templates print: one entry per generated file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connector.definition.model import (
    Action,
    ChangedSince,
    CreatedSince,
    Dropdown,
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
from connector.definition.provenance import is_assumed
from connector.generator.zapier.fields import Unrenderable, form, known_choices, output_fields
from connector.generator.zapier.literal import Code

OFFERED = ("read", "write")
"""Risks of an action that Zapier takes; money and destruction it leaves to the vendor's own pages."""

LOOKERS = {"get": "read", "find": "find", "list": "list", "report": "read"}


@dataclass
class Records:
    """The distinct record shapes, each a file: a shape that several steps return is printed once."""

    files: dict[str, dict[str, Any]] = field(default_factory=dict)

    def name(self, resource: str, operation: str, fields: Sequence[Field], sample: Any) -> str:
        """Name the file that holds this shape: its resource, with the operation for a second shape of it."""
        order = {key: position for position, key in enumerate(sample)}
        shown = sorted(fields, key=lambda one: order.get(one.key, len(order)))
        shape = {"fields": list(output_fields(shown)), "sample": sample}
        for name in (resource, f"{resource}_of_{operation}"):
            if self.files.setdefault(name, shape) == shape:
                return name
        raise Unrenderable(
            f"The catalog gives {operation} two different records; give both the same fields and sample."
        )


def triggers(integration: Integration, records: Records, *, assumed: bool) -> Iterator[dict[str, Any]]:
    """Yield every trigger that keeps a promise on Zapier."""
    for trigger in integration.triggers.values():
        if "zapier" in trigger.guarantees and (assumed or not is_assumed(integration, trigger)):
            yield {
                "key": trigger.key,
                "noun": _title(integration.resources[trigger.resource].noun),
                "display": {"label": trigger.label, "description": trigger.description},
                "hydrated": trigger.details is not None,
                "poll": _poll(trigger.source),
                "hook": _hook(trigger, assumed=assumed),
                "source": _source(trigger),
                "form": form(_filters(trigger, integration, assumed=assumed), integration),
                "identity": _identity(trigger),
                "example": dict(trigger.example),
                "record": records.name(
                    trigger.resource, trigger.source.operation, trigger.fields, trigger.sample
                ),
            }


def _poll(source: Source) -> str:
    """Name the function of lib/triggers.js that polls such a source."""
    if isinstance(source, Snapshot):
        return "whole"
    return "newest" if isinstance(source, CreatedSince) else "changed"


def _source(trigger: Trigger) -> dict[str, Any]:
    return _polled(trigger) | {"identity": [[key] for key in _identity(trigger)]}


def _polled(trigger: Trigger) -> dict[str, Any]:
    source, promise = trigger.source, trigger.guarantees["zapier"]
    start: dict[str, Any] = {"operation": _operation(source.operation)}
    if isinstance(source, ChangedSince):
        return (
            start
            | {
                "query": dict(source.order.newest_first) if source.order else {},
                "size": promise.page_size,
                "pages": promise.pages,
                "since": source.since,
                **({"sinceForm": source.since_form} if source.since_form != "instant" else {}),
                "lookBack": source.window,
                "id": source.id,
                "created": source.changed,
                "changed": source.mark or source.changed,
                "mark": source.mark,
                "state": source.state,
                "reached": source.reached,
                "initial": source.initial,
            }
            | _details(trigger)
        )
    start["query"] = dict(source.order.newest_first)
    if isinstance(source, CreatedSince):
        return start | {"size": promise.page_size}
    if isinstance(source, Snapshot):
        return start | {
            "size": promise.page_size,
            "pages": promise.pages,
            "id": source.id,
            "created": source.created,
            "changed": source.created if source.detects == "records" else source.changed,
            "state": source.state,
            "reached": source.reached,
            "initial": source.initial,
        }
    return start | {
        "size": promise.page_size,
        "pages": promise.pages,
        "since": source.since,
        "lookBack": source.look_back,
        "id": source.id,
        "created": source.created,
        "changed": trigger.occurred_at or source.created,
        "state": source.state,
        "reached": source.reached,
        "initial": source.initial,
    }


def _details(trigger: Trigger) -> dict[str, Any]:
    """Say how the details of a record are asked for later, by Zapier itself."""
    details = trigger.details
    if details is None:
        return {}
    hydrate = Code(f"hydrators.{camel(details.operation)}")
    return {"details": {"hydrate": hydrate, "values": dict(details.parameters), "key": details.key}}


def _hook(trigger: Trigger, *, assumed: bool) -> dict[str, Any] | None:
    """Say how the vendor tells of it by itself, where that is known well enough."""
    hook = trigger.hook
    if hook is None or (hook.provenance == "assumed" and not assumed):
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
    """Give what the offered triggers ask for later, by operationId without underscores: Zapier wants none."""
    asked = [integration.triggers[key].details for key in triggers]
    return {
        camel(one.operation): {"operation": _operation(one.operation), "query": dict(one.query)}
        for one in asked
        if one is not None
    }


def _identity(trigger: Trigger) -> list[str]:
    """Zapier compares top-level fields only."""
    paths = trigger.guarantees["zapier"].dedupe
    known = {one.key for one in trigger.fields}
    if any(len(path) != 1 or path[0] not in known for path in paths):
        raise Unrenderable(
            f"{trigger.key} is identified by {_dotted(paths)}; Zapier needs top-level fields of the record."
        )
    return [path[0] for path in paths]


def creates(integration: Integration, records: Records, *, assumed: bool) -> Iterator[dict[str, Any]]:
    """Yield every write, except those that move money or destroy: Zapier's policy allows neither."""
    for action in integration.actions.values():
        if action.risk in OFFERED and _known(integration, action.operation, assumed=assumed):
            yield _step(action, integration, records, assumed=assumed)


def searches(integration: Integration, records: Records, *, assumed: bool) -> Iterator[dict[str, Any]]:
    """Yield every read that a person asks for by something: Zapier wants an input in each."""
    for search in integration.searches.values():
        if _known(integration, search.operation, assumed=assumed) and _inputs(search.inputs, assumed=assumed):
            source: dict[str, Any] = {"operation": _operation(search.operation), "query": dict(search.query)}
            if search.kind == "find":
                source |= {"pages": search.scan_pages, "atLeastOne": search.at_least_one}
            step = _step(search, integration, records, assumed=assumed)
            yield step | {"look": LOOKERS[search.kind], "source": source}


def _step(
    step: Action | Search, integration: Integration, records: Records, *, assumed: bool
) -> dict[str, Any]:
    return {
        "key": step.key,
        "noun": _title(step.noun),
        "display": {"label": step.label, "description": step.description},
        "source": {"operation": _operation(step.operation)},
        "form": form(_inputs(step.inputs, assumed=assumed), integration),
        "record": records.name(step.resource, step.operation, step.fields, step.sample),
    }


def find_or_creates(
    integration: Integration, searches: Mapping[str, Any], creates: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Pair searches with creates where both are offered, under the search's key as Zapier wants it."""
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


def dropdowns(integration: Integration, used: set[str]) -> Iterator[dict[str, Any]]:
    """Yield the hidden triggers behind the dropdowns that the app uses."""
    for dropdown in integration.dropdowns.values():
        if dropdown.key in used and dropdown.operation:
            yield {
                "key": dropdown.key,
                "noun": _title(dropdown.noun),
                "label": f"Choose {_title(dropdown.noun)}",
                "description": f"Lists every {dropdown.noun} to choose from.",
                "source": _choices(dropdown),
            }


def _choices(dropdown: Dropdown) -> dict[str, Any]:
    return {
        "operation": _operation(dropdown.operation or ""),
        "query": dict(dropdown.query),
        "value": dropdown.value,
        "label": dropdown.label,
    }


def _known(integration: Integration, operation: str, *, assumed: bool) -> bool:
    return assumed or integration.operations[operation].provenance != "assumed"


def _inputs(inputs: Sequence[InputField], *, assumed: bool) -> list[InputField]:
    """Without what nobody has seen the vendor take, unless the request needs it."""
    return [one for one in inputs if assumed or one.required or one.provenance != "assumed"]


def _filters(trigger: Trigger, integration: Integration, *, assumed: bool) -> list[InputField]:
    """Leave the states that no event leads to out of those to choose: a Zap that waits for one never runs."""
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
        for one in _inputs(trigger.inputs, assumed=assumed)
    ]


def _operation(name: str) -> Code:
    return Code(f"operations.{name}")


def _title(noun: str) -> str:
    return noun.title() if noun.islower() else noun


def _dotted(paths: Sequence[Path]) -> str:
    return " and ".join(".".join(path) for path in paths)
