"""Reads the surface of a generated Zapier app, which the release gate compares between versions."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from connector.errors import ConfigurationError
from connector.generator.surface import Field, Step, Surface
from connector.generator.zapier.facts import Facts, read_facts
from connector.generator.zapier.lint.app import App, fields, read
from connector.generator.zapier.lint.records import leaves, mistyped, primary, undeclared

KINDS = {
    "triggers": "trigger",
    "creates": "action",
    "searches": "search",
    "searchOrCreates": "find-or-create",
}


def read_surface(folder: Path, installed: Path) -> Surface:
    """Load the app in `folder` with Node, and read its surface.

    `installed` is a folder that contains apps. If the app in `folder` has no npm packages, a symbolic link to
    the packages of an app in `installed` is added. Raises `ConfigurationError` if no app in `installed` has
    its packages installed, or if Node cannot load the app.
    """
    if not (folder / "node_modules").exists():
        (folder / "node_modules").symlink_to(_packages(installed, folder.name))
    app = read(folder)
    facts = read_facts(folder)
    login = app.definition.get("authentication", {})
    texts = {
        "description": str(json.loads(app.files["package.json"]).get("description", "")),
        "connection label": str(login.get("connectionLabel", "")),
    }
    return Surface(
        version=str(app.definition["version"]),
        login=_inputs(app.login_fields()),
        steps=dict(_steps(app, facts)),
        texts=texts,
    )


def _packages(installed: Path, vendor: str) -> Path:
    """Return the path to the npm packages of an app in `installed`, a folder that contains apps.

    All apps need the same packages, so the packages of any app can be used. Raises `ConfigurationError` if no
    app has its packages installed. The error message says that `vendor`'s app cannot be compared.
    """
    packages = next((path for path in sorted(installed.glob("*/node_modules")) if path.is_dir()), None)
    if packages is None:
        apps = [path.parent for path in sorted(installed.glob("*/package-lock.json"))]
        app = next((path for path in apps if path.name == vendor), apps[0] if apps else installed / vendor)
        raise ConfigurationError(
            f"The app {vendor} cannot be compared: no app in {installed} has its npm packages installed. "
            f"Run `npm ci --prefix {app}`, or `make test`, which installs them for all apps."
        )
    return packages.resolve()


def _steps(app: App, facts: Facts) -> Iterator[tuple[str, Step]]:
    for path, step in app.steps(*KINDS):
        kind, _, key = path.partition(".")
        name = f"{KINDS[kind]} {key}"
        if "operation" in step:
            file = f"{kind}/{key}"
            yield name, replace(_step(step), behaviour=facts.behaviour(file), extent=facts.extent(file))
        else:
            yield name, _pair(step)


def _pair(pair: Mapping[str, Any]) -> Step:
    display = pair["display"]
    return Step(
        label=display["label"],
        description=display.get("description", ""),
        mechanism=f"{pair['search']}, then {pair['create']}",
    )


def _step(step: Mapping[str, Any]) -> Step:
    operation = step["operation"]
    outputs, sample = fields(dict(step), "outputFields"), operation.get("sample") or {}
    return Step(
        label=step["display"]["label"],
        description=step["display"].get("description", ""),
        inputs=_inputs(fields(dict(step), "inputFields")),
        outputs={one["key"]: Field(one.get("type", ""), one.get("label", "")) for one in outputs},
        identity=tuple(primary(outputs)) if "type" in operation else (),
        mechanism=operation.get("type", ""),
        sample_keys=frozenset(key for key, _ in leaves(sample) if key),
        faults=(
            *mistyped(outputs, sample),
            *(f"{key} has no output field" for key in undeclared(outputs, sample)),
        ),
    )


def _inputs(fields: Sequence[Mapping[str, Any]]) -> dict[str, Field]:
    inputs = {}
    for one in fields:
        inputs[one["key"]] = _field(one)
        inputs |= {f"{one['key']}[]{child['key']}": _field(child) for child in one.get("children", ())}
    return inputs


def _field(one: Mapping[str, Any]) -> Field:
    kind = "list of " * bool(one.get("list")) + one.get("type", "lines" if "children" in one else "string")
    return Field(
        type=kind,
        label=one.get("label", ""),
        required=bool(one.get("required")),
        choices=_choices(one.get("choices")),
        help=one.get("helpText", ""),
        texts=_labels(one.get("choices")),
    )


def _labels(choices: Any) -> dict[str, str]:
    if not isinstance(choices, list):
        return {}
    return {str(one["value"]): str(one.get("label", "")) for one in choices if isinstance(one, Mapping)}


def _choices(choices: Any) -> frozenset[str] | None:
    """Return the values of a field's static choices, or None if the field has no static choices.

    Zapier also accepts values that are not in the list. The release gate deliberately ignores this: most
    values in existing Zaps were chosen from the list, so it treats all other values as not allowed.
    """
    if isinstance(choices, Mapping):
        return None if "perform" in choices else frozenset(choices)
    if isinstance(choices, list):
        return frozenset(one["value"] if isinstance(one, Mapping) else str(one) for one in choices)
    return None
