"""Everything that the connector does with an operation: calls, polls, searches, actions, dropdowns, login."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from connector.unified import poll_all, unified_event, unified_return
from support.requests.inputs import input_values
from support.requests.steps import inputs_for

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator

    from connector.definition.model import Trigger
    from connector.runtime.connection import Connection

KINDS = (
    "operation", "rows", "login", "token", "poll", "details", "poll_all", "search", "action", "lookup",
    "dropdown",
)  # fmt: skip
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Use:
    """One use of an operation. `breaks` is an operation that gets no answer first, so that this one is used.

    `calls` is the largest number of calls that the use makes one after the other, each with a deadline.
    `reads` are the members that matter to this use; None if all do.
    """

    name: str
    kind: str
    operation: str
    run: Callable[[], Coroutine[Any, Any, Any]]
    breaks: str | None = None
    calls: int = 1
    reads: frozenset[str] | None = None


def uses(vendor: str, connection: Connection) -> Iterator[Use]:
    """Yield every use of every operation of a connection."""
    made = connection.integration
    for name, operation in made.operations.items():
        paging = made.paging.get(operation.paging or "")
        inputs = example_inputs(vendor, name)
        if paging:
            inputs.pop(paging.page_parameter, None)
            yield Use(f"{name}.rows", "rows", name, partial(rows, connection, name, inputs), calls=2)
        yield Use(name, "operation", name, partial(connection.operations[name], **inputs))
    yield Use("login", "login", made.authentication.test_operation, connection.check)
    yield from triggers(connection)
    yield from steps(vendor, connection)


def triggers(connection: Connection) -> Iterator[Use]:
    made = connection.integration
    sources: set[tuple[str, str]] = set()
    for key, trigger in made.triggers.items():
        source = (trigger.source.operation, trigger.source.strategy)
        reads = members_read(trigger) if source in sources else None
        run = partial(polled, connection, trigger)
        yield Use(f"poll {key}", "poll", trigger.source.operation, run, calls=100, reads=reads)
        if trigger.details:
            yield Use(f"details of {key}", "details", trigger.details.operation, run, calls=100, reads=reads)
        if source not in sources:
            everything = partial(poll_all, {"shop": connection}, key, since=LONG_AGO, include_assumed=True)
            yield Use(f"poll_all {key}", "poll_all", trigger.source.operation, everything, calls=100)
        sources.add(source)


def members_read(trigger: Trigger) -> frozenset[str]:
    """Return the names of the members that decide whether a record is an event of a trigger, and when."""
    source = trigger.source.model_dump()
    paths = [source.get(name) for name in ("id", "created", "changed", "state", "mark", "version")]
    return frozenset(path[-1] for path in (*paths, trigger.occurred_at) if path)


def steps(vendor: str, connection: Connection) -> Iterator[Use]:
    made = connection.integration
    for key, search in made.searches.items():
        inputs = inputs_for(search.inputs, example_inputs(vendor, search.operation))
        run = partial(searched, connection, key, inputs)
        yield Use(f"search {key}", "search", search.operation, run, calls=3)
    for key, action in made.actions.items():
        inputs = inputs_for(action.inputs, example_inputs(vendor, action.operation))
        act = partial(acted, connection, key, inputs)
        yield Use(f"action {key}", "action", action.operation, act, calls=20)
        if action.finding and action.finding.operation != action.operation:
            found = action.finding.operation
            yield Use(f"lookup of {key}", "lookup", found, act, action.operation, calls=20)
    for key, dropdown in made.dropdowns.items():
        if dropdown.operation:
            yield Use(f"dropdown {key}", "dropdown", dropdown.operation, connection.dropdowns[key])


def example_inputs(vendor: str, operation: str) -> dict[str, Any]:
    """Return the inputs of the specification's examples, all of them if there is no rule against it."""
    return dict(input_values(vendor).first(operation))


async def rows(connection: Connection, name: str, inputs: dict[str, Any]) -> list[dict[str, Any]]:
    return [row async for row in connection.operations[name].rows(**inputs)]


async def polled(connection: Connection, trigger: Trigger) -> Any:
    """Poll twice, and check what every result holds: a JSON cursor, text ids, and no event twice."""
    bound = connection.triggers[trigger.key]
    first = await bound.poll(since=LONG_AGO)
    again = await bound.poll(json.loads(json.dumps(first.cursor)))
    ids = [event.id for event in (*first.events, *again.events)]
    assert len(set(ids)) == len(ids), f"An event is reported twice: {ids}"
    for event in first.events:
        assert event.occurred_at is None or event.occurred_at.tzinfo
        assert isinstance(event.data, dict)
        if connection.integration.unified:
            json.dumps(unified_event(connection.integration, event).as_json(), default=str)
    return first


async def searched(connection: Connection, key: str, inputs: dict[str, Any]) -> list[dict[str, Any]]:
    found = await connection.searches[key](**inputs)
    unify(connection, connection.integration.searches[key].resource, found)
    return found


async def acted(connection: Connection, key: str, inputs: dict[str, Any]) -> dict[str, Any]:
    done = await connection.actions[key](**inputs)
    assert isinstance(done, dict)
    unify(connection, connection.integration.actions[key].resource, [done])
    return done


def unify(connection: Connection, resource: str, records: Iterable[dict[str, Any]]) -> None:
    for record in records:
        assert isinstance(record, dict)
        if connection.integration.unified:
            made = unified_return(connection.integration, resource, record)
            assert made is None or made.raw == record
