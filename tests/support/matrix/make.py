"""The adapter for a generated app in the emulator of Make."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

import httpx

from connector.definition.instant import with_instant
from connector.definition.model import InputField
from connector.generator.make.fields import rpc_id
from connector.generator.make.naming import camel
from connector.generator.make.requests import version_prefix
from support.make.connections import connect
from support.make.engine import Connected, MakeApp, State
from support.make.requests import MakeError, Wire
from support.make.shop import APPS
from support.matrix.adapter import Connect, Inputs, Kind, Offered, Record, Refused, value_of
from support.matrix.shop import Shop

T = TypeVar("T")
TYPES: Mapping[str, Kind] = {
    "RateLimitError": "rate_limited",
    "ConnectionError": "unavailable",
    "InvalidAccessTokenError": "authentication",
    "InvalidConfigurationError": "permission",
    "DataError": "validation",
    "BundleValidationError": "validation",
}
"""Make's error types; a DataError with status 404 is a missing record."""
NOT_FOUND = 404
DELAY = re.compile(r"Retry-After: (\d+)$")
LOST = "may or may not have been made"
MODULES = {"triggers": {"trigger"}, "actions": {"action"}, "searches": {"search", "action"}}


@dataclass
class Emulator:
    """One app, and the client that sends its requests."""

    app: MakeApp
    client: httpx.Client


