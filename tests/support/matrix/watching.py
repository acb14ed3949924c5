"""What several scenarios do and say."""

from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from connector.definition.paths import at_path
from support.matrix import needs
from support.matrix.adapter import Adapter, Record, Watch
from support.matrix.facts import Filter, Inputs
from support.matrix.shop import Shop


def told(app: Adapter, key: str, records: Sequence[Record]) -> list[str]:
    """The ids of the records that a poll told of."""
    path = app.shop.offer.triggers[key].source.id
    return [str(at_path(record, path)) for record in records]


def happen(shop: Shop, key: str) -> str:
    """A shopper asks for a return, and what the trigger is about happens to it; gives the id to be told."""
    return shop.facts.happens[key](shop, shop.asked())


def tells_once(app: Adapter, key: str, watch: Watch, *expected: str) -> None:
    """The next poll tells of these, each once and in any order, and the one after it of nothing."""
    assert sorted(told(app, key, watch.poll())) == sorted(expected), f"{key} was to tell of {expected}"
    assert told(app, key, watch.poll()) == [], f"{key} told again"


def filled(app: Adapter, key: str) -> Inputs:
    """All inputs that the runtime shows of an action, for a record of its own."""
    shown = app.form("actions", key)
    return {name: value for name, value in app.shop.facts.actions[key](app.shop).items() if name in shown}


@dataclass
class ReadPlan:
    """A trigger whose next poll has to read more than one page, and what it has to tell."""

    app: Adapter
    shop: Shop
    watch: Watch
    expected: Sequence[str]


def long_reading(app: Adapter, key: str, chosen: Filter | None = None) -> ReadPlan:
    """In a crowd something happens to the first and to the last, or all of a crowd is new.

    The second is for a runtime that does not look back: it reads no further than to what it knows.
    """
    inputs = chosen.inputs if chosen else {}
    if needs.promise(app, key).look_back == 0:
        here = app.shop.another()
        there = app.at(here)
        watch = there.watch(key, inputs)
        return ReadPlan(there, here, watch, [happen(here, key) for _ in range(here.page_size + 7)])
    busy = app.shop.crowded()
    there = app.at(busy)
    watch = there.watch(key, inputs)
    new = key in needs.new_records(there)
    ends = [busy.asked(), busy.asked()] if new else [busy.returns.pop(0), busy.returns.pop()]
    expected = [busy.facts.happens[key](busy, document) for document in ends]
    if chosen:
        chosen.misses(busy, busy.returns.pop(0))
    return ReadPlan(there, busy, watch, expected)


def asks_the_same_on_every_page(shop: Shop, operation_id: str, *needed: str | None) -> None:
    """More than one page of a list was asked for, and but for the page with the same question each time."""
    operation = shop.offer.operations[operation_id]
    paging = shop.offer.paging[operation.paging or ""]
    base = httpx.URL(shop.road.url).path
    questions: list[list[dict[str, str]]] = []
    for request in shop.road.requests:
        if request.url.path == base + operation.path:
            question = dict(request.url.params)
            if question.pop(paging.page_parameter, str(paging.first)) == str(paging.first):
                questions.append([])
            questions[-1].append(question)
    assert max(map(len, questions)) > 1, f"one page of {operation_id} was read"
    for first, *others in questions:
        assert all(other == first for other in others), f"{operation_id} was asked {first}, then {others}"
        assert {name for name in needed if name} <= first.keys(), f"{operation_id} was asked {first}"
