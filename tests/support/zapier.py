"""A generated app, run by Zapier's own core in one long-lived Node process."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from connector.definition.model import Integration
from support.sandbox import Sandbox
from support.sandbox_merchant import SandboxMerchant

ROOT = Path(__file__).parents[2]
APPS = ROOT / "zapier_app"
APP = APPS / "returnmate"
_POINTER = "hydrate|||"
"""Zapier's format for deferred values: this prefix, JSON, and an end that may contain a signature."""
DRIVER = ROOT / "tests" / "journeys" / "zapier_driver.mjs"


class ZapierError(Exception):
    """An error of Zapier's core or the app: `name` is Zapier's error name, `details` its report."""

    def __init__(self, details: Mapping[str, Any]) -> None:
        super().__init__(f"{details['name']}: {details['message']}")
        self.name: str = details["name"]
        self.message: str = details["message"]
        self.details = details


@dataclass
class ZapierApp:
    """The loaded app of one vendor."""

    process: "subprocess.Popen[str]"
    logging: dict[str, bool] = field(default_factory=dict)

    @cached_property
    def definition(self) -> dict[str, Any]:
        found: dict[str, Any] = self.call(command="definition")
        return found

    def account(self, offer: Integration, fields: Mapping[str, str], url: str) -> dict[str, str]:
        """Return what Zapier stores of an account: the typed values and, if the app opens one, its session.

        `url` is used if the login asks for the vendor's address.
        """
        said = offer.authentication
        own = {said.host.key: url} if said.host else {}
        typed = {**fields, **own, "environment": offer.environments[0].key}
        if self.definition["authentication"]["type"] != "session":
            return typed
        return {**typed, **self.run("authentication.sessionConfig.perform", auth=typed)}

    def call(self, **event: Any) -> Any:
        """Send one event to core and return its results, or raise ZapierError."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(event) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"The Node process ended with {self.process.wait(5)}; see the captured stderr."
        answer = json.loads(line)
        if "error" in answer:
            raise ZapierError(answer["error"])
        return answer["results"]

    def run(
        self,
        method: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        auth: Mapping[str, str] | None = None,
        meta: Mapping[str, Any] | None = None,
        now: datetime | None = None,
        **more: Any,
    ) -> Any:
        """Run one method of the definition as a Zap would; `auth` contains the typed credentials.

        `more` is added to a webhook's bundle: `targetUrl`, `subscribeData`, `cleanedRequest`. The app's
        clock shows `now`, or real time if None.
        """
        bundle = {"inputData": inputs or {}, "authData": auth or {}} | ({"meta": meta} if meta else {})
        clock = {} if now is None else {"now": int(now.timestamp() * 1000)}
        return self.call(command="execute", method=method, bundle={**bundle, **more}, **self.logging, **clock)

    def pass_time(self) -> None:
        """End every time limit of the app that is running."""
        self.process.send_signal(signal.SIGUSR2)


def node() -> str:
    """Return the path of Node, which the tests of generated apps require."""
    found = shutil.which("node")
    assert found, "Node is missing: install Node 18.20 or newer, then run `make test`."
    return found


def require_modules(app: Path = APP) -> None:
    """Fail with an explanation if the app's packages are not installed."""
    core = app / "node_modules" / "zapier-platform-core" / "package.json"
    assert core.is_file(), f"{core.parent} is missing: run `npm ci` in zapier_app/{app.name}, or `make test`."


