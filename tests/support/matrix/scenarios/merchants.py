"""Scenarios of a merchant's days: old returns, quiet weeks, slow answers, bursts, choices by label."""

import json
import math
from collections.abc import Callable
from urllib.parse import unquote

import httpx

from connector.definition.model import InputField, Paging
from connector.definition.paths import at_path
from support.checking_proxy import Interceptor
from support.each import each
from support.matrix import needs
from support.matrix.adapter import Adapter
from support.matrix.checks import delivered_ids, delivers_once, filled, trigger_event
from support.matrix.shop import TOOK, Shop

DAY = 86_400
A_PAGE = 3.1
"""Seconds that a slow vendor takes for each page."""
BURST = 150
SMALL_BURST = 6
MORE_PAGES = 2
"""A small burst on pages so small that a poll needs more than one."""
SLOW_LIST = 60
"""The number of returns in the list of a slow vendor."""


def status_before_switch_on(app: Adapter, shop: Shop) -> None:
    """A status reached before the switch-on is not delivered, not even if the record changes later."""
    moved = 0
    for key in needs.reached_once(app):
        here = app.at(shop.another())
        document = here.shop.create_return()
        here.shop.facts.happens[key](here.shop, document)
        here.shop.advance(3 * DAY)
        watch = here.watch(key)
        moved += here.shop.move_on()
        assert delivered_ids(here, key, watch.poll()) == [], f"{key} fired for a status from before"
        delivers_once(here, key, watch, trigger_event(here.shop, key))
    assert bool(moved) != shop.facts.final, "whether a return could change later is not as the facts say"


def quiet_shop(app: Adapter, shop: Shop) -> None:
    """In a shop where nothing happened for weeks, each trigger still finds a record to set it up with."""
    for key in needs.triggers(app):
        trigger_event(shop, key)
    shop.advance(40 * DAY)
    there = app.at(shop)  # somebody connects and sets the trigger up today
    for key in needs.triggers(there):
        found = delivered_ids(there, key, there.sample(key))
        passed = key in shop.facts.passing
        assert bool(found) != passed, f"{key} finds {found}"


def slow_vendor(app: Adapter, shop: Shop) -> None:
    """If every page takes 3.1 seconds, no poll fails or takes too long, and no record is lost."""
    readings = needs.long_readings(app)
    key = next((one for one in readings if one not in needs.new_records(app)), readings[0])
    # A shop of its own, because Zapier's cache keeps how far a slow poll has read.
    busy = shop.another()
    busy.fill(SLOW_LIST)
    there = app.at(busy)
    watch = there.watch(key)
    busy.intercept(
        small_pages(busy, key, math.ceil(len(busy.returns) / needs.promise(app, key).pages), A_PAGE)
    )
    there.watch(key)  # a trigger that is switched on now does not fail either
    expected = _changed(there, busy, key)
    found: list[str] = []
    for _ in range(3):
        before = len(busy.arrived)
        found += delivered_ids(there, key, watch.poll())
        took = (len(busy.arrived) - before) * A_PAGE
        assert app.longest_step is None or took < app.longest_step, f"a poll takes {took} seconds"
    assert sorted(found) == sorted(expected)


