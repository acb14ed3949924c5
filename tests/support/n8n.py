"""A generated n8n package in a long-lived Node process: in a stand-in for n8n's engine, or in the engine.

`make n8n-test` installs n8n's engine, builds the packages and sets the variable `ENGINE`. Without it, the
stand-in runs the TypeScript of the packages.
"""

import atexit
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from connector.definition.naming import camel
from support.zapier import ROOT, node

PACKAGES = ROOT / "n8n_nodes"
BUILT = ROOT / "build" / "n8n"
ENGINE = "N8N_ENGINE"
"""The environment variable with which n8n's own engine runs the packages."""
_PROGRAMS = ROOT / "tests" / "n8n"


class N8nError(Exception):
    """An error of the engine or the package: `name` is n8n's class of errors, `status` the HTTP status.

    `stored` is what a failed poll left in the trigger node's static data.
    """

    def __init__(self, details: Mapping[str, Any]) -> None:
        super().__init__(f"{details['name']}: {details['message']}")
        self.name: str = details["name"]
        self.message: str = details["message"]
        self.status = str(details.get("httpCode") or "")
        self.stored: dict[str, Any] | None = details.get("staticData")


@dataclass
class N8nPackage:
    """The loaded package of one vendor."""

    process: "subprocess.Popen[str]"
    folder: Path
    log: Path | None = None

    @cached_property
    def description(self) -> dict[str, Any]:
        """The descriptions of the node, of the trigger node and of the credential, keyed by their kinds."""
        found = self.call("describe")
        action, trigger = sorted(found["nodes"], key=lambda one: bool(one.get("polling")))
        return {"node": action, "trigger": trigger, "credential": found["credentials"][0]}

    def call(self, command: str, *, now: datetime | None = None, **more: Any) -> Any:
        """Send a command and return its results, or raise N8nError; the clock shows `now`, if it is given."""
        clock = {} if now is None else {"now": int(now.timestamp() * 1000)}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        where = {"folder": str(self.folder), "log": self.log and str(self.log)}
        self.process.stdin.write(json.dumps({"command": command, **where, **more, **clock}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"The Node process ended with {self.process.wait(5)}; see the captured stderr."
        answer = json.loads(line)
        if "error" in answer:
            raise N8nError(answer["error"])
        return answer["results"]


def credential(login: Mapping[str, str], url: str) -> dict[str, str]:
    """Return what n8n stores of an account: the typed values, and the address of the API."""
    return {**{camel(key): value for key, value in login.items()}, "baseUrl": url}


def uses_engine() -> bool:
    """Check whether this run has n8n's own engine."""
    return bool(os.environ.get(ENGINE))


def package_of(vendor: str) -> Path:
    """Return the folder of a vendor's package: the built one for n8n's engine, else its TypeScript."""
    return (BUILT if uses_engine() else PACKAGES) / vendor


@cache
def _stand_in() -> "subprocess.Popen[str]":
    """Start the stand-in, which runs all packages, once per process of the tests; it ends with its input."""
    compiler = ROOT / "tests" / "typed" / "node_modules" / "typescript"
    assert compiler.is_dir(), f"{compiler} is missing: run `npm ci` in tests/typed, or `make test`."
    process = subprocess.Popen(
        [node(), str(_PROGRAMS / "stand_in.cjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(_end, process)
    return process


def _end(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
    assert process.stdout is not None
    process.stdout.close()


@contextmanager
def started(folder: Path, log: Path | None = None) -> Iterator[N8nPackage]:
    """Load a package until the block ends; `log` receives its output."""
    if not uses_engine():
        yield N8nPackage(_stand_in(), folder, log)
        return
    assert (folder / "dist").is_dir(), f"{folder} is not built: run `make n8n-build`."
    with ExitStack() as files:
        home = files.enter_context(TemporaryDirectory())
        errors = files.enter_context(log.open("ab")) if log else None
        process = subprocess.Popen(
            [node(), str(_PROGRAMS / "engine.cjs"), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, "N8N_USER_FOLDER": home, "HOME": home},
        )
        with process:
            try:
                yield N8nPackage(process, folder, log)
            finally:
                _end(process)
