"""Every field of every write has an effect, and a repeated write is complete or has none.

Fields and values come from the documents. Each value is sent to the same state of a tenant, which a snapshot
restores, and the states afterwards are compared.
"""

import copy
import itertools
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import pytest
from contract.sandbox.documents import Operation, document
from contract.sandbox.served import ACME, Served, served
from contract.sandbox.state import Changes, State
from support.asgi_client import Answer
from support.each import each

from mock_server import vendors

VENDORS = vendors.names()
WRITES = [
    (vendor, operation.id)
    for vendor in VENDORS
    for operation in document(vendor).operations.values()
    if operation.method in {"POST", "PUT", "PATCH"} and not operation.is_public
]
"""All operations with a body except logins, which `tests/mock_server/test_tokens.py` tests."""
AT = 1_780_000_000_000_000
MARKS = ("mark-one", "mark-two")
VALID = {"policyId": ["refund-any-carrier", "store_credit-keep-it"]}
"""Values of fields that accept only some texts, although their schema accepts any."""
Field = tuple[str | int, ...]

_OF_THE_LINE = "The line's UUID says which item is meant."
_NOT_SHOWN = "No documented field of a return shows it."
_ONE_LINE = "The record of the example has one line."
_ONE_ORDER = "Another order has other lines, so the request is refused."
_CREATE_RETURN: Mapping[str, str] = {
    "item_id": _OF_THE_LINE,
    "item_name": _OF_THE_LINE,
    "item_uuid": "Another item than that of the line is refused.",
    "rma_quantity": "The line of the example has one unit.",
    "uuid": _ONE_LINE,
}
WITHOUT_EFFECT: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("exsited", "create_return"): _CREATE_RETURN,
    ("exsited", "create_return_v2"): _CREATE_RETURN,
    ("exsited", "receive_return"): {"uuid": _ONE_LINE},
    ("exsited", "receive_return_v2"): {"uuid": _ONE_LINE},
    ("returngo", "get_eligible_policies"): {"order_name": _ONE_ORDER, "shopLineItemId": _ONE_LINE},
    ("returngo", "create_rma_by_policy"): {"order_name": _ONE_ORDER, "shopLineItemId": _ONE_LINE},
    ("returngo", "create_shipment_tracker"): {"shipmentId": "It says which shipment is meant."},
    ("returngo", "update_transaction"): {"status": "The transaction of the example is settled."},
    ("swap", "update_quality_control"): {
        "carton_id": _NOT_SHOWN,
        "order_date": _NOT_SHOWN,
        "receipt_date": _NOT_SHOWN,
        "provider": "The document calls it legacy and ignored.",
        "store_id": "It says which store is meant; there is one.",
    },
}
"""Fields that make no difference, or that have one valid value in the example; each with its reason."""


@pytest.fixture(scope="module")
def apis() -> Iterator[Mapping[str, Served]]:
    """All vendors, each with a tenant and a snapshot of it."""
    opened: dict[str, Any] = {vendor: served(vendor, seed_size=25) for vendor in VENDORS}
    apis: dict[str, Served] = {vendor: context.__enter__() for vendor, context in opened.items()}
    for api in apis.values():
        item = {"sku": "BOOT-CHE-39", "quantity": 3, "reason": "wrong_size"}
        wanted = {"vendor": api.vendor, "customer_email": "kim@example.com", "items": [item]}
        for number in ("#9001", "#9002"):  # with several units, so that a part of them can be received
            api.control("POST", f"/tenants/{ACME}/returns", json={**wanted, "order_number": number})
        api.control("POST", f"/tenants/{ACME}/snapshots", json={"name": "before"})
    yield apis
    for context in opened.values():
        context.__exit__(None, None, None)


def restore(api: Served) -> State:
    api.control("POST", f"/tenants/{ACME}/snapshots/before/restore")
    return read(api)


def read(api: Served) -> State:
    return State.read(api.app.world.store, ACME, api.vendor)


