"""What a notebook shows of a connection: `repr`, `dir`, signatures and completion of keys."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest
from support.any_vendor import open_any
from support.each import each

from connector.definition.compiler import vendors
from connector.runtime.actions import BoundAction

if TYPE_CHECKING:
    import httpx
    from support.fake_vendor import Time

    from connector.runtime.connection import Connection

MAPPINGS = ("triggers", "actions", "searches", "dropdowns", "find_or_create", "operations")


def unused(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"{request.url} is requested, although nothing was called.")


@pytest.fixture(params=vendors())
def shop(request: pytest.FixtureRequest, time: Time) -> Connection:
    return open_any(request.param, time, unused)


def test_a_connection_says_where_it_leads_and_what_it_offers(shop: Connection) -> None:
    shown = repr(shop)
    made = shop.integration
    assert shown.startswith(f"<Connection to {made.vendor.title} at https://shop.example.com")
    assert f"{len(made.triggers)} triggers, {len(made.actions)} actions" in shown
    assert not [value for value in each(shop.client.secrets()) if value in shown]


def test_the_keys_are_shown_and_suggested(shop: Connection) -> None:
    for name in MAPPINGS:
        mapping = getattr(shop, name)
        assert mapping._ipython_key_completions_() == list(mapping)
        assert all(key in repr(mapping) for key in mapping)
        assert name in dir(shop)
    assert set(shop.operations) <= set(dir(shop.operations))
    assert repr(shop.searches).startswith(f"<searches of {shop.integration.vendor.title}: ")


def test_each_step_shows_its_description_and_its_inputs(shop: Connection) -> None:
    made = shop.integration
    for key, trigger in each(made.triggers.items()):
        assert repr(shop.triggers[key]).startswith(
            f"<Trigger {key} of {made.vendor.title}: {trigger.description}"
        )
    for key, action in each(made.actions.items()):
        shown = repr(shop.actions[key])
        assert action.description in shown
        assert all(f"{field.key}*" in shown for field in action.inputs if field.required)
    for name, operation in each(made.operations.items()):
        assert f"{operation.method} {operation.path}" in repr(shop.operations[name])


def test_signatures_name_the_inputs_and_which_are_required(shop: Connection) -> None:
    made = shop.integration
    for key, action in each(made.actions.items()):
        found = inspect.signature(shop.actions[key]).parameters
        needed = {name for name, one in found.items() if one.default is inspect.Parameter.empty}
        assert set(found) == {field.key for field in action.inputs}
        assert needed == {field.key for field in action.inputs if field.required}
    for key, search in each(made.searches.items()):
        found = inspect.signature(shop.searches[key]).parameters
        assert next(iter(found)) == "limit"
        assert set(found) == {"limit", *(field.key for field in search.inputs)}


def test_the_class_keeps_its_own_signature() -> None:
    assert list(inspect.signature(BoundAction).parameters) == ["client", "action"]
