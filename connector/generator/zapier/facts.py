"""Reads facts about how the steps of a generated Zapier app work.

The facts about a step are the constants in the step's file, and the function that runs the step.

The release gate uses the facts to compare a new app with the released app. The released app may have been
written by an earlier version of the generator, in which some constants and functions had other names. `Facts`
replaces the old names with the current names, so that a renamed constant is not reported as a change.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector.errors import ConfigurationError

READER = Path(__file__).with_name("facts.mjs")
TIMEOUT = 60  # seconds
EXTENT = ("size", "pages", "lookBack")
IDENTITY = "identity"
"""The constant that lists the fields that identify an event.

`Facts.behaviour` leaves it out, because these fields are in `Step.identity`.
"""
PLACEMENT = ("in", "at", "as", "listName", "sendEmpty")
"""The properties of a `wire` entry that define which part of the request the input's value fills.

The other properties define how the value is checked, or compared with records.
"""
TIME = "time"
"""The name under which the release gate compares the constants `windowTime` and `createdTime`."""

RENAMED_FUNCTIONS = {
    "newest": "pollNewest",
    "changed": "pollChanges",
    "whole": "pollSnapshot",
    "delivered": "receive",
    "read": "getRecord",
    "find": "findRecords",
    "list": "listRecords",
}
RENAMED_CONSTANTS = {
    "created": TIME,
    "windowTime": TIME,
    "createdTime": TIME,
    "changed": "sortTime",
    "mark": "eventTime",
    "reached": "firingStates",
    "initial": "initialStates",
}
RENAMED_INPUTS = {
    "many": "listName",
    "orEmpty": "sendEmpty",
    "compared": "compareAs",
    "slips": "catchTypos",
    "forms": "variants",
}


@dataclass(frozen=True)
class Facts:
    """Facts about how one app works: the constants in its files, and its requests.

    `steps` contains the constants in each step's file, keyed by the file's path without extension, such as
    `triggers/new_return`. `operations` contains the app's requests, keyed by operationId.
    """

    steps: Mapping[str, Mapping[str, Any]]
    operations: Mapping[str, Mapping[str, Any]]

    def behaviour(self, step: str) -> dict[str, str]:
        """Collect the facts about what a step does.

        The facts include the requests that the step sends, the part of the request that each input fills and,
        for a trigger, which records it emits as events. `step` is a key of `steps`, such as
        `triggers/new_return`. Returns an empty dictionary if `steps` does not contain the step.
        """
        constants = self.steps.get(step, {})
        calls = {name: call for name, call in constants.items() if isinstance(call, str)}
        facts = {name: _function(call) for name, call in calls.items()}
        source = _renamed(constants.get("source", {}), RENAMED_CONSTANTS)
        source = {name: value for name, value in source.items() if name not in (*EXTENT, IDENTITY)}
        others = {name: value for name, value in constants.items() if name not in ("source", "form", *calls)}
        for name, text in _flat("", {**source, **others}):
            facts[name] = self._request(text)
        for key, wire in _wire(constants):
            facts[f"input {key}"] = _text({name: wire[name] for name in PLACEMENT if name in wire})
        return facts

    def extent(self, step: str) -> dict[str, str]:
        """Collect the facts about which records a step considers.

        These facts are the number of records that the step reads, how far back in time it looks, and how it
        compares records with its inputs. `step` is a key of `steps`, such as `triggers/new_return`.
        """
        constants = self.steps.get(step, {})
        source = constants.get("source", {})
        facts = {"look-back": _text(source["lookBack"])} if "lookBack" in source else {}
        if "size" in source:
            facts["records"] = _text(source.get("pages", 1) * source["size"])
        elif "pages" in source:
            facts["pages"] = _text(source["pages"])
        for key, wire in _wire(constants):
            checks = {name: value for name, value in wire.items() if name not in (*PLACEMENT, "children")}
            if checks:
                facts[f"checks of input {key}"] = _text(checks)
        return facts

    def _request(self, text: str) -> str:
        """Replace a reference such as `operations.list_returns` with the request's method and path.

        Other strings are returned unchanged. The release gate compares the method and path because they can
        change while the operationId stays the same.
        """
        operation = self.operations.get(text.removeprefix("operations."))
        return f"{operation['method']} {operation['path']}" if operation else text


def read_facts(folder: Path) -> Facts:
    """Run Node to read the facts about the app in `folder`.

    Raises `ConfigurationError` if Node is not installed or cannot read the app.
    """
    node = shutil.which("node")
    if node is None:
        raise ConfigurationError("The release gate needs Node to read the apps. Install Node 18.20 or newer.")
    process = subprocess.run(  # noqa: S603 - the app is generated, and its constants are literals
        [node, str(READER), str(folder.resolve())],
        capture_output=True, text=True, timeout=TIMEOUT, check=False,
    )  # fmt: skip
    if process.returncode:
        raise ConfigurationError(f"Node cannot read the app in {folder}:\n{process.stderr.strip()}")
    facts = json.loads(process.stdout)
    return Facts(facts["steps"], facts["operations"])


def _function(call: str) -> str:
    """Return the name of the called function, such as `pollNewest` for `pollNewest(vendor, source, form)`.

    If an earlier version of the generator used another name for the function, the current name is returned.
    """
    name = call.partition("(")[0]
    return RENAMED_FUNCTIONS.get(name, name)


def _renamed(constants: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in constants.items()}


def _wire(constants: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the key and the `wire` entry of each input and each column of line items.

    The key of a column looks like `items[]sku`.
    """
    for key, wire in constants.get("form", {}).get("wire", {}).items():
        yield key, _renamed(wire, RENAMED_INPUTS)
        for child, column in (wire.get("children") or {}).items():
            yield f"{key}[]{child}", _renamed(column, RENAMED_INPUTS)


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _flat(f"{prefix}.{key}" if prefix else key, member)
    elif value is not None:
        yield prefix, _text(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
