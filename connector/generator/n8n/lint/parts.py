"""Lint checks that the parts of an n8n package fit together."""

from collections.abc import Iterator, Mapping
from typing import Any

from connector.generator.n8n.files import Package


def n001_every_operation_has_data(package: Package) -> Iterator[str]:
    """Check that the node's code has data for exactly the operations that the node shows."""
    for one in package.properties:
        if one["name"] == "operation":
            (resource,) = one["displayOptions"]["show"]["resource"]
            shown = {option["value"] for option in one["options"]}
            known = set(package.steps.get(resource, {}))
            for key in sorted(shown ^ known):
                yield f"The operation {key} of {resource} is only {_place(key in shown)}. Generate again."


def n002_every_event_has_data(package: Package) -> Iterator[str]:
    """Check that the trigger node's code has data for exactly the events that the trigger node shows."""
    (event,) = (one for one in package.trigger_properties if one["name"] == "event")
    shown = {option["value"] for option in event["options"]}
    for key in sorted(shown ^ set(package.triggers)):
        yield f"The event {key} is only {_place(key in shown)}. Generate again."
    if event["default"] not in package.triggers:
        yield f"The default event {event['default']} does not exist. Generate again."


def _place(shown: bool) -> str:  # noqa: FBT001
    return "in properties.ts, and not in data.ts" if shown else "in data.ts, and not in properties.ts"


def n003_every_input_has_a_parameter(package: Package) -> Iterator[str]:
    """Check that each input has a parameter that users can fill in, and that each parameter is used.

    A parameter is used if it is an input, or if the options of another parameter depend on it.
    """
    needed = {name for one in package.dropdowns.values() for name in one.get("inputs", ())}
    for resource, operations in package.steps.items():
        for key, step in operations.items():
            show = {"resource": resource, "operation": key}
            shown = _parameters(package.properties, show)
            inputs = {one["name"] for one in step["inputs"]}
            yield from _differences(f"{resource}.{key}", step, shown - (needed - inputs))
    for key, trigger in package.triggers.items():
        yield from _differences(key, trigger, _parameters(package.trigger_properties, {"event": key}))


def _differences(name: str, step: Mapping[str, Any], shown: set[str]) -> Iterator[str]:
    inputs = {one["name"] for one in step["inputs"]}
    own = {"returnAll", "limit"} if step.get("kind") in {"find", "list"} else set()
    files = {"downloadLabels"} if step.get("files") else set()
    for missing in sorted(inputs - shown):
        yield f"{name} has the input {missing}, but no parameter for it. Generate again."
    for idle in sorted(shown - inputs - own - files):
        yield f"{name} shows the parameter {idle}, but does not use it. Generate again."
    for absent in sorted(own - shown):
        yield f"{name} returns many records, but does not show {absent}. Generate again."
    for absent in sorted(files - shown):
        yield f"{name} returns files, but does not show {absent}. Generate again."


def _parameters(properties: list[dict[str, Any]], show: Mapping[str, str]) -> set[str]:
    """Return the names of the parameters that are shown for the choices in `show`, also in collections."""
    shown = [
        one
        for one in properties
        if one["name"] != "operation"
        and all(
            value in one.get("displayOptions", {}).get("show", {}).get(key, ()) for key, value in show.items()
        )
    ]
    inner = {each["name"] for one in shown if one["type"] == "collection" for each in one["options"]}
    return inner | {one["name"] for one in shown if one["type"] != "collection"}


def n004_every_dropdown_is_listed(package: Package) -> Iterator[str]:
    """Check that each dropdown of records has a function that requests the records."""
    nodes = "".join(text for path, text in package.files.items() if path.endswith(".node.ts"))
    for one in _all_properties([*package.properties, *package.trigger_properties]):
        for mode in one.get("modes", ()):
            method = mode.get("typeOptions", {}).get("searchListMethod")
            if method and (method not in package.dropdowns or f"async {method}(" not in nodes):
                yield f"The dropdown of {one['name']} calls {method}, which does not exist. Generate again."


def _all_properties(properties: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in properties:
        yield one
        if one["type"] == "collection":
            yield from _all_properties(one["options"])
        if one["type"] == "fixedCollection":
            yield from _all_properties(one["options"][0]["values"])


def n005_the_package_names_its_files(package: Package) -> Iterator[str]:
    """Check that package.json lists the files that the build creates for the nodes and the credential."""
    named = package.manifest.get("n8n", {})
    listed = {*named.get("nodes", ()), *named.get("credentials", ())}
    sources = {path for path in package.files if path.endswith((".node.ts", ".credentials.ts"))}
    built = {f"dist/{path.removesuffix('.ts')}.js" for path in sources}
    for path in sorted(listed ^ built):
        yield f"package.json and the folders disagree about {path}. Generate again."


def n006_paging_is_known(package: Package) -> Iterator[str]:
    """Check that each request refers to a paging style that the vendor's data defines."""
    for name, operation in _operations(package):
        paging = operation.get("paging")
        if paging and paging not in package.vendor["paging"]:
            yield f"{name} reads pages as {paging}, which data.ts does not describe. Generate again."


def _operations(package: Package) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for resource, operations in package.steps.items():
        yield from ((f"{resource}.{key}", step["operation"]) for key, step in operations.items())
    yield from ((key, one["source"]["operation"]) for key, one in package.triggers.items() if "source" in one)
    yield from ((key, one["operation"]) for key, one in package.dropdowns.items())
