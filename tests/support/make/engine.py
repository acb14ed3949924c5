"""An emulator of the part of Make's engine that the generated apps use. It is not Make.

Make's engine is not available for tests. The emulator follows Make's documentation and public statements
about the engine. These assumptions were never checked against Make itself:

- an undefined value is dropped from a JSON body and from a query, null from a query only;
- a parameter that is empty, or not filled in, is undefined, unless it has a default;
- a date without a zone is in the scenario's zone, which is not UTC in the emulator;
- headers and query of base and module are merged, the module's win; its `error` replaces the base's;
- consecutive slashes in a URL are one; the path is encoded as `encodeURI` does;
- `pagination.page` is the page just received, and is increased before the condition is evaluated again;
- paging ends when the condition is false, at the limit, after 50 requests, and in triggers at 3,200 records;
- a trigger sorts by time and id, and drops records older than the last time or already emitted at that time;
- a trigger of type `id` does the same with a number instead of the time, and has no last time;
- the record that a user chose as the first one is emitted first;
- with `order: desc` reading stops at the first record that is older than the last time;
- `epoch` replaces parts of the trigger's communication; the limit of a trigger is 1 by default;
- a connection's `refresh` runs before a scenario, and its condition sees the connection's values as `data`;
- redirects are followed unless `followRedirects` (GET) or `followAllRedirects` (any other method) is false;
- `map` follows dotted names and skips rows without the value; `!` and `contains` accept texts;
- `pagination.page` is 1 while the first page is evaluated, and is undefined without pagination;
- a reply below 400 for which `response.valid` is false stops the run with its message;
- a post whose webhook has a false `condition` starts no run; the names of its headers are in lower case;
- `sha256` hashes UTF-8 and writes hexadecimal digits; `timestamp` is in whole seconds;
- a connection that ends before the whole answer is a ConnectionError, and a time-out a ModuleTimeoutError;
- a status of 400 and above is an error; 429 is a RateLimitError and 500 and above a ConnectionError unless
  the app defines otherwise.

Waiting, retries, rate limits, scheduling and Make's own storage are left out.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from support.make.expressions import UNDEFINED, moment, transform
from support.make.forms import filled
from support.make.requests import Json, MakeError, Wire, built, check_valid, refuse, reply, send_plain

MOST_REQUESTS = 50
MOST_PAST = 3_200


@dataclass
class MakeApp:
    """The files of an app, read from its folder."""

    manifest: Json
    files: Mapping[str, Any]

    @classmethod
    def load(cls, folder: Path) -> "MakeApp":
        source = folder / "src"
        found = {
            path.relative_to(source).as_posix(): json.loads(path.read_text("utf-8"))
            for path in source.rglob("*.json")
        }
        return cls(found["makecomapp.json"], found)

    def components(self, kind: str) -> Mapping[str, Json]:
        found: Mapping[str, Json] = self.manifest["components"][kind]
        return found

    def code(self, kind: str, name: str, code: str) -> Any:
        return self.files[self.components(kind)[name]["codeFiles"][code]]

    @property
    def base(self) -> Json:
        found: Json = self.files[self.manifest["generalCodeFiles"]["base"]]
        return found


@dataclass
class State:
    """The state that Make stores of a trigger between two runs."""

    last: Any = None
    same_date_ids: set[str] = field(default_factory=set)


@dataclass
class Connected:
    """An app with a connection, on which scenarios run."""

    app: MakeApp
    wire: Wire
    now: datetime
    connection: Json
    shown_as: str = ""
    refresh: Json | None = None

    def run(self, module: str, **given: Any) -> list[Json]:
        """Run an action, a search or the universal module; return its bundles."""
        api = self.app.code("module", module, "communication")
        form = [
            *self.app.code("module", module, "staticParams"),
            *self.app.code("module", module, "mappableParams"),
        ]
        parameters = filled(form, given)
        anonymous = self.app.components("module")[module].get("connection", "") is None
        return list(
            self._bundles(api, {"parameters": parameters, **({"connection": {}} if anonymous else {})})
        )

    def poll(self, module: str, state: State, **given: Any) -> list[Json]:
        """Run a polling trigger once; return at most `limit` new records, oldest first; update the state."""
        api = self.app.code("module", module, "communication")
        parameters = filled(self.app.code("module", module, "staticParams"), given)
        by_id = api["response"]["trigger"]["type"] == "id"
        last = UNDEFINED if by_id else state.last or UNDEFINED
        context = {"parameters": parameters, "data": {"lastDate": last}}
        rows = self._past(api, context, state)
        rows.sort(key=lambda one: (one[0], one[1]))
        fresh = [one for one in rows if not _is_done(one, state)]
        limit = transform(api["response"].get("limit", 1), self._context(context))
        if limit == 0:
            raise MakeError("InvalidConfigurationError", "The limit is 0.")
        handed = fresh[:limit]
        for when, id_, _row in handed:
            if when != state.last:
                state.last, state.same_date_ids = when, set()
            state.same_date_ids.add(id_)
        return [row for _when, _id, row in handed]

    def _past(self, api: Json, context: Json, state: State) -> list[tuple[Any, str, Json]]:
        trigger, found = api["response"]["trigger"], []
        for here in self._pages(api, context):
            page = []
            for item in self._items(api, here):
                inner = {**here, "item": item}
                mark = transform(trigger, inner)
                row = transform(api["response"].get("output", "{{item}}"), inner)
                page.append((_place(mark), str(mark["id"]), row))
            found.extend(page)
            older = any(when < state.last for when, _id, _row in page) if state.last else False
            if (trigger["order"] == "desc" and older) or len(found) >= MOST_PAST:
                break
        return found

    def epoch(self, module: str) -> list[Json]:
        """Return the list that "Choose where to start" shows: `label` and `date` of the latest records.

        The output of the trigger itself is merged in, so it has more members, which the list does not show.
        """
        return [{key: shown[key] for key in ("label", "date")} for shown, _state in self.starts(module)]

    def starts(self, module: str) -> list[tuple[Json, State]]:
        """Return the entries of `epoch`, each with the state of a trigger that starts with that record."""
        over = self.app.code("module", module, "epoch")
        api = _merged(self.app.code("module", module, "communication"), over)
        said = api["response"]
        marked = {"shown": said["output"], "mark": said["trigger"]}
        rows = self._bundles(_merged(api, {"response": {"output": marked}}), {"parameters": {}, "data": {}})
        return [(row["shown"], State(_place(row["mark"]))) for row in rows]

    def rpc(self, name: str, **given: Any) -> list[Json]:
        """Fill a dropdown; Make allows at most three requests."""
        before = len(self.wire.log)
        parameters = filled(self.app.code("rpc", name, "params"), given)
        found = list(self._bundles(self.app.code("rpc", name, "communication"), {"parameters": parameters}))
        assert len(self.wire.log) - before <= 3, f"{name} needs more than three requests."
        return found

    # --- Webhooks

    def attach(self, webhook: str, url: str, **given: Any) -> Json:
        """Subscribe an address at the vendor; return what Make stores for `detach` and the posts."""
        parameters = filled(self.app.code("webhook", webhook, "params"), given)
        here = self._webhook_call(webhook, "attach", {"url": url}, parameters)
        data = self.app.code("webhook", webhook, "attach").get("response", {}).get("data", {})
        return {"url": url, **transform(data, here)}

    def detach(self, webhook: str, kept: Json) -> None:
        """Unsubscribe the address."""
        self._webhook_call(webhook, "detach", kept, {})

    def _webhook_call(self, webhook: str, code: str, kept: Json, parameters: Json) -> Json:
        api = self.app.code("webhook", webhook, code)
        return self._reply(api, self._context({"parameters": parameters, "webhook": kept}), None)

    def deliver(
        self, module: str, posted: Any, headers: Mapping[str, str] | None = None, kept: Json | None = None
    ) -> list[Json]:
        """Run an instant trigger with the body and headers that were posted to its address.

        `kept` is what `attach` returned.
        """
        webhook = self.app.components("module")[module]["webhook"]
        said = self.app.code("webhook", webhook, "communication")
        named = {name.lower(): value for name, value in (headers or {}).items()}
        here = self._context({"body": posted, "headers": named, "webhook": kept or {}})
        if not transform(said.get("condition", True), here):
            return []
        payload = transform(said.get("output", "{{body}}"), here)
        api = self.app.code("module", module, "communication")
        if not api:
            return [payload]
        return list(self._bundles(api, {"parameters": {}, "payload": payload}))

    # --- Requests

    def _refresh(self) -> None:
        """Request new tokens before a run if the connection's `refresh` condition says so."""
        context = {"now": self.now, "data": self.connection, "parameters": self.connection, "common": {}}
        if self.refresh and transform(self.refresh["condition"], context):
            here = send_plain(self.refresh, self.wire, context)
            self.connection = {**self.connection, **transform(self.refresh["response"]["data"], here)}

    def _bundles(self, api: Json, context: Json) -> Iterator[Json]:
        limit = transform(api["response"].get("limit", UNDEFINED), self._context(context))
        if limit == 0:
            raise MakeError("InvalidConfigurationError", "The limit is 0.")
        count = 0
        for here in self._pages(api, context):
            for item in self._items(api, here):
                made = transform(api["response"].get("output", "{{body}}"), {**here, "item": item})
                if made is UNDEFINED or made is None:
                    continue
                yield made
                count += 1
                if isinstance(limit, int) and count >= limit:
                    return

    def _items(self, api: Json, context: Json) -> Iterator[Any]:
        """Return a page's records that match the condition; without `iterate`, the reply is one record."""
        iterate = api["response"].get("iterate")
        if iterate is None:
            yield UNDEFINED
            return
        said = iterate if isinstance(iterate, dict) else {"container": iterate}
        rows = transform(said["container"], context)
        for row in rows if isinstance(rows, list) else []:
            if transform(said.get("condition", True), {**context, "item": row}):
                yield row

    def _pages(self, api: Json, context: Json) -> Iterator[Json]:
        """Send requests while the paging condition is true; yield the context with each reply."""
        pagination, over, page = api.get("pagination"), None, 1
        here = self._context({**context, "pagination": {"page": 1}})
        for _ in range(MOST_REQUESTS):
            here = self._reply(api, here, over)
            yield here
            if pagination is None:
                return
            over = pagination
            for number in (page, page + 1):
                here = {**here, "pagination": {"page": number}}
                if not transform(pagination.get("condition", True), here):
                    return
            page += 1

    def _reply(self, api: Json, context: Json, over: Json | None) -> Json:
        request = built(api, self.app.base, context, over)
        sanitize = [
            *self.app.base.get("log", {}).get("sanitize", []),
            *api.get("log", {}).get("sanitize", []),
        ]
        response = self.wire.send(request, sanitize)
        here = {**context, **reply(response, binary=api.get("response", {}).get("type") == "binary")}
        if response.status_code >= 400:
            error = api.get("response", {}).get("error", self.app.base.get("response", {}).get("error"))
            raise refuse(response, error, here)
        check_valid(response, api.get("response", {}).get("valid", True), here)
        return here

    def _context(self, context: Json) -> Json:
        self._refresh()
        seconds = int(self.now.timestamp())
        return {
            "now": self.now,
            "timestamp": seconds,
            "connection": self.connection,
            "common": {},
            **context,
        }


def _place(mark: Json) -> Any:
    """Return what a trigger sorts a record by, from the expressions of its `trigger`."""
    return mark["id"] if mark["type"] == "id" else moment(mark["date"])


def _is_done(one: tuple[Any, str, Json], state: State) -> bool:
    when, id_, _row = one
    return state.last is not None and (
        when < state.last or (when == state.last and id_ in state.same_date_ids)
    )


def _merged(one: Any, other: Any) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        return {**one, **{key: _merged(one.get(key), value) for key, value in other.items()}}
    return other
