"""Tries the generated inputs of every operation, action, search and searching dropdown of a vendor."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Literal

import httpx

from connector.errors import AuthenticationError, NotFound, ValidationFailed
from support.any_vendor import open_any
from support.contract import ContractBroken
from support.fake_vendor import Time
from support.report_data import Row
from support.requests.extremes import extremes_of
from support.requests.inputs import Described, described, given, input_values, limits_of
from support.requests.serialized import Sent, expected, sent
from support.requests.steps import inputs_for, place, values_for
from support.requests.unreached import sent_once

if TYPE_CHECKING:
    from connector.definition.model import Action, InputField
    from connector.runtime.connection import Connection
    from support.report_data import Result

EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "0"))
"""How many inputs of each operation Hypothesis draws besides the boundaries; `make contract` sets 200."""
PAUSE = timedelta(minutes=5)
"""The time between two calls, so that no rate limit delays them."""
Values = Mapping[str, Any]
Ended = Literal["sent", "refused", "sent otherwise", "sent undocumented", "not sent"]


@dataclass(frozen=True)
class Use:
    """One way to send an operation; `stands_for` turns inputs of this use into the operation's inputs.

    `inputs_for` is the reverse; it leaves out what this use does not offer.
    """

    name: str
    operation: Described
    call: Callable[..., Any]
    inputs_for: Callable[[Values], Values]
    stands_for: Callable[[Values], Values]


@dataclass(frozen=True)
class Tried:
    """A case and its result: the inputs, whether the specification allows them, and what was done."""

    vendor: str
    use: str
    operation: str
    case: str
    inputs: Values
    stands_for: Values
    allowed: bool
    result: Ended
    detail: str = ""

    @property
    def as_specified(self) -> bool:
        return self.result == ("sent" if self.allowed else "refused")

    def row(self) -> Row:
        ended: Result = "held" if self.result == "sent" else "refused"
        if self.result not in {"sent", "refused"}:
            ended = "failed"
        return Row(self.vendor, self.use, self.case, ended, self.detail)

    def __str__(self) -> str:
        allowed = "allowed" if self.allowed else "not allowed"
        return f"{self.vendor} {self.use} [{self.case}] {self.inputs}: {allowed}, {self.result} {self.detail}"


def missing(_request: httpx.Request) -> httpx.Response:
    """Answer that there is no such record."""
    return httpx.Response(404, json={})


@cache
def tried(vendor: str) -> tuple[Tried, ...]:
    """Try the inputs of every use of a vendor, once per process."""
    return tuple(asyncio.run(_tried(vendor)))


async def _tried(vendor: str) -> list[Tried]:
    arrived: list[httpx.Request] = []
    time = Time()
    generator = input_values(vendor)
    found: list[Tried] = []
    async with open_any(vendor, time, missing, arrived) as connection:
        with suppress(NotFound, AuthenticationError):
            await connection.check()  # a login may need a token first
        for use in uses(vendor, connection):
            seen: set[str] = set()
            name = use.operation.id
            for one in (
                *generator.boundaries(name),
                *limits_of(vendor)[name],
                *extremes_of(vendor)[name],
                *generator.drawn(name, EXAMPLES),
            ):
                if not isinstance(one.value, dict):
                    continue
                inputs = use.inputs_for(one.value)
                if repr(inputs) not in seen:
                    seen.add(repr(inputs))
                    time.now += PAUSE
                    found.append(await _once(vendor, use, one.case, inputs, arrived))
    return found


async def _once(vendor: str, use: Use, case: str, inputs: Values, arrived: list[httpx.Request]) -> Tried:
    values = use.stands_for(inputs)
    allowed = input_values(vendor).is_valid(use.operation.id, values)
    result, detail = await _ended(use, inputs, values, arrived)
    return Tried(vendor, use.name, use.operation.id, case, inputs, values, allowed, result, detail)


async def _ended(use: Use, inputs: Values, values: Values, arrived: list[httpx.Request]) -> tuple[Ended, str]:
    arrived.clear()
    try:
        await use.call(**inputs)
    except NotFound:
        pass
    except ValidationFailed as refusal:
        return ("refused", refusal.message) if not arrived else ("sent otherwise", refusal.message)
    except ContractBroken as broken:
        return "sent undocumented", str(broken)
    if not arrived:
        return "not sent", "No request arrived."
    # The last one, because a request for a token may come first.
    request, wanted = sent(arrived[-1]), _expected(use, values)
    return ("sent", "") if request == wanted else ("sent otherwise", f"{request}, not {wanted}")


def _expected(use: Use, values: Values) -> Sent | None:
    try:
        return expected(use.operation, values)
    except (KeyError, TypeError):  # a value that the specification does not allow has no request
        return None


def uses(vendor: str, connection: Connection) -> Iterator[Use]:
    """Yield every use of a connection that takes inputs for an operation."""
    made, known = connection.integration, described(vendor)
    for name, one in known.items():
        login = _login(connection, one)
        yield Use(name, one, connection.operations[name], dict, partial(_operation_values, one.schema, login))
    for key, action in sent_once(made).items():
        fixed = _fixed(connection, known[action.operation], {})
        stands_for = partial(_action_values, action, fixed)
        name, form = f"action {key}", partial(inputs_for, action.inputs)
        yield Use(name, known[action.operation], connection.actions[key], form, stands_for)
    for key, search in made.searches.items():
        fixed = _fixed(connection, known[search.operation], search.query)
        stands_for = partial(_step_values, search.inputs, fixed)
        name, form = f"search {key}", partial(inputs_for, search.inputs)
        yield Use(name, known[search.operation], connection.searches[key], form, stands_for)
    for key, dropdown in made.dropdowns.items():
        if dropdown.search and dropdown.operation:
            fixed = _fixed(connection, known[dropdown.operation], dropdown.query)
            found = partial(_dropdown_values, dropdown.search, fixed)
            name, call = f"dropdown {key}", connection.dropdowns[key]
            searched = partial(_searched, dropdown.search)
            yield Use(name, known[dropdown.operation], call, searched, found)


def _operation_values(schema: Values, login: Values, inputs: Values) -> Values:
    return {**login, **given(schema, inputs)}


def _step_values(fields: tuple[InputField, ...], fixed: Values, inputs: Values) -> Values:
    return {**fixed, **values_for(fields, inputs)}


def _action_values(action: Action, fixed: Values, inputs: Values) -> Values:
    made = dict(_step_values(action.inputs, fixed, inputs))
    for path, value in action.constants:
        place(made, path, value)
    return made


def _searched(parameter: str, values: Values) -> Values:
    return {"search": values[parameter]} if isinstance(values.get(parameter), str) else {}


def _dropdown_values(parameter: str, fixed: Values, inputs: Values) -> Values:
    return {**fixed, **({parameter: inputs["search"]} if inputs.get("search") else {})}


def _login(connection: Connection, operation: Described) -> Values:
    """Return the inputs that the login fills."""
    filled = connection.integration.authentication.sends.items()
    known = connection.client._credentials
    return {name: known[key] for name, key in filled if name in operation.places and known.get(key)}


def _fixed(connection: Connection, operation: Described, query: Values) -> Values:
    """Return what the connector adds to a step: the login's inputs, its query, and the first page."""
    made = connection.integration
    paging = made.paging.get(made.operations[operation.id].paging or "")
    page: dict[str, Any] = {}
    if paging:
        page = {paging.size_parameter: paging.size}
        page |= {} if paging.next else {paging.page_parameter: paging.first}
    return {**_login(connection, operation), **page, **query}
