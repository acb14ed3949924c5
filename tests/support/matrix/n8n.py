"""The adapter for a generated package in n8n's engine, or in the stand-in for it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, TypeVar

from connector.definition.model import Action, InputField, Search
from connector.definition.naming import camel
from support.matrix.adapter import Connect, Hook, Inputs, Kind, Offered, Record, Refused, value_of
from support.matrix.shop import Shop
from support.n8n import N8nError, N8nPackage, credential, package_of, started

T = TypeVar("T")
STATUSES: Mapping[str, Kind] = {"401": "authentication", "403": "permission", "404": "not_found"}
SENTENCES: Mapping[str, Kind] = {
    r"did not accept (the key|this login)": "authentication",
    r"lacks the permission|is not allowed to do this": "permission",
    r"has no such record": "not_found",
    r"did not accept the input|Fill in|must be": "validation",
    r"received too many requests": "rate_limited",
    r"may or may not have been made": "unknown",
    r"reported a problem on its side|could not be reached|did not answer in time": "unavailable",
}
"""Texts that identify the kind of the package's errors."""
PAGES = 40


@dataclass
class Engine:
    """One loaded package, and its log file."""

    package: N8nPackage
    log: Path

    def log_text(self, line: str) -> None:
        with self.log.open("a") as log:
            log.write(f"{line}\n")