def request(api: Served, operation: Operation) -> tuple[dict[str, str], Any]:
    """Return path parameters and a body with which an operation succeeds: those of Swagger UI."""
    found = vendors.load(api.vendor, api.app.world).examples(ACME)
    names = operation.path_names
    path = {name: str(found.path.get(f"{operation.id}.{name}") or found.path[name]) for name in names}
    if operation.id in found.bodies:
        return path, found.bodies[operation.id]
    content = operation.raw["requestBody"]["content"]["application/json"]
    body = content["example"] if "example" in content else next(iter(content["examples"].values()))["value"]
    rows = {name: api.app.world.store.rows(ACME, api.vendor, name.removesuffix("Id")) for name in body}
    return path, body | {name: known[-1].id for name, found in rows.items() if (known := list(found))}


def send(api: Served, operation: Operation, path: Mapping[str, str], body: Any) -> tuple[Answer, Changes]:
    before = read(api)
    answer = api.call(operation, path, json=body)
    return answer, read(api).since(before, api.app.world.store, ACME)


def fields(
    api: Served, schema: Mapping[str, Any], at: Field = (), member_of: Mapping[str, Any] | None = None
) -> Iterator[tuple[Field, dict[str, Any], Mapping[str, Any]]]:
    """Yield each plain field of a body: its path, its schema, and what the member of an array needs besides.

    Of an array, these are the fields of its first member, for each kind of members.
    """
    for name, raw in schema.get("properties", {}).items():
        member = api.document.merged(raw)
        if member.get("type") == "object":
            yield from fields(api, member, (*at, name), member_of)
        elif member.get("type") == "array":
            items = api.document.merged(member["items"])
            for variant in items.get("oneOf", [items]):
                inner = api.document.merged(variant)
                needed = {one: inner["properties"][one].get("example") for one in inner.get("required", ())}
                yield from fields(api, inner, (*at, name, 0), needed)
        else:
            yield (*at, name), member, member_of or {}


def values(schema: Mapping[str, Any]) -> list[Any]:
    """Return two valid values of a plain field that differ."""
    kind, pattern = schema.get("type"), schema.get("pattern", "")
    known: dict[bool, list[Any]] = {
        True: [mark[-min(len(mark), schema.get("maxLength", 100)) :] for mark in MARKS],
        "[1-9]" in pattern: ["1", "2"],
        "http" in pattern: ["https://one.example.com/in", "https://two.example.com/in"],
        schema.get("format") == "date-time" or "anyOf" in schema: [
            "2026-05-01T10:00:00Z",
            "2026-05-02T11:00:00Z",
        ],
        schema.get("format") == "email": ["one@example.com", "two@example.com"],
        kind in {"integer", "number"}: [schema.get("minimum", 1), schema.get("minimum", 1) + 1],
        kind == "boolean": [True, False],
        "enum" in schema: list(schema.get("enum", ())),
    }
    return known[True]


def with_value(body: Any, field: Field, value: Any, needed: Mapping[str, Any]) -> Any:
    changed = copy.deepcopy(body)
    holder = changed
    for step, following in pairwise(field):
        empty: Any = [] if isinstance(following, int) else {}
        if isinstance(step, int):
            if not holder:
                holder.append(empty)
            holder = holder[step]
        else:
            holder = holder.setdefault(step, empty)
    if not needed.keys() <= holder.keys():  # a member of another kind, or a new one
        holder.clear()
        holder.update(needed)
    holder[field[-1]] = value
    return changed


def shown(changes: Changes) -> list[Any]:
    """Return what a request left behind: the new rows, the ledger events and the deliveries.

    The ID of an event in a delivery is random, so it is left out.
    """
    return [
        *((row.kind, row.id, row.after) for row in changes.rows),
        *((one.kind, one.subject, one.body) for one in changes.events),
        *((one.event, one.url, re.sub(rb"evt_[0-9a-f]+", b"evt", one.body)) for one in changes.deliveries),
    ]


@pytest.mark.parametrize(("vendor", "operation_id"), WRITES)
def test_every_field_has_an_effect(apis: Mapping[str, Served], vendor: str, operation_id: str) -> None:
    api = apis[vendor]
    operation = api.document.operations[operation_id]
    restore(api)
    path, body = request(api, operation)
    schema = api.document.body(operation)
    assert schema is not None
    answer, _ = send(api, operation, path, body)
    assert answer.ok, answer
    without = set()
    for field, of, needed in each(fields(api, schema)):
        outcomes = []
        for value in VALID.get(str(field[-1]), values(of)):
            restore(api)
            answer, changes = send(api, operation, path, with_value(body, field, value, needed))
            if answer.ok:
                outcomes.append((value, shown(changes) or answer.content))
        if len(outcomes) < 2 or all(one == outcomes[0][1] for _, one in outcomes[1:]):
            without.add(str(field[-1]))
        elif isinstance(outcomes[0][0], str) and outcomes[0][0] == MARKS[0]:
            assert all(value in str(left) for value, left in outcomes), f"{field} is not kept."
    assert without == set(WITHOUT_EFFECT.get((vendor, operation_id), {}))


