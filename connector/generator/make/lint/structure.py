"""Checks an app's files: the manifest lists exactly the existing files, and every file matches its schema."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connector.generator.make.lint.app import MANIFEST, App, Component

if TYPE_CHECKING:
    from jsonschema_rs import Draft7Validator

SCHEMAS = Path(__file__).with_name("schemas.json")
KINDS = {
    "staticParams": "parameters",
    "mappableParams": "parameters",
    "interface": "parameters",
    "params": "parameters",
    "attach": "communication",
    "detach": "communication",
    "update": "communication",
    "defaultScope": "scope",
    "scopeList": "scopes",
    "requiredScope": "scope",
}
ID = re.compile(r"[a-zA-Z][0-9a-zA-Z]{2,63}")
CONNECTION_ID = re.compile(r"[a-z][0-9a-z-]{1,33}[0-9a-z]")
NEEDED = {
    "trigger": {"communication", "epoch", "staticParams", "mappableParams", "interface", "samples", "scope"},
    "instant_trigger": {"communication", "staticParams", "interface", "samples"},
    "action": {"communication", "mappableParams", "interface", "samples", "scope"},
    "search": {"communication", "mappableParams", "interface", "samples", "scope"},
    "universal": {"communication", "mappableParams", "interface", "samples", "scope"},
}


def m001_manifest_is_valid(app: App) -> Iterator[str]:
    """Check that `makecomapp.json` matches the schema for version 1 of the file format."""
    yield from _violations(MANIFEST, "manifest", app.manifest)


def m002_manifest_lists_all_files(app: App) -> Iterator[str]:
    """Check that the manifest lists exactly the existing files, and that each module has the required files.

    The required files depend on the module's type.
    """
    named = set(app.manifest["generalCodeFiles"].values())
    for one in app.components():
        named |= set(one.entry["codeFiles"].values())
        missing = NEEDED.get(one.type, set()) - one.entry["codeFiles"].keys()
        if missing:
            yield f"{one.name} has no {', '.join(sorted(missing))}. Add it."
    for path in sorted(named - app.files.keys()):
        yield f"{MANIFEST} lists {path}, which does not exist. Add the file, or remove the entry."
    for path in sorted(app.files.keys() - named - {MANIFEST}):
        yield f"{path} is missing from {MANIFEST}. Add an entry, or remove the file."


def m003_code_files_are_valid(app: App) -> Iterator[str]:
    """Check that every code file matches the schema for its code type."""
    general = app.manifest["generalCodeFiles"]
    for code in ("base", "common", "groups"):
        if general[code] in app.files:
            yield from _violations(general[code], code, app.general(code))
    for one in app.components("connection", "webhook", "module", "rpc"):
        for code, path in one.entry["codeFiles"].items():
            if path in app.files:
                yield from _violations(path, _kind(one, code), one.code[code])


def _kind(one: Component, code: str) -> str:
    if code == "communication" and one.entry.get("connectionType") == "oauth":
        return "oauth"
    if code == "communication" and one.kind == "webhook":
        return "webhook"
    return KINDS.get(code, code)


def m004_ids_are_valid(app: App) -> Iterator[str]:
    """Check that Make accepts the ID of every component.

    IDs contain only letters and digits. The IDs of connections and webhooks may also contain dashes.
    """
    for one in app.components():
        pattern = CONNECTION_ID if one.kind in ("connection", "webhook") else ID
        if not pattern.fullmatch(one.id):
            yield f"{one.name} has an id that Make does not accept. Rename it."


def m005_app_has_a_readme(app: App) -> Iterator[str]:
    """Check that the app has a README for Make's reviewers, with at least 20 words."""
    text = app.general("readme")
    if not isinstance(text, str) or len(text.split()) < 20:  # noqa: PLR2004 - explained in the docstring
        yield "The README is missing or too short. Describe the app, its connection and its modules."


def _violations(path: str, kind: str, value: Any) -> Iterator[str]:
    validator = _validator(kind)
    if validator is None:
        yield f"{path} has an unknown kind: {kind}."
        return
    for error in validator.iter_errors(value):
        place = ".".join(str(step) for step in error.instance_path)
        yield f"{path}{f' at {place}' if place else ''}: {error.message}"


@cache  # the schemas are part of the program
def _validator(kind: str) -> "Draft7Validator | None":
    import jsonschema_rs

    definitions: Mapping[str, Any] = json.loads(SCHEMAS.read_text("utf-8"))["definitions"]
    schema = {"$ref": f"#/definitions/{kind}", "definitions": definitions}
    return jsonschema_rs.Draft7Validator(schema) if kind in definitions else None