def requests_counted(app: Adapter, shop: Shop) -> None:
    """A poll sends as many requests as the README of the app says, in a quiet shop and in a busy one."""
    for key in needs.triggers(app):
        trigger_event(shop, key)
        watch = app.watch(key)
        shop.proxy.clear()
        assert watch.poll() == []
        assert len(shop.arrived) == needs.promise(app, key).calls_per_poll_quiet, key
    for key in needs.long_readings(app)[:1]:
        busy, promise = shop.another(), needs.promise(app, key)
        busy.fill(2 * (promise.pages + 2))
        watch = app.at(busy).watch(key)
        busy.intercept(small_pages(busy, key, len(busy.returns) // (promise.pages + 2)))
        watch.poll()
        whole = promise.look_back is None or promise.look_back >= DAY
        expected = promise.calls_per_poll if whole else len(busy.arrived)
        assert len(busy.arrived) == min(expected, promise.calls_per_poll), key


def _changed(app: Adapter, busy: Shop, key: str) -> list[str]:
    """Cause the trigger's event on the first and the last return of a list, or on two new returns."""
    happens = busy.facts.happens[key]
    new = key in needs.new_records(app) or needs.promise(app, key).look_back == 0
    if new:
        busy.fill(2)
    # Other scenarios change the returns that are left.
    documents = [busy.returns.pop(-2 if new else 0), busy.returns.pop()]
    return [happens(busy, document) for document in documents]


def small_pages(shop: Shop, key: str, size: int, took: float = 0) -> Interceptor:
    """Return an interceptor for the trigger's list with `size` rows a page; `took` is in seconds."""
    parameter = _paging(shop, key).size_parameter

    def interceptor(request: httpx.Request, forward: Callable[[], httpx.Response]) -> httpx.Response:
        if parameter in request.url.params:
            request.url = request.url.copy_set_param(parameter, str(size))
        answer = forward()
        answer.headers[TOOK] = str(took)
        return answer

    return interceptor


def _paging(shop: Shop, key: str) -> Paging:
    """Return the paging of the list that a trigger reads."""
    operation = shop.offer.operations[shop.offer.triggers[key].source.operation]
    return shop.offer.paging[operation.paging or ""]


def burst_of_150(app: Adapter, shop: Shop) -> None:
    """Of 150 new records at once, each is delivered once; a poll of any trigger reaches as many."""
    for key in needs.triggers(app):
        assert needs.promise(app, key).items_per_poll >= BURST, f"{key} loses a part of {BURST} events"
    first, *others = needs.new_records(app)
    _burst(app, shop, first, BURST)
    for key in others:
        if app.runtime == "make" and _paging(shop, key).style == "offset":
            continue  # Make computes an offset from the page size that it requests
        busy = shop.another()
        small = small_pages(busy, key, SMALL_BURST // MORE_PAGES)
        _burst(app.at(busy), busy, key, SMALL_BURST, small)


def _burst(app: Adapter, shop: Shop, key: str, size: int, pages: Interceptor | None = None) -> None:
    """Cause a number of events at once, and check that each is delivered; `pages` makes the list long."""
    watch = app.watch(key)
    happens = shop.facts.happens[key]
    made = [happens(shop, document) for document in shop.fill(size)]
    if pages:
        shop.intercept(pages)
    delivers_once(app, key, watch, *made)
    shop.proxy.clear()


def choice_by_label(app: Adapter, shop: Shop) -> None:
    """A choice made by its label is sent as the vendor's value, in lists of values and of records."""
    for key in needs.actions_with_choices(app):
        for one in needs.inputs_with_choices(app, key):
            inputs = filled(app, key)
            value = str(inputs[one.key])
            label = {**{each.value: each.label for each in one.choices}, **_records(app, one)}[value]
            chosen = app.choose(key, one, label)
            shop.proxy.clear()
            assert app.act(key, {**inputs, one.key: chosen}), key
            assert len(shop.arrived) == 1 or shop.offer.actions[key].each
            for sent in each(shop.arrived):
                if one.location == "body":
                    assert str(at_path(json.loads(sent.content), one.path)) == value, f"{key}: {label}"
                else:
                    assert value in map(unquote, sent.url.raw_path.decode().split("/")), f"{key}: {label}"


def _records(app: Adapter, field: InputField) -> dict[str, str]:
    """Return the labels of a dropdown of records by their values, if the input has one."""
    if field.dropdown is None or field.dropdown not in needs.long_dropdowns(app):
        return {}
    shown = dict(app.choices(field.dropdown, 0))
    assert len(set(shown.values())) == len(shown), f"{field.dropdown} shows two records alike"
    return shown
