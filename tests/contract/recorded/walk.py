"""A walk through one vendor's API and its control plane: many requests, drawn from the documents.

Each step is drawn for itself, from the documents and from what the tenant's records show at that moment, so
that the same steps follow on the same answers in every run.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from contract.recorded.control import WEIGHTS, Merchant
from contract.recorded.draws import Draws, Values, known_values
from contract.recorded.lines import Fingerprints, answer_line, change_lines, compact, plain
from contract.sandbox.documents import Json, Operation, document
from contract.sandbox.ids import KINDS, ids, kind_of
from contract.sandbox.served import ACME, Served
from contract.sandbox.state import NOTHING_CHANGED, Changes, State
from support.asgi_client import Answer

import openapi
from mock_server.app import CONTROL_PATH

PAUSES = (1, 3_600, 21 * 3_600, 49 * 3_600, 9 * 86_400)
"""How far time goes on at once, in seconds."""
PAUSE_WEIGHT = 14
"""How often time goes on, compared with the operations of the control plane (`WEIGHTS`)."""
AS_THEY_ARE = {"forget_customer"}
"""Operations whose bodies are not varied: only one customer is erased, the others have to stay."""
UNKNOWN = "404404"
NEWEST_RECORDS = 40
"""How many records the values of a field are drawn from, unless a request is about one record."""
Records = Mapping[tuple[str, str], bytes]
"""The JSON documents of a tenant, by kind and ID."""
_LOGINS = re.compile(r"""["?&](code|refresh_token|client_id|client_secret)(?:=|":")([^&"]+)""")


@dataclass
class Walk:
    """The walk of one vendor, and what it has met.

    `sent` has the parameters and fields of successful requests, `outcomes` whether requests succeeded; both
    are keyed by operation. `statuses` are the statuses that returns had. `secrets` are the newest codes and
    tokens of answers, by the name of the field that takes them.
    """

    api: Served
    sent: dict[str, set[str]] = field(default_factory=dict)
    outcomes: dict[str, set[bool]] = field(default_factory=dict)
    statuses: set[str] = field(default_factory=set)
    prints: Fingerprints = field(default_factory=Fingerprints)
    secrets: dict[str, str] = field(default_factory=dict)

    def steps(self, count: int) -> Iterator[list[str]]:
        """Take steps, and yield the lines of what each of them did; first come the tenant's records.

        Before the drawn steps, each operation is called with its example, and a return gets each status.
        """
        store, before = self.api.app.world.store, State({}, {}, (), 0, 0)
        after = self._read()
        changes = after.since(before, store, ACME)
        yield ["The tenant is created", *change_lines(changes, before, after, self.prints)]
        first = list(self._first_steps())
        for number in range(1, count + len(first) + 1):
            before, writes = after, store._connection.total_changes
            draws = Draws(f"{self.api.vendor} {number}")
            title, answer = first[number - 1](draws) if number <= len(first) else self._step(draws, before)
            if store._connection.total_changes != writes:
                after = self._read()
            changes = after.since(before, store, ACME) if after is not before else NOTHING_CHANGED
            self._note_statuses(changes)
            shown = [f"{number} {title}", *([f"  {answer_line(answer, self.prints)}"] if answer else [])]
            lines = (*shown, *change_lines(changes, before, after, self.prints))
            yield [plain(line.encode()).decode() for line in lines]

    def _first_steps(self) -> Iterator[Callable[[Draws], tuple[str, Answer]]]:
        """Yield a call of each operation with its example, and the moves of a return to each status."""
        for operation in self.api.document.operations.values():
            yield partial(self._ask_vendor, operation, {}, as_example=True)
        table = self.api.document.raw["x-transitions"]["return"]
        ways: dict[str, list[str]] = {status: [] for status in table[""]}
        for status in (queue := list(ways)):
            for following in table[status]:
                if following not in ways:
                    ways[following] = [*ways[status], following]
                    queue.append(following)
        control = document(openapi.CONTROL_PLANE).operations
        for way in ways.values():
            yield partial(self._ask_control, control["create_tenant_return"], {}, as_example=True)
            for status in way:
                yield partial(self._move_newest, status)

    def _move_newest(self, status: str, _draws: Draws) -> tuple[str, Answer]:
        """Move the newest return as the merchant."""
        id_ = ids(self.api, ACME, "return")[-1]
        body = {"vendor": self.api.vendor, "status": status}
        path = f"{CONTROL_PATH}/tenants/{ACME}/returns/{id_}/move"
        return f"move_return {id_} {status}", self.api.client.call("POST", path, json=body)

    def _read(self) -> State:
        return State.read(self.api.app.world.store, ACME, self.api.vendor)

    def _step(self, draws: Draws, state: State) -> tuple[str, Answer | None]:
        records = {key: row[-1] for key, row in state.rows.items()}
        if draws.happens(55):
            every = list(self.api.document.operations.values())
            operation = draws.one([*every, *(one for one in every if one.method != "GET")])
            return self._ask_vendor(operation, records, draws)
        names = [name for name, weight in WEIGHTS.items() for _ in range(weight)]
        name = draws.one([*names, *[""] * PAUSE_WEIGHT])
        if name:
            operation = document(openapi.CONTROL_PLANE).operations[name]
            return self._ask_control(operation, records, draws)
        seconds = draws.one(PAUSES)
        self.api.advance(seconds)
        return f"{seconds} seconds pass", None

    def _ask_vendor(
        self, operation: Operation, records: Records, draws: Draws, *, as_example: bool = False
    ) -> tuple[str, Answer]:
        """Call an operation of the vendor's API, with its example or a variant of it."""
        merchant = Merchant(self.api)
        examples = merchant.vendor.examples(ACME)
        path = self._path(operation, draws, examples.path, as_example=as_example)
        known, likely = _known(draws, records, path.values()), self._following(path.values())
        values = Values(self.api.document, draws, known, likely)
        body = self._body(operation, values, examples.bodies.get(operation.id), as_example=as_example)
        if operation.is_public:
            body = self._login(body, draws)
        query = [] if as_example else self._query(operation, values)
        headers = {} if as_example else self._shop(draws, merchant.shops)
        answer = self.api.call(operation, path, query, body, headers=headers)
        self._note(operation, answer, query, body)
        shown = (path, dict(query), headers, {} if operation.is_public else body)
        return " ".join([operation.id, *(compact(one) for one in shown if one)]), answer

    def _ask_control(
        self, operation: Operation, records: Records, draws: Draws, *, as_example: bool = False
    ) -> tuple[str, Answer]:
        """Call an operation of the control plane."""
        merchant, known = Merchant(self.api), _known(draws, records, ())
        values = Values(document(openapi.CONTROL_PLANE), draws, known)
        values = Values(values.document, draws, {**known, **merchant.words(values.times())})
        path = {name: one for name, one in merchant.path(draws).items() if name in operation.path_names}
        values.likely = self._following(path.values())
        example = merchant.body(operation.id, path, draws, known)
        body = self._body(operation, values, example, as_example=as_example)
        query = self._query(operation, values)
        target = operation.path.replace("{tenant}", ACME)
        for name, value in path.items():
            target = target.replace(f"{{{name}}}", value)
        answer = self.api.client.call(operation.method, f"{CONTROL_PATH}{target}", query, body)
        self._note(operation, answer, query, body)
        return " ".join([operation.id, *(compact(one) for one in (path, dict(query), body) if one)]), answer

    def _path(
        self, operation: Operation, draws: Draws, examples: Mapping[str, str], *, as_example: bool
    ) -> dict[str, str]:
        """Draw the IDs of a path: those of the example, of a record with its parents, or unknown ones."""
        names = operation.path_names
        given = {name: examples.get(f"{operation.id}.{name}", examples.get(name, "")) for name in names}
        if not names or (all(given.values()) and (as_example or draws.happens(50))):
            return given
        kinds = [kind_of(name, operation.path) for name in names]
        found = Merchant(self.api).record(kinds[-1], draws)
        if (draws.happens(6) and not as_example) or not found:
            return {
                name: UNKNOWN if place else one or UNKNOWN for place, (name, one) in enumerate(given.items())
            }
        chain = [found]
        for kind in reversed(kinds[1:]):
            row = self.api.app.world.store.row(ACME, self.api.vendor, kind, chain[0])
            chain.insert(0, row.parent if row else UNKNOWN)
        return dict(zip(names, chain, strict=True))

    def _following(self, names: Iterable[str]) -> dict[str, list[str]]:
        """Return the statuses to which a record can go that the path names, by the document's table."""
        tables = self.api.document.raw["x-transitions"]
        for kind, table in tables.items():
            for id_ in names:
                row = self.api.app.world.store.row(ACME, self.api.vendor, kind, id_)
                if row is not None and table.get(row.status):
                    return {"status": table[row.status]}
        return {}

    def _shop(self, draws: Draws, shops: Sequence[str]) -> dict[str, str]:
        """Draw one of the shops of the account for a third of the requests; the others use the first."""
        if not shops or draws.happens(65):
            return {}
        names = [name for name, value in self.api.observers[ACME]["headers"].items() if value in shops]
        return dict.fromkeys(names, draws.one(shops))

    def _login(self, body: dict[str, Any], draws: Draws) -> dict[str, Any]:
        """Return a login with the tenant's credentials, and with codes and tokens of earlier answers."""
        fields = self.api.logins[ACME]["fields"] if draws.happens(85) else {}
        own = {**fields, **self.secrets}
        given = {name: own.get(name, value) for name, value in body.items()}
        return given | {name: own[name] for name in own if name in {"code", "refresh_token"}}

    def _body(self, operation: Operation, values: Values, example: Any, *, as_example: bool) -> Any:
        """Draw a body that varies an example: the given one, or one of the document with IDs that exist."""
        schema = values.document.body(operation)
        if schema is None:
            return None
        if example is None:
            raw = values.document.resolve(operation.raw["requestBody"])["content"]["application/json"]
            examples = raw.get("examples", {"": {"value": raw.get("example")}})
            example = values.draws.one([one["value"] for one in examples.values()])
            for name in [name for name in example if name in KINDS]:
                example = {**example, name: values.draws.one(ids(self.api, ACME, KINDS[name])[-4:] or [""])}
        is_kept = (
            as_example or operation.id in AS_THEY_ARE or (not values.likely and values.draws.happens(40))
        )
        return example if is_kept or "properties" not in schema else values.vary(schema, example)

    def _query(self, operation: Operation, values: Values) -> list[tuple[str, str]]:
        """Draw query parameters; those of the login are added later, and cursors belong to one list only."""
        login = self._places(operation)
        return [
            (one["name"], _parameter(one, values))
            for one in operation.parameters
            if one["in"] == "query"
            and (one.get("required") or values.draws.happens(25))
            and "cursor" not in one["name"]
            and one["name"] not in login
        ]

    def _places(self, operation: Operation) -> set[str]:
        """Return the query parameters of an operation that take a part of the login."""
        login = set(self.api.observers[ACME]["query"].values())
        return {
            one["name"]
            for one in operation.parameters
            if one["in"] == "query" and one.get("required") and one.get("example") in login
        }

    def _note(
        self, operation: Operation, answer: Answer, query: Iterable[tuple[str, str]], body: Any
    ) -> None:
        self.outcomes.setdefault(operation.id, set()).add(answer.ok)
        self.secrets |= dict(_LOGINS.findall(answer.content.decode(errors="replace")))
        if answer.ok:
            names = {*(name for name, _ in query), *(body if isinstance(body, dict) else ())}
            self.sent.setdefault(operation.id, set()).update(names)

    def _note_statuses(self, changes: Changes) -> None:
        for event in changes.events:
            if event.kind in {"return.created", "return.state_changed"}:
                self.statuses |= {event.body[name] for name in ("status", "to") if name in event.body}


