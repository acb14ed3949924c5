"""The recipes of docs/guides/recipes.md, from the vendor's change in the sandbox to the target's request."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from documents.recipes import recipe_tables
from support.each import each
from support.matrix.apps import MatrixApps
from support.matrix.shop import Shop
from support.matrix.table import runtimes
from support.recipes import FILE, Recipe, field_at, recipes, send
from support.webhook_receiver import receiving

from connector.definition.compiler import integration
from connector.generator.make.naming import trigger_label

Neutral = dict[str, Any]
SHOWN: Mapping[str, Callable[[Neutral], str]] = {
    "return": lambda one: str(one["number"]),
    "order": lambda one: str(one["order_number"]),
    "customer": lambda one: str(one["customer"]["email"]),
    "transaction": lambda one: str(one["document"]["transactions"][0]["id"]),
    "amount": lambda one: str(one["document"]["transactions"][0]["amount"]["amount"]),
    "currency": lambda one: str(one["document"]["transactions"][0]["amount"]["currency"]),
}
"""By the name of a value, what the sandbox itself shows of the return, without the connector."""
RUNS = [
    pytest.param(one, runtime, id=f"{one.key}-{one.vendor}-{runtime}")
    for one in recipes()
    for runtime in runtimes()
    if runtime in integration(one.vendor).triggers[one.trigger].guarantees
]


@pytest.mark.parametrize(("recipe", "runtime"), RUNS)
def test_recipe_sends_what_happened_to_its_target(apps: MatrixApps, recipe: Recipe, runtime: str) -> None:
    app = apps.app(recipe.vendor, runtime)
    shop = app.shop
    shop.facts.happens[recipe.trigger](shop, shop.create_return())  # happened before the switch-on
    watch = app.watch(recipe.trigger)
    shop.facts.happens[recipe.trigger](shop, shop.create_return())
    with receiving() as target:
        for record in watch.poll():
            send(recipe, runtime, record, target.url)
        assert watch.poll() == []
        assert [body for _path, body in target.got] == [expected(recipe, newest(shop))]


def newest(shop: Shop) -> Neutral:
    """Return the newest return, as the control plane of the sandbox shows it."""
    place = f"/tenants/{shop.tenant}/returns"
    first, *_older = shop.sandbox.control.get(place, params={"vendor": shop.vendor}).json()["returns"]
    found: Neutral = shop.sandbox.control.get(f"{place}/{shop.vendor}/{first['id']}").json()
    return found


def expected(recipe: Recipe, shown: Neutral) -> dict[str, str]:
    values = {name: SHOWN[name](shown) for name in recipe.values}
    return {name: text.format(**values) for name, text in recipe.fields.items()}


def test_every_recipe_runs_on_both_platforms_for_some_vendor() -> None:
    ran = {(param.values[0].key, param.values[1]) for param in RUNS}  # type: ignore[union-attr]
    assert ran == {(one.key, runtime) for one in recipes() for runtime in runtimes()}


@pytest.mark.parametrize("recipe", recipes(), ids=lambda one: f"{one.key}-{one.vendor}")
def test_recipe_maps_fields_that_the_apps_label(recipe: Recipe) -> None:
    offer = integration(recipe.vendor)
    assert all(field_at(offer, recipe, name).label for name in each(recipe.values))
    texts = " ".join(recipe.fields.values())
    assert {*recipe.values} == {*re.findall(r"\{(\w+)\}", texts)}


@pytest.mark.parametrize("recipe", recipes(), ids=lambda one: f"{one.key}-{one.vendor}")
def test_recipe_starts_with_a_trigger_that_polls(recipe: Recipe) -> None:
    """A trigger that waits for posts may miss events, so no table names one if another polls."""
    shown = recipe_tables()
    trigger = integration(recipe.vendor).triggers[recipe.trigger]
    assert {"zapier", "n8n"} <= trigger.guarantees.keys()
    assert "may miss" not in shown.lower()
    assert trigger.label in shown


def test_merchants_page_names_what_the_first_recipe_shows() -> None:
    page = (FILE.parent / "merchants.md").read_text("utf-8")
    recipe = next(one for one in recipes() if one.vendor == "returngo")
    offer = integration(recipe.vendor)
    trigger = offer.triggers[recipe.trigger]
    shown = [trigger.label, trigger_label(trigger, offer.resources[trigger.resource].noun)]
    labels = [field_at(offer, recipe, name).label for name in recipe.values]
    assert [label for label in (*shown, *labels) if f"**{label}**" not in page] == []