@pytest.mark.parametrize(("vendor", "operation_id"), WRITES)
def test_repeated_write_is_complete_or_has_no_effect(
    apis: Mapping[str, Served], vendor: str, operation_id: str
) -> None:
    """The second time, the ledger and the outbox get the same kinds of entries, or none at all."""
    api = apis[vendor]
    operation = api.document.operations[operation_id]
    restore(api)
    path, body = request(api, operation)
    first, once = send(api, operation, path, body)
    assert first.ok, first
    second, twice = send(api, operation, path, body)
    if not second.ok:
        assert second.status == 400
        assert not twice.any
    kinds = [(one.kind, one.body.get("to")) for one in once.events]
    again = [(one.kind, one.body.get("to")) for one in twice.events]
    assert again in (kinds, [], [one for one in kinds if one[1] is None]), "The repetition is half done."
    if not again:
        assert not twice.deliveries
    else:
        created = [row for row in twice.rows if row.before is None and row.kind == "return"]
        assert len(created) == len([row for row in once.rows if row.before is None and row.kind == "return"])
    assert api.differences() == []


def without(body: Any, field: Field) -> Any:
    """Return a body without a field."""
    changed = copy.deepcopy(body)
    holder = changed
    for step in field[:-1]:
        holder = holder[step]
    holder.pop(field[-1], None)
    return changed


DEFAULTS = [
    (vendor, operation.id)
    for vendor in VENDORS
    for operation in document(vendor).operations.values()
    if "default" in str(document(vendor).body(operation))
]


@pytest.mark.parametrize(("vendor", "operation_id"), DEFAULTS)
def test_missing_field_has_the_effect_of_its_documented_default(
    apis: Mapping[str, Served], vendor: str, operation_id: str
) -> None:
    api = apis[vendor]
    operation = api.document.operations[operation_id]
    restore(api)
    path, body = request(api, operation)
    schema = api.document.body(operation)
    assert schema is not None
    with_default = [
        (field, of["default"], needed) for field, of, needed in fields(api, schema) if "default" in of
    ]
    for field, default, needed in each(with_default):
        bodies = (with_value(body, field, default, needed), without(body, field))
        outcomes = []
        for one in bodies:
            restore(api)
            answer, changes = send(api, operation, path, one)
            assert answer.ok, answer
            outcomes.append(shown(changes))
        assert outcomes[0] == outcomes[1], f"A missing {field} does not mean {default!r}."


CONDITIONS = [
    (vendor, name)
    for vendor in VENDORS
    for name, hook in document(vendor).raw.get("x-webhooks", {}).items()
    if "x-conditions" in hook["post"]
]


@pytest.mark.parametrize(("vendor", "name"), CONDITIONS)
def test_missing_condition_of_a_webhook_has_its_documented_default(vendor: str, name: str) -> None:
    described = document(vendor).raw["x-webhooks"][name]["post"]["x-conditions"]["properties"]
    (setting,) = [key for key, schema in described.items() if "default" in schema]
    default, choices = described[setting]["default"], described[setting]["enum"]
    lists = {key: one["items"]["enum"] for key, one in described.items() if one["type"] == "array"}
    format_ = vendors.webhooks_of(vendor)
    assert format_ is not None
    differs = 0
    for kind in each(format_.kinds):
        for values in each(itertools.product(*lists.values())):
            given = {key: [value] for key, value in zip(lists, values, strict=True)}
            for number in range(6):
                record = format_.sample(kind.name, number, AT)
                wanted = {choice: format_.wants({**given, setting: choice}, record) for choice in choices}
                assert format_.wants(given, record) == wanted[default], (given, number)
                differs += len(set(wanted.values())) > 1
    assert differs, "No record shows what the setting means."
