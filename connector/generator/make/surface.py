"""What a rendered Make app shows, read off its manifest and its code files."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from connector.generator.make.lint.app import Component, read
from connector.generator.make.lint.behaviour import m030_samples_equal_interfaces
from connector.generator.surface import Field, Step, Surface

KINDS = {"instant_trigger": "trigger"}


def surface(folder: Path, _installed: Path) -> Surface:
    """Read the app in a folder. Its version is the highest it was deployed as, or 1.

    Raises ConfigurationError where the folder holds no app, or a file that cannot be read.
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
        asks=dict(_asks(module)),
        extent=dict(_extent(module)),
        inputs=dict(_fields(module.parameters)),
        outputs=dict(_fields(module.code.get("interface") or [])),
        identity=tuple(str(trigger[name]) for name in ("id", "date") if name in trigger),
        way=module.type if "trigger" in module.type else "",
        faults=tuple(one.partition(": ")[2] for one in faults if one.startswith(f"{module.name}: ")),
    )


def _asks(module: Component) -> Iterator[tuple[str, str]]:
    """Yield what a module asks for and, of a trigger, which records are events."""
    for code, said in module.requests:
        for name in ("method", "url", "qs", "body"):
            for key, one in _flat(f"{code}.{name}", said.get(name)):
                yield (f"input {key}" if name in ("qs", "body") and "parameters." in one else key), one
        if "trigger" in module.type:
            yield from _flat(f"{code}.events", said.get("response", {}).get("iterate"))


def _extent(module: Component) -> Iterator[tuple[str, str]]:
    """Yield how far a module reads, and how a search compares what it reads."""
    for code, said in module.requests:
        yield from _flat(f"{code}.pages", said.get("pagination"))
        if "trigger" not in module.type:
            yield from _flat(f"{code}.records", said.get("response", {}).get("iterate"))


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _flat(f"{name}.{key}", one)
    elif value is not None:
        yield name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _fields(given: Sequence[dict[str, Any]], before: str = "") -> Iterator[tuple[str, Field]]:
    """Name fields as everywhere: `customer__email` in a collection, `items[]sku` in an array of them."""
    for one in given:
        key = before + one["name"]
        below = one.get("spec")
        if isinstance(below, list) and one["type"] == "collection":
            yield from _fields(below, f"{key}__")
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
        if isinstance(below, list):
            yield from _fields(below, f"{key}[]")


def _listed(options: Any) -> list[Any] | None:
    """Return the choices that are listed, not those that a remote procedure finds."""
    listed = options.get("store") if isinstance(options, dict) else options
    return listed if isinstance(listed, list) else None


def _choices(options: Any) -> frozenset[str] | None:
    listed = _listed(options)
    return None if listed is None else frozenset(str(one["value"]) for one in listed if "value" in one)


def _labels(options: Any) -> dict[str, str]:
    return {str(one["value"]): str(one.get("label", "")) for one in _listed(options) or () if "value" in one}
