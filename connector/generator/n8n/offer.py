"""Selects the operations of the node and the events of the trigger node, and builds their data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connector.definition.guarantees import OVERLAP
from connector.definition.model import (
    Action,
    ChangedSince,
    CreatedSince,
    DependentDropdown,
    Dropdown,
    Field,
    InputField,
    Integration,
    Search,
    Snapshot,
    Trigger,
    WindowScan,
)
from connector.definition.naming import camel
from connector.definition.paths import marked
from connector.generator.n8n.naming import noun_key
from connector.generator.n8n.requests import Unrenderable, input_facts, known_choices, may_be_empty, operation

STRATEGIES = {
    "created_since": "created",
    "window_scan": "window",
    "changed_since": "changed",
    "snapshot": "snapshot",
}


def with_promised_triggers(integration: Integration) -> Integration:
    """Return a copy of the Integration with only the triggers that have a guarantee for n8n."""
    promised = {key: one for key, one in integration.triggers.items() if "n8n" in one.guarantees}
    return integration.model_copy(update={"triggers": promised})


@dataclass(frozen=True)
class Offer:
    """An operation of the node, which runs an action or a search of the catalog.

    `kind` is the kind of the search, or "write" for an action.
    """

    step: Action | Search
    kind: str

    @property
    def resource(self) -> str:
        """The value of the resource option under which the node shows the operation."""
        return noun_key(self.step.noun)

    @property
    def operation(self) -> str:
        """The value of the operation option: the step's key in camel case."""
        return camel(self.step.key)

    @property
    def inputs(self) -> tuple[InputField, ...]:
        """All inputs of the form: those that are not sent, then those of the step."""
        form = self.step.form_inputs if isinstance(self.step, Action) else ()
        return (*form, *self.step.inputs)

    @property
    def many(self) -> bool:
        """True if the operation can return several records, up to a limit that the user chooses."""
        return self.kind in {"find", "list"}

    @property
    def has_files(self) -> bool:
        """True if the record contains addresses of files, which the user can ask for as binary data."""
        deletes = isinstance(self.step, Action) and self.step.risk == "destructive"
        return not self.many and not deletes and any(True for _path in marked(self.step.fields, "file"))

    def group_of(self, one: InputField) -> str | None:
        """Return the name of the collection that contains an input, or None if it is in none."""
        if one.location == "form" or (one.required and not may_be_empty(one)):
            return None
        return "filters" if isinstance(self.step, Search) else "additionalFields"


def offers(integration: Integration) -> list[Offer]:
    """List the operations of the node: searches first, then actions."""
    return [
        *(Offer(one, one.kind) for one in integration.searches.values()),
        *(Offer(one, "write") for one in integration.actions.values()),
    ]


def used_dropdowns(integration: Integration, listed: Sequence[Offer]) -> list[Dropdown]:
    """List the dropdowns of the inputs whose options are records: those of operations and posted triggers."""
    inputs = [*(one.inputs for one in listed), *(one.inputs for one in integration.posted.values())]
    fields = [each for step in inputs for field in step for each in (field, *field.children)]
    used = {found.key for one in fields if (found := listed_records(integration, one))}
    return [one for one in integration.dropdowns.values() if one.key in used]


def used_dependent_dropdowns(integration: Integration, listed: Sequence[Offer]) -> list[DependentDropdown]:
    """List the dropdowns of the operations' inputs whose options depend on other inputs."""
    fields = [each for one in listed for field in one.step.inputs for each in (field, *field.children)]
    used = {one.dependent_dropdown for one in fields}
    return [one for one in integration.dependent_dropdowns.values() if one.key in used]


def listed_records(integration: Integration, one: InputField) -> Dropdown | None:
    """Return an input's dropdown if its options are records; return None if it has none or fixed choices."""
    found = integration.dropdowns[one.dropdown] if one.dropdown else None
    return found if found and found.operation else None


def dependent_data(
    integration: Integration, one: DependentDropdown, listed: Sequence[Offer]
) -> dict[str, Any]:
    """Build the data of a dropdown whose options depend on other parameters of the node.

    A parameter is named by its path, such as `additionalFields.orderName`, in the first operation that uses
    the dropdown.
    """
    user = next(offer for offer in listed if one in used_dependent_dropdowns(integration, [offer]))
    inputs = {each.key: each for each in user.inputs}
    groups = {key: user.group_of(inputs[key]) for key in one.depends_on}
    places = {key: ".".join(filter(None, (group, camel(key)))) for key, group in groups.items()}
    return {
        "operation": operation(integration, one.operation),
        "isList": integration.operations[one.operation].payload_is_list,
        "pathValues": {name: places[key] for name, key in one.path_values.items()},
        "query": {name: places[key] for name, key in one.query.items()},
        "items": list(one.items),
        "value": list(one.value),
        "label": [list(path) for path in one.label],
        "inputs": {places[key]: inputs[key].label for key in one.depends_on},
    }