@dataclass
class N8nAdapter:
    """A package connected with a shop's login."""

    engine: Engine
    shop: Shop
    runtime: Literal["n8n"] = "n8n"
    longest_step: float | None = None
    tells_delay: bool = True
    fills_defaults: bool = False
    sends_empty: bool = False
    hides_echoes: bool = True
    stored: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stored = credential(self.shop.login, self.shop.proxy.url)

    def at(self, shop: Shop) -> "N8nAdapter":
        return N8nAdapter(self.engine, shop)

    def offered(self, what: Offered) -> frozenset[str]:
        catalog: Mapping[str, Any] = getattr(self.shop.offer, what)
        return frozenset(key for key in catalog if self._shown_name(what, key) in self._shown(what))

    def _shown_name(self, what: Offered, key: str) -> str:
        return camel(f"search_{key}" if what == "dropdowns" else key)

    def _shown(self, what: Offered) -> set[str]:
        described = self.engine.package.description
        if what == "triggers":
            return {one["value"] for one in _named(described["trigger"]["properties"], "event")["options"]}
        properties = described["node"]["properties"]
        if what == "dropdowns":
            return set(re.findall(r"'searchListMethod': '(\w+)'", str(properties)))
        operations = [one for one in properties if one["name"] == "operation"]
        return {option["value"] for one in operations for option in one["options"]}

    def form(self, what: Offered, key: str) -> frozenset[str]:
        names = {one["name"] for one in self._parameters(what, key)}
        inputs: Sequence[InputField] = getattr(self.shop.offer, what)[key].inputs
        return frozenset(one.key for one in inputs if camel(one.key) in names)

    def _parameters(self, what: Offered, key: str) -> list[dict[str, Any]]:
        """Return the parameters of a step or trigger, with those inside collections."""
        described = self.engine.package.description["trigger" if what == "triggers" else "node"]
        show = "event" if what == "triggers" else "operation"
        shown = [
            one
            for one in described["properties"]
            if camel(key) in one.get("displayOptions", {}).get("show", {}).get(show, ())
        ]
        inner = [each for one in shown if one["type"] == "collection" for each in one["options"]]
        return [*shown, *inner]

    def prove(self, login: Mapping[str, str]) -> None:
        self._tried(lambda: self._call("prove", credential=credential(login, self.shop.proxy.url)))

    def watch(self, key: str, inputs: Inputs | None = None) -> "N8nWatch":
        watch = N8nWatch(self, key, inputs or {})
        assert watch.poll() == [], f"{key} fired when it was switched on"
        return watch

    def sample(self, key: str) -> list[Record]:
        """Return what the trigger shows if it is run by hand in the editor."""
        return N8nWatch(self, key, {}).poll(mode="manual")

    def hooked(self) -> frozenset[str]:
        return frozenset()

    def subscribe(self, key: str, url: str) -> Hook:
        raise AssertionError(f"{key} has no webhook at {url}")

    def act(self, key: str, inputs: Inputs) -> Record:
        (record,) = self._run(self.shop.offer.actions[key], inputs)
        return record

    def search(self, key: str, inputs: Inputs) -> list[Record]:
        return self._run(self.shop.offer.searches[key], inputs, returnAll=False, limit=50)

    def _run(self, step: Action | Search, inputs: Inputs, **more: Any) -> list[Record]:
        parameters = {**self.parameters(step, inputs), **more}
        items = self._tried(lambda: self._call("execute", parameters=parameters, credential=self.stored))
        assert all(one["pairedItem"] == {"item": 0} for one in items)
        return [one["json"] for one in items]

    def parameters(self, step: Action | Search, inputs: Inputs) -> dict[str, Any]:
        """Return the node's parameters for these inputs, as the editor stores them."""
        what: Offered = "actions" if isinstance(step, Action) else "searches"
        shown = {one["name"]: one for one in self._parameters(what, step.key)}
        resource = next(
            one["displayOptions"]["show"]["resource"][0]
            for one in self.engine.package.description["node"]["properties"]
            if one["name"] == "operation" and camel(step.key) in {each["value"] for each in one["options"]}
        )
        found: dict[str, Any] = {"resource": resource, "operation": camel(step.key)}
        collections = [one for one in shown.values() if one["type"] == "collection"]
        for one in step.inputs:
            name = camel(one.key)
            if one.key not in inputs or name not in shown:
                continue
            value = _entered(shown[name], one, inputs[one.key])
            inside = next(
                (each for each in collections if name in {o["name"] for o in each["options"]}), None
            )
            target = found if inside is None else found.setdefault(inside["name"], {})
            target[name] = value
        return found

    def choices(self, key: str, page: int) -> Sequence[tuple[str, str]]:
        token: str | None = None
        results: list[dict[str, Any]] = []
        for number in range(page + 1):
            if number and token is None:
                return []
            listed = self._tried(
                lambda at=token: self._call(  # type: ignore[misc]
                    "choices",
                    method=camel(f"search_{key}"),
                    credential=self.stored,
                    **({"page": at} if at else {}),
                )
            )
            results, token = listed["results"], listed.get("paginationToken")
        return [(str(one["value"]), one["name"]) for one in results]

    def parts(self, key: str, inputs: Inputs) -> Sequence[tuple[str, str]]:
        """Fill the node's parameters in, as single parameters and in the collection of optional ones."""
        given = {camel(name): value for name, value in inputs.items()}
        listed = self._tried(
            lambda: self._call(
                "choices",
                method=camel(f"search_{key}"),
                credential=self.stored,
                current={**given, "additionalFields": given},
            )
        )
        return [(str(one["value"]), one["name"]) for one in listed["results"]]

    def choose(self, key: str, field: InputField, label: str) -> str:
        """Return the value of the option with this label in the node's parameters."""
        shown = next(one for one in self._parameters("actions", key) if one["name"] == camel(field.key))
        if shown["type"] != "options":
            return value_of(self, field, label)
        (value,) = [one["value"] for one in shown["options"] if one["name"] == label]
        return str(value)

    def lost_write(self, _key: str) -> Kind:
        return "unknown"

    @contextmanager
    def listening(self) -> Iterator[None]:
        yield

    def words(self) -> str:
        return self.engine.log.read_text()

    def _call(self, command: str, **more: Any) -> Any:
        return self.engine.package.call(command, now=self.shop.time(), **more)

    def _tried(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except N8nError as problem:
            self.engine.log_text(str(problem))
            wait = re.search(r"Try again in (\d+) seconds", problem.message)
            raise Refused(_kind(problem), problem.message, delay=float(wait[1]) if wait else None) from None


@dataclass
class N8nWatch:
    """A workflow that is switched on, and what n8n stores of its trigger node."""

    adapter: N8nAdapter
    key: str
    inputs: Inputs
    stored: dict[str, Any] = field(default_factory=dict)

    def poll(self, mode: str = "trigger") -> list[Record]:
        parameters = {
            "event": camel(self.key),
            "filters": {camel(key): value for key, value in self.inputs.items()},
        }
        answer = self.adapter._tried(lambda: self._polled(parameters, mode))
        self.stored = answer["staticData"]
        return [one["json"] for one in answer["items"]]

    def _polled(self, parameters: Inputs, mode: str) -> Any:
        adapter = self.adapter
        try:
            return adapter._call(
                "poll",
                parameters=parameters,
                credential=adapter.stored,
                staticData=self.stored,
                mode=mode,
            )
        except N8nError as problem:
            self.stored = problem.stored or {}
            raise


def _named(properties: Sequence[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(one for one in properties if one["name"] == name)


def _entered(shown: Mapping[str, Any], one: InputField, value: Any) -> Any:
    """Return a value as the editor stores it: line items as rows, and a chosen record with its mode."""
    if shown["type"] == "fixedCollection":
        return {"row": [{camel(key): each for key, each in row.items()} for row in value]}
    if shown["type"] == "resourceLocator":
        return {"__rl": True, "mode": "id", "value": value}
    return value


def _kind(problem: N8nError) -> Kind:
    found = (kind for words, kind in SENTENCES.items() if re.search(words, problem.message))
    return next(found, STATUSES.get(problem.status, "unexpected"))


@contextmanager
def n8n(vendor: str, _url: str, package: Path | None = None) -> Iterator[Connect]:
    """Load the vendor's package until the block ends; `package` is another folder."""
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log.txt"
        log.touch()
        with started(package or package_of(vendor), log) as loaded:
            engine = Engine(loaded, log)
            yield lambda shop: _connected(engine, shop)


def _connected(engine: Engine, shop: Shop) -> N8nAdapter:
    """Connect with an empty log."""
    engine.log.write_text("")
    return N8nAdapter(engine, shop)
