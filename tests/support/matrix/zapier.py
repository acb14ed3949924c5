"""The adapter for a generated app in Zapier's core."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, TypeVar

from connector.definition.model import InputField
from support import zapier as runtime
from support.matrix.adapter import Connect, Inputs, Kind, Offered, Record, Refused, value_of
from support.matrix.shop import Shop
from support.zapier import Zap, ZapierApp, ZapierError

T = TypeVar("T")
KINDS = {"actions": "creates", "dropdowns": "triggers"}
NAMES: Mapping[str, Kind] = {"ExpiredAuthError": "authentication", "ThrottledError": "rate_limited"}
SENTENCES: Mapping[str, Kind] = {
    r"did not accept this login": "authentication",
    r"lacks the permission|is not allowed to do this": "permission",
    r"has no such record": "not_found",
    r"did not accept the input|Fill in|must be": "validation",
    r"may or may not have been made": "unknown",
    r"reported a problem on its side|could not be reached|did not answer in time": "unavailable",
}
"""Texts that identify the kind of the app's errors; Zapier has names for two kinds."""


@dataclass
class Core:
    """One app in Zapier's core, and its log file."""

    app: ZapierApp
    log: Path

    def log_text(self, line: str) -> None:
        with self.log.open("a") as log:
            log.write(f"{line}\n")