def _known(draws: Draws, records: Records, names: Iterable[str]) -> dict[str, list[Any]]:
    """Return values for fields: mostly those of one record, which the IDs of the path name or a draw."""
    wanted = set(names)
    focus = [record for (_, id_), record in records.items() if id_ in wanted]
    if not focus and records:
        focus = [draws.one(list(records.values())[-12:])]
    newest = list(records.values())[-NEWEST_RECORDS:]
    return {**known_values(newest), **(known_values(focus) if draws.happens(85) else {})}


def _parameter(parameter: Json, values: Values) -> str:
    """Draw the value of a query parameter."""
    schema = values.document.merged(parameter["schema"])
    meaning = parameter.get("x-filters", {})
    name = str(meaning.get("field", parameter["name"])).rpartition(".")[2]
    inner = values.document.merged(schema["items"]) if "items" in schema else schema
    value = str(values.plain(inner, name, parameter.get("example", schema.get("example"))))
    if inner.get("type") == "boolean":
        return value.lower()
    if "separator" in meaning and values.draws.happens(40):
        other = values.plain(inner, name, parameter.get("example"))
        return f"{value}{meaning['separator']} {other}"
    if meaning.get("compare") == "operator":
        time = values.draws.one(values.times() or ["2026-06-01T00:00:00Z"])
        return f"{values.draws.one(('gte', 'lt', 'eq'))}:{time[:19]}"
    return value
