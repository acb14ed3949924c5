"""Compiles dropdowns whose options depend on other inputs, and the inputs that only forms of apps have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.definition.compiler.steps import row_of
from connector.definition.model import DependentDropdown, InputField
from connector.definition.paths import dotted, walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connector.definition.catalog import ActionEntry, Catalog, DependentDropdownEntry, InputEntry
    from connector.definition.model import Operation
    from connector.definition.paths import At, Resolver


def dependent_dropdowns(catalog: Catalog, resolver: Resolver) -> dict[str, DependentDropdown]:
    """Compile the `dependent_dropdowns` section, and check every input that names one of its entries."""
    compiled = {}
    for key, entry in catalog.dependent_dropdowns.items():
        at: At = ("dependent_dropdowns", key)
        subject = f"dependent dropdown {key}"
        if key in catalog.dropdowns:
            resolver.report(at, f"{subject} has the name of a dropdown; rename one.")
        if operation := resolver.operation(entry.operation, (*at, "operation"), subject):
            compiled[key] = _dropdown(key, entry, operation, resolver, at, subject)
    _check_inputs(catalog, resolver)
    return compiled


def _dropdown(
    key: str, entry: DependentDropdownEntry, operation: Operation, resolver: Resolver, at: At, subject: str
) -> DependentDropdown:
    path_values: dict[str, str] = {}
    query: dict[str, str] = {}
    for name, source in entry.parameters.items():
        if parameter := resolver.parameter(operation, name, (*at, "parameters", name), subject):
            (query if parameter.location == "query" else path_values)[name] = source
    filled = {*entry.parameters, *resolver.filled, *resolver.paged.get(operation.id, ())}
    for one in operation.parameters:
        if one.field.required and one.name not in filled:
            resolver.report(at, f"{subject} leaves out {one.name}, which {operation.id} requires.")
    record = row_of(operation) or ()
    items = resolver.path(record, entry.items, (*at, "items"), subject)
    holder = walk(record, items)
    if holder and (holder.type != "list" or not holder.children):
        resolver.report((*at, "items"), f"{subject}: {entry.items} is not a list of records.")
    item = holder.children if holder else ()
    return DependentDropdown(
        key=key,
        noun=entry.noun,
        operation=operation.id,
        path_values=path_values,
        query=query,
        items=items,
        value=resolver.path(item, entry.value, (*at, "value"), subject),
        label=tuple(resolver.path(item, path, (*at, "label"), subject) for path in entry.label),
    )


def _check_inputs(catalog: Catalog, resolver: Resolver) -> None:
    """Report an input whose dropdown depends on an input that the same form does not have."""
    for section, entries in (
        ("triggers", catalog.triggers),
        ("actions", catalog.actions),
        ("searches", catalog.searches),
    ):
        for key, step in entries.items():
            known = [*step.inputs, *getattr(step, "form_inputs", ())]
            for place, entry in _everything(step.inputs):
                dropdown = catalog.dependent_dropdowns.get(entry.dropdown or "")
                for needed in dropdown.parameters.values() if dropdown else ():
                    if needed not in known:
                        resolver.report(
                            (section, key, "inputs", *place),
                            f"{key} input {place[-1]}: dropdown {entry.dropdown} depends on input {needed}, "
                            "which the form does not have; add it to inputs or form_inputs.",
                        )


def _everything(entries: Mapping[str, InputEntry], at: At = ()) -> Iterator[tuple[At, InputEntry]]:
    for key, entry in entries.items():
        yield (*at, key), entry
        yield from _everything(entry.children, (*at, key, "children"))


def form_inputs(entry: ActionEntry, catalog: Catalog, resolver: Resolver, at: At) -> tuple[InputField, ...]:
    """Compile the `form_inputs` of an action; their values are not sent to the vendor."""
    for key, one in entry.form_inputs.items():
        place = (*at, "form_inputs", key)
        sentence = f"form input {key} names dropdown {one.dropdown}"
        resolver.known(one.dropdown, catalog.dropdowns, (*place, "dropdown"), sentence)
        if key in entry.inputs:
            resolver.report(place, f"form input {key} has the name of an input; rename one.")
        if key not in _needed(entry, catalog):
            resolver.report(place, f"no dropdown depends on form input {key}; remove it.")
    return tuple(
        InputField(
            key=key,
            label=one.label,
            help=one.help,
            type="string",
            location="form",
            path=dotted(key),
            dropdown=one.dropdown,
        )
        for key, one in entry.form_inputs.items()
    )


def _needed(entry: ActionEntry, catalog: Catalog) -> set[str]:
    used = {one.dropdown for _place, one in _everything(entry.inputs)}
    return {
        source
        for key, one in catalog.dependent_dropdowns.items()
        if key in used
        for source in one.parameters.values()
    }
