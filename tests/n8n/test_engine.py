"""The packages in n8n's own engine: what the scenarios of the matrix do not show."""

import json
import re
from base64 import b64decode
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from support.each import each
from support.matrix import needs
from support.matrix.adapter import Refused
from support.matrix.apps import MatrixApps
from support.matrix.checks import delivered_ids, filled, trigger_event
from support.matrix.facts import Document
from support.matrix.n8n import N8nAdapter, N8nWatch
from support.matrix.shop import Shop, always

from connector.definition.compiler import integration
from connector.definition.naming import camel
from mock_server import vendors

VENDORS = vendors.names()
VENDOR = "returnmate"
REACHING = [
    name
    for name in VENDORS
    if any(
        one.guarantees["n8n"].delivers == "reached"
        for one in integration(name).triggers.values()
        if "n8n" in one.guarantees
    )
]
"""The vendors with a trigger that fires when a record reaches a state."""


@pytest.fixture
def connected(apps: MatrixApps) -> Callable[[str], N8nAdapter]:
    def connect(vendor: str) -> N8nAdapter:
        app = apps.app(vendor, "n8n")
        assert isinstance(app, N8nAdapter)
        return app

    return connect


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_operation_that_the_node_shows_runs(
    connected: Callable[[str], N8nAdapter], vendor: str
) -> None:
    app = connected(vendor)
    shop, offer = app.shop, app.shop.offer
    for key in each([*app.offered("actions"), *app.offered("searches")]):
        if key in offer.actions:
            assert app.act(key, filled(app, key)), key
        else:
            document = shop.create_return()
            found = shop.facts.lookups.get(key)
            assert app.search(key, found.finds(shop, document) if found else {}), key


@pytest.mark.parametrize("vendor", VENDORS)
def test_manual_poll_shows_samples_and_remembers_nothing(
    connected: Callable[[str], N8nAdapter], vendor: str
) -> None:
    app = connected(vendor)
    for key in each(needs.triggers(app)):
        here = app.shop.another()
        there = app.at(here)
        watch = there.watch(key)
        before = json.dumps(watch.stored)
        assert watch.poll("manual") == [], f"{key} shows a record although the shop never had one"
        expected = trigger_event(here, key)
        assert expected in delivered_ids(there, key, watch.poll("manual")), key
        assert json.dumps(watch.stored) == before
        assert delivered_ids(there, key, watch.poll()) == [expected], f"{key} was consumed by a manual poll"


def test_manual_poll_shows_three_records_at_most(connected: Callable[[str], N8nAdapter]) -> None:
    app = connected(VENDOR)
    ids = [app.shop.create_return()["id"] for _ in range(5)]
    shown = delivered_ids(app, "new_return", N8nWatch(app, "new_return", {}).poll("manual"))
    assert len(shown) == 3
    assert set(shown) <= set(ids)


@pytest.mark.parametrize("vendor", REACHING)
def test_state_from_before_the_activation_never_fires(
    connected: Callable[[str], N8nAdapter], vendor: str
) -> None:
    """A record that reached the trigger's state before, and changes afterwards, is not an event."""
    app = connected(vendor)
    shop = app.shop
    reached = [key for key in needs.triggers(app) if needs.promise(app, key).delivers == "reached"]
    others = [key for key in shop.facts.happens if key in needs.changes(app)]
    for key in each(reached):
        here = shop.another()
        there = app.at(here)
        document = here.create_return()
        here.facts.happens[key](here, document)
        watch = there.watch(key)
        assert watch.poll() == []
        for other in others:
            again = here.facts.again.get(other)
            if again:
                _try_to(again, here, document)
        assert delivered_ids(there, key, watch.poll()) == [], f"{key} fired for a state from before"


def _try_to(change: Callable[[Shop, Document], object], shop: Shop, document: Document) -> None:
    """Change a return, unless its state does not allow it."""
    try:
        change(shop, document)
    except AssertionError as refused:
        if not re.search(r"409|422|cannot|no longer", str(refused)):
            raise


def test_other_filters_start_again(connected: Callable[[str], N8nAdapter]) -> None:
    app = connected(VENDOR)
    key = "return_status_changed"
    watch = app.watch(key)
    trigger_event(app.shop, key)
    watch.inputs = {"status": "approved"}
    assert watch.poll() == [], "a memory for other filters was used"


def test_failed_item_becomes_an_error_and_the_others_go_on(
    connected: Callable[[str], N8nAdapter],
) -> None:
    app = connected(VENDOR)
    parameters = {
        "resource": "note",
        "operation": "addNote",
        "returnId": {"__rl": True, "mode": "id", "value": "={{ $json.id }}"},
        "note": "Seen.",
    }
    known = app.shop.create_return()["id"]
    command: dict[str, Any] = {
        "parameters": parameters,
        "credential": app.stored,
        "items": [{"json": {"id": "rma_nothing"}}, {"json": {"id": known}}],
    }
    failed, done = app.engine.package.call("execute", continueOnFail=True, **command)
    assert failed["json"]["error"].startswith("ReturnMate has no such record.")
    assert failed["pairedItem"] == {"item": 0}
    assert done["json"]["content"] == "Seen."
    assert done["pairedItem"] == {"item": 1}
    with pytest.raises(Refused, match="not_found"):
        app._tried(lambda: app.engine.package.call("execute", **command))