@dataclass
class MakeAdapter:
    """An app with a connection; polls read up to their page limit."""

    emulator: Emulator
    shop: Shop
    told: list[str] = field(default_factory=list)
    runtime: Literal["make"] = "make"
    longest_step: float | None = None
    tells_delay: bool = True
    fills_defaults: bool = True
    sends_empty: bool = True
    hides_echoes: bool = False

    def __post_init__(self) -> None:
        prefix = version_prefix(self.shop.offer)
        there = self.shop.proxy.url.removesuffix(prefix)
        hosts = {one.base_url.removesuffix(prefix): there for one in self.shop.offer.environments}
        self.wire = Wire(self.emulator.client, hosts)
        self._connected = self._connect(self.shop.login)

    def at(self, shop: Shop) -> "MakeAdapter":
        return MakeAdapter(self.emulator, shop)

    def offered(self, what: Offered) -> frozenset[str]:
        keys = getattr(self.shop.offer, what)
        if what == "dropdowns":
            return frozenset(
                key for key in keys if self._procedure(key) in self.emulator.app.components("rpc")
            )
        modules = self.emulator.app.components("module")
        return frozenset(
            key for key in keys if modules.get(camel(key), {}).get("moduleType") in MODULES[what]
        )

    def form(self, what: Offered, key: str) -> frozenset[str]:
        kind = "staticParams" if what == "triggers" else "mappableParams"
        return frozenset(one["name"] for one in self.emulator.app.code("module", camel(key), kind))

    def prove(self, login: Mapping[str, str]) -> None:
        self._tried(lambda: self._connect(login))

    def watch(self, key: str, inputs: Inputs | None = None) -> "MakeWatch":
        """Choose "from now on". Timestamps have no fractions, so the previous second must be over."""
        if self._goes_by_id(key):
            return self._watch_by_id(key, inputs or {})
        self.shop.advance(1)
        start = self.shop.time().replace(microsecond=0)
        return MakeWatch(self, key, inputs or {}, State(start))

    def _goes_by_id(self, key: str) -> bool:
        said = self.emulator.app.code("module", camel(key), "communication")
        return bool(said["response"]["trigger"]["type"] == "id")

    def _watch_by_id(self, key: str, inputs: Inputs) -> "MakeWatch":
        """Start with the newest record, which the first run emits; ids allow no start "from now on".

        A filter may exclude the record.
        """
        offered = self._tried(lambda: self.connected.starts(camel(key)))
        if not offered:
            return MakeWatch(self, key, inputs, State())
        _shown, newest = offered[0]
        first = self.poll(camel(key), newest, inputs, 1)
        assert first or inputs, f"{key} does not start with the chosen record"
        return MakeWatch(self, key, inputs, newest)

    def sample(self, key: str) -> list[Record]:
        """Return the first record that "Choose where to start" lists, as a run from there emits it."""
        offered = self._tried(lambda: self.connected.starts(camel(key)))
        return self.poll(camel(key), offered[0][1], {}, 1) if offered else []

    def hooked(self) -> frozenset[str]:
        modules = self.emulator.app.components("module")
        return frozenset(
            key
            for key in with_instant(self.shop.offer).triggers
            if modules.get(camel(key), {}).get("moduleType") == "instant_trigger"
        )

    def subscribe(self, key: str, url: str) -> "MakeHook":
        webhook = self.emulator.app.components("module")[camel(key)]["webhook"]
        kept = self._tried(lambda: self.connected.attach(webhook, url))
        return MakeHook(self, camel(key), webhook, kept)

    def act(self, key: str, inputs: Inputs) -> Record:
        fields = self.shop.offer.actions[key].inputs
        (made,) = self.run(camel(key), {**inputs, **_lines(fields, inputs)})
        return made

    def search(self, key: str, inputs: Inputs) -> list[Record]:
        return self.run(camel(key), inputs)

    def choices(self, key: str, page: int) -> Sequence[tuple[str, str]]:
        """Return all pages at once: Make requests no second one."""
        if page > 0:
            return []
        rows = self._tried(lambda: self.connected.rpc(self._procedure(key)))
        return [(str(row["value"]), row["label"]) for row in rows]

    def parts(self, key: str, inputs: Inputs) -> Sequence[tuple[str, str]]:
        """Pass the module's parameters to the remote procedure, which uses those that it names."""
        name = self._procedure(key)
        known = {one["name"] for one in self.emulator.app.code("rpc", name, "params")}
        given = {key: value for key, value in inputs.items() if key in known}
        return [
            (str(row["value"]), row["label"])
            for row in self._tried(lambda: self.connected.rpc(name, **given))
        ]

    def choose(self, key: str, field: InputField, label: str) -> str:
        """Return the value of the option with this label in the form of the module."""
        form = self.emulator.app.code("module", camel(key), "mappableParams")
        options = next(one for one in form if one["name"] == field.key)["options"]
        if isinstance(options, str):  # the name of a remote procedure
            return value_of(self, field, label)
        (value,) = [one["value"] for one in options if one["label"] == label]
        return str(value)

    def lost_write(self, key: str) -> Kind:
        """Return "unavailable" for errors after which Make retries the write by itself, else "unknown"."""
        return "unavailable" if self.shop.offer.actions[key].after_timeout == "repeat" else "unknown"

    def listening(self) -> AbstractContextManager[None]:
        """Make logs every run."""
        return nullcontext()

    def words(self) -> str:
        return "\n".join([*self.told, *map(str, self.wire.log)])

    def run(self, module: str, inputs: Inputs) -> list[Record]:
        return self._tried(lambda: self.connected.run(module, **inputs))

    def poll(self, module: str, state: State, inputs: Inputs, limit: int) -> list[Record]:
        return self._tried(lambda: self.connected.poll(module, state, limit=limit, **inputs))

    @property
    def connected(self) -> Connected:
        """Return the connection, whose clock is the shop's."""
        self._connected.now = self.shop.time()
        return self._connected

    def _connect(self, login: Mapping[str, str]) -> Connected:
        app = self.emulator.app
        name = next(iter(app.components("connection")))
        form = {one["name"] for one in app.code("connection", name, "params")}
        host = self.shop.offer.authentication.host
        own = {host.key: self.shop.offer.environments[0].base_url} if host else {}
        typed = {key: value for key, value in {**own, **login}.items() if key in form}
        return connect(app, self.wire, self.shop.time(), **typed)

    def _procedure(self, key: str) -> str:
        return rpc_id(key)

    def _tried(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except MakeError as problem:
            self.told.append(str(problem))
            unknown = problem.type == "RuntimeError" and LOST in problem.message
            kind = "unknown" if unknown else TYPES.get(problem.type, "unexpected")
            missing = kind == "validation" and problem.status == NOT_FOUND
            delay = DELAY.search(problem.message)
            raise Refused(
                "not_found" if missing else kind, problem.message, delay=float(delay[1]) if delay else None
            ) from None


@dataclass
class MakeWatch:
    """A trigger of an active scenario."""

    adapter: MakeAdapter
    key: str
    inputs: Inputs
    state: State

    def poll(self) -> list[Record]:
        limit = self.adapter.shop.offer.triggers[self.key].guarantees["make"].items_per_poll
        return self.adapter.poll(camel(self.key), self.state, self.inputs, limit)


@dataclass
class MakeHook:
    """An instant trigger with a subscribed webhook; `kept` is what Make stores for it."""

    adapter: MakeAdapter
    module: str
    webhook: str
    kept: dict[str, Any]

    def receive(self, posted: Any) -> list[Record]:
        return self.adapter._tried(lambda: self.adapter.connected.deliver(self.module, posted))

    def end(self) -> None:
        self.adapter._tried(lambda: self.adapter.connected.detach(self.webhook, self.kept))


def _lines(fields: Sequence[InputField], inputs: Inputs) -> dict[str, Any]:
    """Return line items with the keys of their form, which are the vendor's."""
    return {
        one.key: [
            {child.path[-1]: row[child.key] for child in one.children if child.key in row}
            for row in inputs[one.key]
        ]
        for one in fields
        if one.children and one.key in inputs
    }


@contextmanager
def make(vendor: str, _url: str, app: Path | None = None) -> Iterator[Connect]:
    """Load the vendor's app until the block ends; `app` is another folder for it."""
    with httpx.Client(timeout=30) as client:
        emulator = Emulator(MakeApp.load(app or APPS / vendor), client)
        yield lambda shop: MakeAdapter(emulator, shop)
