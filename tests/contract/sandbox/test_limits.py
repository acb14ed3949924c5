"""The sandbox accepts what is exactly on the limit of a rule, and refuses the next value beyond it.

Each keyword of each document is tried on both sides (`support/limits.py`), and an invented API has the
keywords that few documents have. Schemathesis tries the control plane.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import jsonschema_rs
import pytest
from contract.sandbox.served import ACME, Served, served
from support import limited
from support.asgi_client import Answer
from support.each import each
from support.engine_api import Caller, Gate, Shop, build
from support.json_schemas import nullable
from support.limits import Side, rules, sides
from support.requests.inputs import Described, described, limit_sides

from mock_server import vendors
from mock_server.engine.call import Call
from mock_server.engine.reply import Reply

INVALID = {400, 422}


def text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def pairs(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return query parameters; each member of an array is sent by itself."""
    return [
        (name, text(one))
        for name, value in values.items()
        for one in (value if isinstance(value, list) else [value])
    ]


def sent(api: Served, operation: Described, values: Mapping[str, Any]) -> Answer:
    """Send an operation with these inputs."""
    placed: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "body": {}}
    for name, value in values.items():
        placed[operation.places[name]][name] = value
    path = {name: text(value) for name, value in placed["path"].items()}
    body = placed["body"] if "body" in operation.places.values() else None
    return api.call(operation.id, path, pairs(placed["query"]), body)


def can_be_sent(api: Served, operation: Described, side: Side) -> bool:
    """Return False for a path without a segment, an array without members, and what the login fills."""
    filled = api.observers[ACME]["query"]
    return all(
        side.value.get(name) not in {"path": (None, ""), "query": ([],)}.get(place, ())
        for name, place in operation.places.items()
    ) and not (filled and side.rule.keyword == "required" and not side.allowed)


def problems(api: Served, operation: Described, found: Iterable[Side]) -> list[str]:
    """Send the sides of one rule, and return a sentence for each that is answered otherwise than documented.

    An operation may refuse a valid request because of the state of a record (`x-refuses`). Its answer then
    differs from the one to the value beyond the limit.
    """
    answers = [
        (side, sent(api, operation, side.value)) for side in found if can_be_sent(api, operation, side)
    ]
    beyond = [answer.body for side, answer in answers if not side.allowed]
    may_refuse = "x-refuses" in api.document.operations[operation.id].raw
    return [
        f"{side.rule.name}: {'allowed' if side.allowed else 'refused'} {side.value!r}: {answer}"
        for side, answer in answers
        if (answer.status in INVALID) == side.allowed
        and not (side.allowed and may_refuse and beyond and answer.body not in beyond)
    ]


@pytest.mark.parametrize("vendor", vendors.names())
def test_limits_are_accepted_and_what_is_beyond_them_is_refused(vendor: str) -> None:
    with served(vendor, seed_size=3) as api:
        for name, ruled in each(limit_sides(vendor).items()):
            for found in ruled.values():
                assert problems(api, described(vendor)[name], found) == []


class Things(Shop):
    """Answers every valid request of the invented API."""

    def create_thing(self, _call: Call) -> Reply:
        return Reply(201, {})

    def list_things(self, _call: Call) -> Reply:
        return Reply(200, {})


def invented(document: dict[str, Any]) -> None:
    document["paths"] = limited.paths()


@pytest.mark.parametrize("operation", limited.schemas())
def test_every_keyword_is_checked_to_its_limit(operation: str) -> None:
    gate = Gate()
    gate.left = 10_000
    call = Caller(build(Things(), gate, invented))
    schema = limited.schemas()[operation]
    judge = jsonschema_rs.Draft4Validator(nullable(schema), validate_formats=True)
    for rule in each(rules(schema)):
        for side in each(sides(rule, limited.valid_values(schema), judge.is_valid)):
            as_query = operation == limited.LIST
            options = {"params": pairs(side.value)} if as_query else {"json": side.value}
            answer = call("GET" if as_query else "POST", "/things", **options)
            empty = as_query and [] in side.value.values()
            assert empty or (answer.status_code < 300) == side.allowed, (rule.name, side.value, answer.text)
