"""What the steps of a rendered Zapier app work by: the constants beside what each step exports."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector.errors import ConfigurationError

READER = Path(__file__).with_name("facts.mjs")
PATIENCE = 60  # seconds
EXTENT = ("size", "pages", "lookBack")
APART = "identity"
"""What tells events apart, which the outputs of the step say too."""
PLACED = ("in", "at", "as", "many", "orEmpty")
"""What of an input says where its value goes; the rest says how it is compared or checked."""


@dataclass(frozen=True)
class Facts:
    """`steps` holds the constants of each step by its file, `operations` the requests of the app."""

    steps: Mapping[str, Mapping[str, Any]]
    operations: Mapping[str, Mapping[str, Any]]

    def asks(self, step: str) -> dict[str, str]:
        """Return what a step asks the vendor for, where its inputs go, and which records are events."""
        known = self.steps.get(step, {})
        calls = {name: call for name, call in known.items() if isinstance(call, str)}
        found = {name: call.partition("(")[0] for name, call in calls.items()}
        source = {name: one for name, one in known.get("source", {}).items() if name not in (*EXTENT, APART)}
        rest = {name: one for name, one in known.items() if name not in ("source", "form", *calls)}
        for name, one in _flat("", {**source, **rest}):
            found[name] = self._request(one)
        for key, said in _wire(known):
            found[f"input {key}"] = _text({name: said[name] for name in PLACED if name in said})
        return found

    def extent(self, step: str) -> dict[str, str]:
        """Return how far a step reads, and how it compares what it reads."""
        known = self.steps.get(step, {})
        source = known.get("source", {})
        found = {"look-back": _text(source["lookBack"])} if "lookBack" in source else {}
        if "size" in source:
            found["records"] = _text(source.get("pages", 1) * source["size"])
        elif "pages" in source:
            found["pages"] = _text(source["pages"])
        for key, said in _wire(known):
            rest = {name: one for name, one in said.items() if name not in (*PLACED, "children")}
            if rest:
                found[f"checks of input {key}"] = _text(rest)
        return found

    def _request(self, text: str) -> str:
        """Name a request by its method and path: an operation may keep its id and ask for something else."""
        operation = self.operations.get(text.removeprefix("operations."))
        return f"{operation['method']} {operation['path']}" if operation else text


def read_facts(folder: Path) -> Facts:
    """Read an app in Node; raises ConfigurationError where Node is missing, or the app cannot be read."""
    node = shutil.which("node")
    if node is None:
        raise ConfigurationError("Node is missing: install Node 18.20 or newer, the gate reads apps in it.")
    done = subprocess.run(  # noqa: S603 - the app is ours, and its constants are literals
        [node, str(READER), str(folder.resolve())],
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    if done.returncode:
        raise ConfigurationError(f"{folder} cannot be read by Node:\n{done.stderr.strip()}")
    told = json.loads(done.stdout)
    return Facts(told["steps"], told["operations"])


def _wire(known: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield where each input goes, the columns of line items included."""
    for key, said in known.get("form", {}).get("wire", {}).items():
        yield key, said
        for child, one in (said.get("children") or {}).items():
            yield f"{key}[]{child}", one


def _flat(before: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _flat(f"{before}.{key}" if before else key, one)
    elif value is not None:
        yield before, _text(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
