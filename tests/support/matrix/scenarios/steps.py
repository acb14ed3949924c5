"""Scenarios with actions, searches and dropdowns: the request that is sent, and the result."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import httpx

from connector.definition.model import Action, InputField
from support.matrix import needs
from support.matrix.adapter import Adapter, Record, Refused
from support.matrix.checks import filled, same_parameters_on_every_page
from support.matrix.facts import Inputs
from support.matrix.shop import Shop, set_path


def optional_fields(app: Adapter, shop: Shop) -> None:
    """An action sends exactly the inputs filled in, with and without the optional ones."""
    for key in needs.actions(app):
        fields = shop.offer.actions[key].inputs
        unsent = {one.key: "17" for one in shop.offer.actions[key].form_inputs if app.runtime != "python"}
        assert {*filled(app, key)} == {*app.form("actions", key)} - {*unsent}, (
            f"the facts do not fill in all inputs of {key}"
        )
        _sends(app, shop, key, filled(app, key) | unsent)
        needed = {one.key for one in fields if one.required} | shop.facts.needed.get(key, frozenset())
        _sends(app, shop, key, {name: value for name, value in filled(app, key).items() if name in needed})


def line_items(app: Adapter, shop: Shop) -> None:
    """Line items are sent as filled in: each once, without empty ones."""
    for key in needs.actions_with_line_items(app):
        inputs = filled(app, key)
        lists = [one for one in needs.shown_inputs(app, key) if one.children]
        assert any(len(inputs[one.key]) > 1 for one in lists), f"the facts of {key} have only one line item"
        record = _sends(app, shop, key, inputs)
        for one in lists:
            assert len(record.get(one.path[-1]) or inputs[one.key]) == len(inputs[one.key])


def _sends(app: Adapter, shop: Shop, key: str, inputs: Inputs) -> Record:
    """Run an action and compare the request with the inputs."""
    action = shop.offer.actions[key]
    operation = shop.offer.operations[action.operation]
    shop.proxy.clear()
    record = app.act(key, inputs)
    assert record, key
    sent, *more = shop.arrived
    filling = {
        one.path[0]: quote(str(inputs[one.key]), safe="") for one in action.inputs if one.location == "path"
    }
    expected = httpx.URL(shop.proxy.url).path + operation.path.format(**filling)
    assert (sent.method, sent.url.raw_path.decode().partition("?")[0]) == (operation.method, expected)
    body = _body(action.inputs, inputs, defaults=app.fills_defaults)
    if app.sends_empty:
        body = {**_objects(needs.shown_inputs(app, key)), **body}
    constants = {**_from_login(shop, action.operation), **action.constant_body}
    bodies = [json.loads(one.content or "{}") for one in (sent, *more)]
    assert bodies == [{**constants, **one} for one in _each(action, body)]
    return record


def _each(action: Action, body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the bodies of the requests: one, or one for each line of an action for several lines."""
    if not action.each:
        return [body]
    rest = {name: value for name, value in body.items() if name != action.each}
    return [{**rest, **line} for line in body[action.each]]


def _objects(fields: Sequence[InputField]) -> dict[str, Any]:
    """Return the objects of the body that inputs fill, empty."""
    return {one.path[0]: {} for one in fields if one.location == "body" and len(one.path) > 1}


def _body(fields: tuple[InputField, ...], inputs: Inputs, *, defaults: bool) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for one in fields:
        value = inputs.get(one.key, one.default if defaults else None)
        if one.location == "body" and value is not None:
            lines = one.children and isinstance(value, list)
            rows = [_body(one.children, row, defaults=defaults) for row in value] if lines else value
            set_path(body, one.path, rows)
    return body


def _from_login(shop: Shop, operation: str) -> dict[str, str]:
    """Return the members that the login fills into the body."""
    body = shop.offer.operations[operation].body
    names = {one.key for one in body.children} if body else set()
    sends = shop.offer.authentication.sends
    return {name: shop.login[field] for name, field in sends.items() if name in names}


def search_miss(app: Adapter, shop: Shop) -> None:
    """A search finds an existing record, and returns an empty result for a missing one."""
    for key in needs.searches(app):
        lookup = shop.facts.lookups[key]
        document = shop.create_return()
        assert app.search(key, lookup.finds(shop, document)), f"{key} finds nothing"
        for inputs in lookup.misses:
            assert _found(app, key, inputs) == [], f"{key} finds something by {inputs}"


def _found(app: Adapter, key: str, inputs: Inputs) -> list[Record]:
    """Return a search's result; a record that does not exist is an error in two cases, and no result here.

    In Make, a module that reads one record by id fails. Elsewhere, a search with an assumed path fails.
    """
    try:
        return app.search(key, inputs)
    except Refused as refused:
        search = app.shop.offer.searches[key]
        named = any(one.location == "path" for one in search.inputs)
        doubtful = app.shop.offer.operations[search.operation].path_provenance == "assumed"
        if (app.runtime == "make" or doubtful) and named and refused.kind == "not_found":
            return []
        raise


def dropdown_page_2(app: Adapter, shop: Shop) -> None:
    """A dropdown continues after its first page, lists each record once, and ends."""
    busy = shop.filled_shop()
    there = app.at(busy)
    for key in needs.long_dropdowns(there):
        dropdown = busy.offer.dropdowns[key]
        news = busy.offer.triggers[needs.new_records(there)[0]]
        if dropdown.operation != news.source.operation:
            continue  # only returns fill more than a page
        for _ in range(2):
            busy.create_return("#4004")  # if the dropdown lists orders, this order appears once
        busy.proxy.clear()
        size = busy.offer.paging[busy.offer.operations[dropdown.operation].paging or ""].size
        pages = [there.choices(key, page) for page in range(len(busy.returns) // size + 3)]
        options = [one for page in pages for one in page]
        assert len(options) > size, f"{key} ends with its first page"
        assert len(set(options)) == len(options)
        assert all(value and label for value, label in options)
        assert list(pages[-1]) == []
        same_parameters_on_every_page(busy, news.source.operation, *dropdown.query)
