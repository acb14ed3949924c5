"""Reads the surface of a generated n8n package: the parts of the package that users' workflows depend on.

The release gate compares the surfaces of two versions of a package. n8n passes the vendor's records on
unchanged, so a package does not declare outputs.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from connector.generator.n8n.files import Package, read_package
from connector.generator.surface import Field, Step, Surface

EXTENT = ("size", "pages", "lookBack", "overlap")
PLACEMENT = ("in", "at", "listName", "sendEmpty")
"""The properties of an input that define which part of the request its value fills."""


def read_surface(folder: Path, _installed: Path) -> Surface:
    """Read the surface of the package in `folder`.

    Raises `ConfigurationError` if the folder contains no package.
    """
    package = read_package(folder)
    return Surface(
        version=str(package.manifest["version"]),
        login=dict(_fields(package.credential["properties"])),
        steps={**dict(_steps(package)), **dict(_triggers(package))},
        texts={"description": str(package.manifest.get("description", ""))},
    )


def _steps(package: Package) -> Iterator[tuple[str, Step]]:
    for resource, operations in package.steps.items():
        options = _options(package.properties, {"name": "operation", "resource": resource})
        for key, data in operations.items():
            shown = _shown(package.properties, "operation", key)
            kind = "action" if data["kind"] == "write" else "search"
            sent = {name: data[name] for name in ("query", "body") if data.get(name)}
            behaviour = {**_request(data["operation"]), **dict(_flat("", sent))}
            yield f"{kind} {key}", _step(options[key], shown, data, behaviour)


def _triggers(package: Package) -> Iterator[tuple[str, Step]]:
    options = _options(package.trigger_properties, {"name": "event"})
    for key, data in package.triggers.items():
        shown = _shown(package.trigger_properties, "event", key)
        if package.subscriptions:
            behaviour = {**_request(package.subscriptions["subscribe"]), "event": data["event"]}
            yield f"trigger {key}", _step(options[key], shown, data, behaviour, mechanism="posted")
            continue
        source = data["source"]
        others = {name: value for name, value in source.items() if name not in ("operation", *EXTENT)}
        behaviour = {**_request(source["operation"]), **dict(_flat("", others))}
        extent = {name: json.dumps(source[name]) for name in EXTENT if name in source}
        yield f"trigger {key}", _step(options[key], shown, data, behaviour, extent, mechanism="polling")


def _step(
    option: Mapping[str, Any],
    shown: Iterable[Mapping[str, Any]],
    data: Mapping[str, Any],
    behaviour: Mapping[str, str],
    extent: Mapping[str, str] | None = None,
    mechanism: str = "",
) -> Step:
    return Step(
        label=option["name"],
        description=option.get("description", ""),
        inputs=dict(_fields(shown)),
        mechanism=mechanism,
        behaviour={**behaviour, **dict(_placements(data["inputs"]))},
        extent=extent or {},
    )


def _placements(inputs: Iterable[Mapping[str, Any]], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield which part of the request each input and each column of a list fills (`input items[]sku`)."""
    for one in inputs:
        key = f"{prefix}{one['name']}"
        yield f"input {key}", json.dumps({name: one[name] for name in PLACEMENT if name in one})
        yield from _placements(one.get("children", ()), f"{key}[]")


def _request(operation: Mapping[str, Any]) -> dict[str, str]:
    return {"request": f"{operation['method']} {operation['path']}"}


def _options(properties: Iterable[Mapping[str, Any]], wanted: Mapping[str, str]) -> dict[str, Any]:
    """Return the options of the parameter `wanted["name"]`, keyed by value.

    If `wanted` also has a resource, only the parameter that is shown for this resource is considered.
    """
    for one in properties:
        resources = one.get("displayOptions", {}).get("show", {}).get("resource", ())
        if one["name"] == wanted["name"] and ("resource" not in wanted or wanted["resource"] in resources):
            return {option["value"]: option for option in one["options"]}
    return {}


def _shown(properties: Iterable[Mapping[str, Any]], switch: str, value: str) -> list[Mapping[str, Any]]:
    """Return the parameters that are shown if the parameter `switch` has the value `value`."""
    return [
        one for one in properties if value in one.get("displayOptions", {}).get("show", {}).get(switch, ())
    ]


def _fields(properties: Iterable[Mapping[str, Any]], prefix: str = "") -> Iterator[tuple[str, Field]]:
    for one in properties:
        key = f"{prefix}{one['name']}"
        if one["type"] in {"collection", "fixedCollection"}:
            inner = one["options"] if one["type"] == "collection" else one["options"][0]["values"]
            yield from _fields(inner, f"{key}." if one["type"] == "collection" else f"{key}[]")
            if one["type"] == "collection":
                continue
        choices = one.get("options") if one["type"] == "options" else None
        yield (
            key,
            Field(
                type=one["type"],
                label=one["displayName"],
                required=bool(one.get("required")),
                choices=None if choices is None else frozenset(str(each["value"]) for each in choices),
                help=one.get("description", ""),
                texts={str(each["value"]): each["name"] for each in choices or ()},
            ),
        )


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, member in value.items():
            yield from _flat(f"{name}.{key}" if name else key, member)
    else:
        yield name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