def step_data(integration: Integration, listed: Sequence[Offer]) -> dict[str, Any]:
    """Build the data that the node's code needs to run the operations, keyed by resource and operation."""
    data: dict[str, Any] = {}
    for one in listed:
        step = one.step
        facts: dict[str, Any] = {
            "kind": one.kind,
            "operation": operation(integration, step.operation),
            "query": dict(step.query) if isinstance(step, Search) else {},
            "inputs": [input_facts(integration, each, one.group_of(each)) for each in step.inputs],
        }
        facts |= record_shape(step.fields)
        if one.has_files:
            facts["files"] = [list(path) for path in marked(step.fields, "file")]
        if isinstance(step, Action) and step.constants:
            facts["constants"] = step.constant_body
        if isinstance(step, Action) and step.each:
            facts["each"] = step.each
        if isinstance(step, Search) and one.kind == "find":
            facts |= {"pages": step.scan_pages, "atLeastOne": [camel(key) for key in step.at_least_one]}
        data.setdefault(one.resource, {})[one.operation] = facts
    return data


def trigger_data(integration: Integration) -> dict[str, Any]:
    """Build the data that the trigger node's code needs to poll, keyed by event."""
    return {
        camel(one.key): {
            "source": _source(integration, one),
            "inputs": [input_facts(integration, each) for each in initial_choices(integration, one)],
        }
        for one in integration.triggers.values()
    }


def initial_choices(integration: Integration, trigger: Trigger) -> list[InputField]:
    """List a trigger's filters; a filter by state does not offer initial states as choices.

    A record has an initial state when it is created, so a trigger never fires for such a state.
    """
    source = trigger.source
    state, initial = (None, ()) if isinstance(source, CreatedSince) else (source.state, source.initial)
    filters = []
    for one in trigger.inputs:
        if state and one.path == state:
            choices = [each for each in known_choices(integration, one) if each.value not in initial]
            update: dict[str, Any] = {"choices": tuple(choices), "known_values": (), "dropdown": None}
            filters.append(one.model_copy(update=update))
        else:
            filters.append(one)
    return filters


def _source(integration: Integration, trigger: Trigger) -> dict[str, Any]:
    source = trigger.source
    order = source.order
    facts: dict[str, Any] = {
        "strategy": STRATEGIES[source.strategy],
        "operation": operation(integration, source.operation),
        "oldestFirst": dict(order.oldest_first) if order else {},
        "newestFirst": dict(order.newest_first) if order else {},
        "size": source.page_size,
        "pages": source.pages,
        "id": list(source.id),
        "initial": [],
        "overlap": getattr(source, "overlap", OVERLAP),
    }
    if source.created:
        facts["created"] = list(source.created)
    if source.since:
        facts["since"] = source.since
    if trigger.unless:
        facts["unless"] = [{"path": list(path), "values": list(values)} for path, values in trigger.unless]
    return facts | _compared(source) | _additions(integration, trigger) | record_shape(trigger.fields)


def record_shape(fields: Sequence[Field]) -> dict[str, Any]:
    """Build the data that says which values of a record the code converts, or {} if there are none."""
    shape = {"flags": list(marked(fields, "flag")), "whole": list(marked(fields, "whole"))}
    found = {name: [list(path) for path in paths] for name, paths in shape.items() if paths}
    return {"shape": found} if found else {}


def _compared(source: CreatedSince | WindowScan | ChangedSince | Snapshot) -> dict[str, Any]:
    """Build the data by which a trigger detects events: the path of a state, version or time.

    The data also contains the states that fire, and how long records are remembered.
    """
    if isinstance(source, CreatedSince):
        return {}
    if isinstance(source, Snapshot) and source.detects == "records":
        # The list is sorted by creation, so new records are found without reading all of it.
        return {"strategy": "created"}
    facts: dict[str, Any] = {"initial": list(source.initial)}
    optional: dict[str, Any] = {"state": source.state, "reached": source.reached}
    if not isinstance(source, Snapshot):
        facts["lookBack"] = source.look_back
    if not isinstance(source, WindowScan):
        optional["changed"] = source.changed
    if isinstance(source, ChangedSince):
        facts["sinceForm"] = source.since_form
        optional["mark"] = source.mark
    if isinstance(source, Snapshot) and source.detects == "versions":
        optional["version"] = source.version
    return facts | {name: list(value) for name, value in optional.items() if value}


def _additions(integration: Integration, trigger: Trigger) -> dict[str, Any]:
    """Build the data for the fields that a trigger adds: details, and the time of a state change."""
    facts: dict[str, Any] = {}
    if trigger.reached_at:
        facts["reachedAt"] = trigger.reached_at.model_dump(mode="json")
    if details := trigger.details:
        facts["details"] = {
            "operation": operation(integration, details.operation),
            "query": dict(details.query),
            "values": {name: list(path) for name, path in details.parameters.items()},
            "key": details.key,
        }
    return facts


def check_names(listed: Sequence[Offer]) -> None:
    """Raise `Unrenderable` if two operations of a resource or two inputs of an operation share a name."""
    names = [f"{one.resource}.{one.operation}" for one in listed]
    names += [f"{one.operation}.{camel(each.key)}" for one in listed for each in one.inputs]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise Unrenderable(f"n8n would show {twice} twice. Rename one in the catalog.")