def test_label_is_added_as_a_file_if_the_user_asks_for_it(connected: Callable[[str], N8nAdapter]) -> None:
    app = connected(VENDOR)
    action = app.shop.offer.actions["create_shipping_label"]
    parameters = app.parameters(action, filled(app, action.key))
    command: dict[str, Any] = {"command": "execute", "credential": app.stored}
    (made,) = app.engine.package.call(**command, parameters={**parameters, "downloadLabels": True})
    label = made["binary"]["label"]
    assert (label["mimeType"], label["fileExtension"]) == ("application/pdf", "pdf")
    assert b64decode(label["data"]).startswith(b"%PDF-")
    assert [one.method for one in app.shop.arrived] == ["POST"], "the label is not read with the login"
    parameters = app.parameters(action, filled(app, action.key))
    (other,) = app.engine.package.call(**command, parameters=parameters)
    assert "binary" not in other


def test_list_ends_at_the_limit_or_returns_all(connected: Callable[[str], N8nAdapter]) -> None:
    app = connected(VENDOR)
    busy = app.shop.filled_shop()
    there = app.at(busy)
    step = busy.offer.searches["list_customer_returns"]
    inputs = {"customer_email": "iris.lane@example.com"}
    assert len(there._run(step, inputs, returnAll=False, limit=7)) == 7
    assert len(there._run(step, inputs, returnAll=True)) >= busy.page_size + 20


def test_dropdown_finds_what_the_user_types(connected: Callable[[str], N8nAdapter]) -> None:
    app = connected(VENDOR)
    wanted = app.shop.create_return()
    app.shop.create_return()
    listed = app.engine.package.call(
        "choices", method="searchReturn", credential=app.stored, filter=wanted["rma_number"].lower()
    )
    assert [one["value"] for one in listed["results"]] == [wanted["id"]]


def test_rate_limit_is_waited_for(connected: Callable[[str], N8nAdapter]) -> None:
    app = connected(VENDOR)
    shop = app.shop
    refusals = iter([shop.refusal(429, retry_after="1")])

    def once(_request: httpx.Request, forward: Callable[[], httpx.Response]) -> httpx.Response:
        return next(refusals, None) or forward()

    shop.intercept(once)
    assert app.act("create_return", shop.facts.actions["create_return"](shop))
    assert [one.method for one in shop.proxy.requests] == ["POST", "POST"]
    assert [one.method for one in shop.arrived] == ["POST"]


def test_token_is_renewed_when_the_vendor_refuses_it(connected: Callable[[str], N8nAdapter]) -> None:
    app = connected("exsited")
    shop = app.shop
    document = shop.create_return()
    key = "find_return"
    inputs = shop.facts.lookups[key].finds(shop, document)
    app.search(key, inputs)
    refusals = iter([shop.refusal(401)])

    def once(_request: httpx.Request, forward: Callable[[], httpx.Response]) -> httpx.Response:
        return next(refusals, None) or forward()

    shop.intercept(once)
    assert app.search(key, inputs)
    assert [one.method for one in shop.proxy.requests] == ["GET", "POST", "GET"]


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(
    "address", ["http://api.example.com", "ftp://127.0.0.1", "", "https://a.example?x=1"]
)
def test_login_is_not_sent_to_an_unsafe_address(
    connected: Callable[[str], N8nAdapter], vendor: str, address: str
) -> None:
    app = connected(vendor)
    key = needs.triggers(app)[0]
    watch = N8nWatch(app, key, {})
    app.stored = {**app.stored, "baseUrl": address}
    with pytest.raises(Refused, match="not a secure"):
        watch.poll()
    assert app.shop.proxy.requests == []


def test_time_of_the_date_picker_is_in_the_zone_of_the_workflow(
    connected: Callable[[str], N8nAdapter],
) -> None:
    app = connected("swap")
    shop = app.shop
    action = shop.offer.actions["update_quality_control"]
    given = {**filled(app, action.key), "receipt_date": "2026-07-01T09:30:00"}
    parameters = app.parameters(action, given)
    app.engine.package.call(
        "execute", parameters=parameters, credential=app.stored, timezone="America/New_York"
    )
    (sent,) = shop.arrived
    assert json.loads(sent.content)["receipt_date"] == "2026-07-01T13:30:00Z"


@pytest.mark.parametrize("vendor", VENDORS)
def test_vendor_failure_while_switching_on_leaves_nothing_behind(
    connected: Callable[[str], N8nAdapter], vendor: str
) -> None:
    app = connected(vendor)
    key = needs.triggers(app)[0]
    watch = N8nWatch(app, key, {})
    app.shop.intercept(always(app.shop.refusal(503)))
    with pytest.raises(Refused):
        watch.poll()
    assert watch.stored.get("node:Node", {}) == {}
    app.shop.proxy.clear()
    assert watch.poll() == []
    assert delivered_ids(app, key, watch.poll()) == []


def test_names_of_parameters_are_those_of_the_catalog(connected: Callable[[str], N8nAdapter]) -> None:
    """n8n stores names in workflows, so they must never change."""
    app = connected(VENDOR)
    names: dict[str, Any] = {key: app.form("actions", key) for key in app.offered("actions")}
    for key, shown in each(names.items()):
        assert {camel(one) for one in shown} == {camel(one.key) for one in app.shop.offer.actions[key].inputs}
