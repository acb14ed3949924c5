"""Every module of every committed Make app, with valid inputs; a test answers as the vendor."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from support.make.engine import Connected, MakeApp, State
from support.make.offline import Answer, played
from support.make.requests import Json
from support.make.shop import APPS

from connector.definition.compiler import integration, vendors
from connector.definition.model import Integration
from connector.generator.make.requests import version_prefix

HOST = "https://shop.example.com"
VALUES: Json = {
    "integer": 1, "uinteger": 1, "number": 1, "boolean": True, "date": "2026-10-31T09:30:00Z", "any": "x",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One module, or one remote procedure, of a vendor's app."""

    vendor: str
    kind: str
    name: str

    @property
    def id(self) -> str:
        return f"{self.vendor}-{self.name}"

    @property
    def app(self) -> MakeApp:
        return _app(self.vendor)

    def changes(self) -> bool:
        """Check whether the request of the step may change something."""
        kind = "rpc" if self.kind == "rpc" else "module"
        return bool(self.app.code(kind, self.name, "communication")["method"] != "GET")

    def reads_one(self) -> bool:
        """Check whether the step reads or writes one record, or the parts of one record."""
        if self.kind != "rpc":
            return self.kind == "action"
        return "pagination" not in self.app.code("rpc", self.name, "communication")

    def run(self, answer: Answer, state: State | None = None, **given: Any) -> list[Json]:
        """Run the step with the inputs that its form requires, and `given`; `answer` is the vendor."""
        shop = connected(self.vendor, answer)
        if self.kind == "rpc":
            return shop.rpc(self.name, **_required(self.app.code("rpc", self.name, "params")))
        if self.kind == "trigger":
            form = self.app.code("module", self.name, "staticParams")
            return shop.poll(self.name, state or State(), **{**_required(form), **given})
        form = [
            *self.app.code("module", self.name, "staticParams"),
            *self.app.code("module", self.name, "mappableParams"),
        ]
        return shop.run(self.name, **{**_required(form), **given})


@cache
def offered(vendor: str) -> Integration:
    """Return the compiled catalog, read once, because these tests do not change it."""
    return integration(vendor)


@cache  # the apps are committed; reading one takes 0.1 s
def _app(vendor: str) -> MakeApp:
    return MakeApp.load(APPS / vendor)


def connected(vendor: str, answer: Answer, app: MakeApp | None = None) -> Connected:
    """Connect a committed app, or another `app` of the vendor, to a function that answers as the vendor."""
    offer = offered(vendor)
    prefix = version_prefix(offer)
    known = [one.base_url.removesuffix(prefix) for one in offer.environments]
    hosts = {one: one for one in [*known, HOST]}
    login = {one.key: f"sandbox-demo-{one.key}" for one in offer.authentication.fields}
    host = {offer.authentication.host.key: HOST} if offer.authentication.host else {}
    return played(app or _app(vendor), answer, hosts, **login, **host, accessToken="sandbox-demo-token")


def steps(*kinds: str) -> Iterator[Step]:
    """Yield the modules of all apps that send requests to the vendor, and the remote procedures.

    A module without a connection downloads a file from another host.
    """
    for vendor in vendors():
        app = _app(vendor)
        entries = app.components("module").items()
        found = [(one["moduleType"], name) for name, one in entries if one.get("connection", "") is not None]
        found += [("rpc", name) for name in app.components("rpc")]
        for kind, name in found:
            if kind not in ("instant_trigger", "universal") and (not kinds or kind in kinds):
                yield Step(vendor, kind, name)


def _required(form: list[Json]) -> Json:
    return {one["name"]: _value(one) for one in form if one.get("required")}


def _value(one: Json) -> Any:
    spec, options = one.get("spec"), one.get("options")
    if one["type"] == "array":
        return [_required(spec) if isinstance(spec, list) else _value(spec or {"type": "text"})]
    if one["type"] == "collection":
        return _required(spec or [])
    made = options[0]["value"] if isinstance(options, list) else VALUES.get(one["type"], "17")
    return [made] if one.get("multiple") else made