@dataclass
class ZapierAdapter:
    """An app connected with a shop's login."""

    core: Core
    shop: Shop
    runtime: Literal["zapier"] = "zapier"
    longest_step: float | None = 30
    tells_delay: bool = True
    fills_defaults: bool = False
    sends_empty: bool = False
    hides_echoes: bool = True

    def __post_init__(self) -> None:
        self.account = runtime.Shop(
            self.core.app, self.shop.sandbox, self.shop.tenant, self._auth(self.shop.login), self.shop.vendor
        )

    def at(self, shop: Shop) -> "ZapierAdapter":
        return ZapierAdapter(self.core, shop)

    def offered(self, what: Offered) -> frozenset[str]:
        steps = self.core.app.definition[KINDS.get(what, what)]
        hidden = what == "dropdowns"
        return frozenset(key for key, step in steps.items() if bool(step["display"].get("hidden")) == hidden)

    def form(self, what: Offered, key: str) -> frozenset[str]:
        step = self.core.app.definition[KINDS.get(what, what)][key]
        return frozenset(one["key"] for one in step["operation"].get("inputFields", ()))

    def prove(self, login: Mapping[str, str]) -> None:
        self._tried(lambda: self.core.app.run("authentication.test", auth=self._auth(login)))

    def watch(self, key: str, inputs: Inputs | None = None) -> "ZapierWatch":
        fields = self.core.app.definition["triggers"][key]["operation"]["outputFields"]
        identity = tuple(one["key"] for one in fields if one.get("primary")) or ("id",)
        zap = Zap(self.account, key, identity, inputs or {})
        self._again(zap.switch_on)
        return ZapierWatch(self, zap)

    def sample(self, key: str) -> list[Record]:
        """Return the result of "Test trigger" in the editor."""
        return self._again(lambda: self.account.trigger(key, isLoadingSample=True, limit=3))

    def hooked(self) -> frozenset[str]:
        triggers = self.core.app.definition["triggers"]
        return frozenset(key for key, one in triggers.items() if one["operation"]["type"] == "hook")

    def subscribe(self, key: str, url: str) -> "ZapierHook":
        hook = ZapierHook(self, key)
        hook.kept = hook.run("performSubscribe", targetUrl=url)
        return hook

    def act(self, key: str, inputs: Inputs) -> Record:
        shown = self.form("actions", key)
        action = self.shop.offer.actions[key]
        fields = [one for one in (*action.form_inputs, *action.inputs) if one.key in shown]
        dressed = _dressed(fields, inputs)
        return self._again(lambda: self.account.create(key, **dressed))

    def search(self, key: str, inputs: Inputs) -> list[Record]:
        return self._again(lambda: self.account.search(key, **inputs))

    def choices(self, key: str, page: int) -> Sequence[tuple[str, str]]:
        rows = self._again(lambda: self.account.trigger(key, page=page))
        return [(row["id"], row["label"]) for row in rows]

    def parts(self, key: str, inputs: Inputs) -> Sequence[tuple[str, str]]:
        rows = self._again(lambda: self.account.trigger(key, inputs))
        return [(row["id"], row["label"]) for row in rows]

    def choose(self, _key: str, field: InputField, label: str) -> str:
        """Return the label, as mapped from another step; a record is chosen in the dropdown."""
        return label if field.choices else value_of(self, field, label)

    def lost_write(self, _key: str) -> Kind:
        return "unknown"

    @contextmanager
    def listening(self) -> Iterator[None]:
        self.core.app.logging = {"logToStdout": True, "detailedLogToStdout": True}
        try:
            yield
        finally:
            self.core.app.logging = {}

    def words(self) -> str:
        return self.core.log.read_text()

    def _auth(self, login: Mapping[str, str]) -> dict[str, str]:
        return self.core.app.account(self.shop.offer, login, self.shop.proxy.url)

    def _again(self, call: Callable[[], T]) -> T:
        """Call the app; if it reports an expired session, open another and call it again, as Zapier does."""

        def twice() -> T:
            try:
                return call()
            except ZapierError as problem:
                if problem.name != "RefreshAuthError":
                    raise
            self.account.auth = self._auth(self.shop.login)
            return call()

        return self._tried(twice)

    def _tried(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except ZapierError as problem:
            self.core.log_text(f"{problem} {problem.details}")
            raise Refused(_kind(problem), problem.message, delay=problem.details.get("delay")) from None


@dataclass
class ZapierWatch:
    """A Zap that is switched on."""

    adapter: ZapierAdapter
    zap: Zap

    def poll(self) -> list[Record]:
        return self.adapter._again(self.zap.poll)


@dataclass
class ZapierHook:
    """A Zap with a webhook trigger that is switched on; `kept` is the vendor's answer to the subscription."""

    adapter: ZapierAdapter
    key: str
    kept: Any = None

    def receive(self, posted: Any) -> list[Record]:
        rows: list[Record] = self.run("perform", cleanedRequest=posted)
        return rows

    def end(self) -> None:
        self.run("performUnsubscribe", subscribeData=self.kept)

    def run(self, perform: str, **bundle: Any) -> Any:
        account, method = self.adapter.account, f"triggers.{self.key}.operation.{perform}"
        return self.adapter._again(lambda: account.app.run(method, auth=account.auth, **bundle))


def _kind(problem: ZapierError) -> Kind:
    if problem.name in NAMES:
        return NAMES[problem.name]
    return next(
        (kind for words, kind in SENTENCES.items() if re.search(words, problem.message)), "unexpected"
    )


def _dressed(fields: Sequence[InputField], inputs: Inputs) -> dict[str, Any]:
    """Return inputs as a Zap sends them: all values as text, and blanks for missing ones.

    Line items are rows with a blank row among them and, in addition, texts at the top level.
    """
    dressed: dict[str, Any] = {}
    for one in fields:
        given = inputs.get(one.key, "")
        if one.children and isinstance(given, list):
            rows = [{child.key: _text(row.get(child.key, "")) for child in one.children} for row in given]
            blank = dict.fromkeys((child.key for child in one.children), "")
            dressed |= {
                child.key: ",".join(row[child.key] for row in rows) for child in one.children
            } | dressed
            dressed[one.key] = [rows[0], blank, *rows[1:]]
        else:
            dressed[one.key] = _text(given)
    return dressed


def _text(value: Any) -> Any:
    if isinstance(value, list):
        return [_text(one) for one in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


@contextmanager
def zapier(vendor: str, url: str, app: Path | None = None) -> Iterator[Connect]:
    """Load the vendor's app in Zapier's core until the block ends; `app` is another folder for it."""
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log.txt"
        log.touch()
        place = {f"{vendor.upper()}_BASE_URL": url}
        with runtime.started(app or runtime.APPS / vendor, log, **place) as started:
            core = Core(started, log)
            yield lambda shop: _connected(core, shop)


def _connected(core: Core, shop: Shop) -> ZapierAdapter:
    """Connect with an empty log."""
    core.log.write_text("")
    return ZapierAdapter(core, shop)
