"""Steps shared by several scenarios."""

from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from connector.definition.paths import at_path
from support.matrix import needs
from support.matrix.adapter import Adapter, Record, Watch
from support.matrix.facts import Filter, Inputs
from support.matrix.shop import Shop


def delivered_ids(app: Adapter, key: str, records: Sequence[Record]) -> list[str]:
    """Return the ids of the records that a poll delivered."""
    path = app.shop.offer.triggers[key].source.id
    return [str(at_path(record, path)) for record in records]


def trigger_event(shop: Shop, key: str) -> str:
    """Create a return and cause the trigger's event on it; return the id that the trigger must deliver."""
    return shop.facts.happens[key](shop, shop.create_return())


def delivers_once(app: Adapter, key: str, watch: Watch, *expected: str) -> None:
    """Check that the next poll delivers these records, once each in any order, and the poll after it none."""
    assert sorted(delivered_ids(app, key, watch.poll())) == sorted(expected), (
        f"{key} should have delivered {expected}"
    )
    assert delivered_ids(app, key, watch.poll()) == [], f"{key} delivered again"


def filled(app: Adapter, key: str) -> Inputs:
    """Return all inputs that the runtime shows of an action, for a new record."""
    shown = app.form("actions", key)
    return {name: value for name, value in app.shop.facts.actions[key](app.shop).items() if name in shown}


@dataclass
class LongPoll:
    """A trigger whose next poll reads more than one page, and the ids it must deliver."""

    app: Adapter
    shop: Shop
    watch: Watch
    expected: Sequence[str]


def long_reading(app: Adapter, key: str, chosen: Filter | None = None) -> LongPoll:
    """Change the first and the last of many records, or create many new ones.

    The latter is for a runtime without look-back, which stops reading at known records.
    """
    inputs = chosen.inputs if chosen else {}
    if needs.promise(app, key).look_back == 0:
        here = app.shop.another()
        there = app.at(here)
        watch = there.watch(key, inputs)
        return LongPoll(there, here, watch, [trigger_event(here, key) for _ in range(here.page_size + 7)])
    busy = app.shop.filled_shop()
    there = app.at(busy)
    watch = there.watch(key, inputs)
    new = key in needs.new_records(there)
    ends = [busy.create_return(), busy.create_return()] if new else [busy.returns.pop(0), busy.returns.pop()]
    expected = [busy.facts.happens[key](busy, document) for document in ends]
    if chosen:
        chosen.misses(busy, busy.returns.pop(0))
    return LongPoll(there, busy, watch, expected)


def same_parameters_on_every_page(shop: Shop, operation_id: str, *needed: str | None) -> None:
    """Check that several pages of a list were requested, with the same parameters except the page."""
    operation = shop.offer.operations[operation_id]
    paging = shop.offer.paging[operation.paging or ""]
    base = httpx.URL(shop.proxy.url).path
    questions: list[list[dict[str, str]]] = []
    for request in shop.proxy.requests:
        if request.url.path == base + operation.path:
            question = dict(request.url.params)
            if question.pop(paging.page_parameter, str(paging.first)) == str(paging.first):
                questions.append([])
            questions[-1].append(question)
    assert max(map(len, questions)) > 1, f"only one page of {operation_id} was read"
    for first, *others in questions:
        assert all(other == first for other in others), f"{operation_id} got {first}, then {others}"
        assert {name for name in needed if name} <= first.keys(), f"{operation_id} got {first}"
