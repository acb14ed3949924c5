"""Reads the surface of a generated Make app: the parts of the app that users' scenarios depend on.

The release gate compares the surfaces of two versions of an app.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from connector.generator.make.lint.app import Component, read
from connector.generator.make.lint.behaviour import m030_samples_equal_interfaces
from connector.generator.surface import Field, Step, Surface

KINDS = {"instant_trigger": "trigger"}


def read_surface(folder: Path, _installed: Path) -> Surface:
    """Read the version, login fields and steps of the Make app in a folder.

    The version is the highest version that has been deployed, or 1 if the app has never been deployed. Raises
    ConfigurationError if the folder contains no app, or if a file cannot be read.
    """
    app = read(folder)
    deployed = [origin.get("appVersion", 1) for origin in app.manifest.get("origins", [])]
    connections = [field for one in app.components("connection") for field in one.parameters]
    faults = list(m030_samples_equal_interfaces(app))
    return Surface(
        version=str(max(deployed, default=1)),
        login=dict(_fields(connections)),
        steps={f"{KINDS.get(one.type, one.type)} {one.id}": _step(one, faults) for one in app.modules()},
    )


def _step(module: Component, faults: Sequence[str]) -> Step:
    trigger = dict(module.requests[0][1].get("response", {}).get("trigger", {})) if module.requests else {}
    return Step(
        label=str(module.entry.get("label", "")),
        description=str(module.entry.get("description", "")),
        behaviour=dict(_behaviour(module)),
        extent=dict(_extent(module)),
        inputs=dict(_fields(module.parameters)),
        outputs=dict(_fields(module.code.get("interface") or [])),
        identity=tuple(str(trigger[name]) for name in ("id", "date") if name in trigger),
        mechanism=module.type if "trigger" in module.type else "",
        faults=tuple(one.partition(": ")[2] for one in faults if one.startswith(f"{module.name}: ")),
    )


def _behaviour(module: Component) -> Iterator[tuple[str, str]]:
    """Yield the method, URL, query and body of each request that a module sends, as names and values.

    A name is the path to the value, such as `communication.qs.page`. If a query parameter or a body property
    contains an input, its name begins with `input`. For a trigger, the result includes the `iterate`
    directive, which decides which records the trigger emits as events.
    """
    for code, request in module.requests:
        for name in ("method", "url", "qs", "body"):
            for key, text in _flat(f"{code}.{name}", request.get(name)):
                yield (f"input {key}" if name in ("qs", "body") and "parameters." in text else key), text
        if "trigger" in module.type:
            yield from _flat(f"{code}.events", request.get("response", {}).get("iterate"))


def _extent(module: Component) -> Iterator[tuple[str, str]]:
    """Yield the paging settings of each request that a module sends, as names and values.

    For actions and searches, the result includes the `iterate` directive, which decides which records are
    returned.
    """
    for code, request in module.requests:
        yield from _flat(f"{code}.pages", request.get("pagination"))
        if "trigger" not in module.type:
            yield from _flat(f"{code}.records", request.get("response", {}).get("iterate"))


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _flat(f"{name}.{key}", member)
    elif value is not None:
        yield name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _fields(form: Sequence[dict[str, Any]], prefix: str = "") -> Iterator[tuple[str, Field]]:
    """Yield the key and properties of each field in a form, including nested fields.

    The keys are in Zapier's notation: `customer__email` is the field `email` in the collection `customer`,
    and `items[]sku` is the field `sku` in the array `items`.
    """
    for one in form:
        key = prefix + one["name"]
        members = one.get("spec")
        if isinstance(members, list) and one["type"] == "collection":
            yield from _fields(members, f"{key}__")
            continue
        options = one.get("options")
        yield (
            key,
            Field(
                type=one["type"],
                label=str(one.get("label", "")),
                required=bool(one.get("required")),
                choices=_choices(options),
                help=str(one.get("help", "")),
                texts=_labels(options),
            ),
        )
        if isinstance(members, list):
            yield from _fields(members, f"{key}[]")


def _listed(options: Any) -> list[Any] | None:
    """Return the list of choices in a parameter's `options`, or None if `options` contains no list."""
    listed = options.get("store") if isinstance(options, dict) else options
    return listed if isinstance(listed, list) else None


def _choices(options: Any) -> frozenset[str] | None:
    listed = _listed(options)
    return None if listed is None else frozenset(str(one["value"]) for one in listed if "value" in one)


def _labels(options: Any) -> dict[str, str]:
    return {str(one["value"]): str(one.get("label", "")) for one in _listed(options) or () if "value" in one}