@contextmanager
def started(app: Path = APP, log: Path | None = None, /, **environment: str) -> Iterator[ZapierApp]:
    """Load the app in a Node process until the block ends; `log` receives its output."""
    require_modules(app)
    with ExitStack() as files:
        errors = files.enter_context(log.open("ab")) if log else None
        process = subprocess.Popen(
            [node(), str(DRIVER), str(app)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, **environment},
        )
    with process:
        try:
            yield ZapierApp(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()


@dataclass
class Shop(SandboxMerchant):
    """A merchant of the sandbox connected to Zapier; the app runs with their login."""

    app: ZapierApp
    sandbox: Sandbox
    tenant: str
    auth: dict[str, str]
    vendor: str = "returnmate"
    whole: bool = False
    """Return rows with the summary that the app adds; otherwise only the vendor's part of them."""

    def run(self, method: str, inputs: Mapping[str, Any] | None = None, **bundle: Any) -> Any:
        """Run a step with this merchant's login, at the time of their clock."""
        now = self.sandbox.now(self.tenant)
        return self.app.run(method, inputs, auth=self.auth, now=now, **bundle)

    def trigger(self, key: str, inputs: Mapping[str, Any] | None = None, **meta: Any) -> list[dict[str, Any]]:
        """Poll once, as core does, or list records for an instant trigger; `meta` is `page` and `limit`."""
        hook = self.app.definition["triggers"][key]["operation"].get("type") == "hook"
        return self._rows("triggers", key, inputs, "performList" if hook else "perform", meta=meta)

    def search(self, key: str, **inputs: Any) -> list[dict[str, Any]]:
        """Run a search; return the line items of the one record that a search for several records returns."""
        rows = self._rows("searches", key, inputs)
        return line_items(rows[0]) if rows and "searched_for" in rows[0] else rows

    def create(self, key: str, **inputs: Any) -> dict[str, Any]:
        made: dict[str, Any] = self._shown(self.run(f"creates.{key}.operation.perform", inputs))
        return made

    def hydrated(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the row with its deferred parts, fetched as Zapier does when the row fires."""
        fetched: dict[str, Any] = self._shown({key: self._fetched(value) for key, value in row.items()})
        return fetched

    def _fetched(self, value: Any) -> Any:
        if not isinstance(value, str) or not value.startswith(_POINTER):
            return value
        told, _end = json.JSONDecoder().raw_decode(value.removeprefix(_POINTER))
        assert told["type"] == "method", told
        return self.run(told["method"], told["bundle"])

    def _rows(
        self,
        kind: str,
        key: str,
        inputs: Mapping[str, Any] | None,
        method: str = "perform",
        **bundle: Any,
    ) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._shown(
            self.run(f"{kind}.{key}.operation.{method}", inputs, **bundle)
        )
        return rows

    def _shown(self, value: Any) -> Any:
        return value if self.whole else without_summary(value)

    def get(self, path: str, **query: Any) -> Any:
        """Return the answer of the vendor's API at `path`, without the app."""
        return self.api("GET", path, params=query)["data"]


def without_summary(value: Any) -> Any:
    """Return a copy of rows without the summaries and files that the app adds to the vendor's records."""
    if isinstance(value, list):
        return [without_summary(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: without_summary(one) for key, one in value.items() if key not in ("summary", "label_file")}


def line_items(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the line items of the record of a search for several records; its other fields must agree."""
    [name] = record.keys() - {"searched_for", "found", "count", "complete"}
    items: list[dict[str, Any]] = record[name]
    assert (record["found"], record["count"]) == (bool(items), len(items))
    assert str(record["searched_for"]).strip()
    return items


@dataclass
class Zap:
    """What Zapier stores between two polls of a trigger: the primary fields of all rows seen."""

    shop: Shop
    key: str
    identity: tuple[str, ...] = ("id",)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    seen: set[tuple[Any, ...]] = field(default_factory=set)

    def switch_on(self) -> "Zap":
        """Run Zapier's first poll, which remembers existing rows and fires for none of them."""
        rows = self.shop.trigger(self.key, self.inputs, isPopulatingDedupe=True)
        self.seen |= {self._name(row) for row in rows}
        return self

    def poll(self) -> list[dict[str, Any]]:
        """Return the rows that fire: new ones, oldest first, as Zapier passes them to the next step."""
        rows = self.shop.trigger(self.key, self.inputs)
        fresh = [row for row in rows if self._name(row) not in self.seen]
        self.seen |= {self._name(row) for row in rows}
        return fresh[::-1]

    def _name(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(row[key] for key in self.identity)
