"""The definition of the hub's own apps: what it offers follows from the vendors, and the hub is no vendor."""

import re
from collections import defaultdict

import pytest
import yaml
from support.each import each

import openapi
from connector.definition import specification
from connector.definition.compiler import CATALOGS, app, apps, integration, join, vendors
from connector.errors import CatalogError, ConfigurationError
from connector.unified.offers import action_offer, search_offer

HUB = app("hub")
MADE = {vendor: integration(vendor) for vendor in vendors()}
TEXT = (CATALOGS / "hub.yaml").read_text("utf-8")
ACTIONS = {"approve_return": "approve", "reject_return": "reject", "add_note": "add_note"}


def test_hub_is_an_app_but_no_vendor() -> None:
    assert apps() == sorted([*vendors(), "hub"])
    assert "hub" not in openapi.vendors()
    with pytest.raises(ConfigurationError, match='no vendor named "hub"'):
        integration("hub")
    with pytest.raises(ConfigurationError, match='no app named "hubb"'):
        app("hubb")


def offering(kind: str) -> list[str]:
    """Return the titles of the vendors of which a trigger for an event type is offered in apps."""
    return [
        made.vendor.title
        for made in MADE.values()
        if made.unified
        for key, one in made.unified.events.items()
        if one == kind and "zapier" in made.triggers[key].guarantees
    ]


def test_triggers_are_the_event_types_that_apps_of_vendors_offer() -> None:
    kinds = {kind for made in MADE.values() if made.unified for kind in made.unified.events.values()}
    assert set(HUB.posted) == {kind for kind in kinds if offering(kind)}


@pytest.mark.parametrize("kind", HUB.posted)
def test_description_names_the_vendors_unless_all_report_the_event(kind: str) -> None:
    named = set(
        re.findall("|".join(made.vendor.title for made in MADE.values()), HUB.posted[kind].description)
    )
    assert named == (set() if len(offering(kind)) == len(MADE) else set(offering(kind)))


def test_record_is_empty_in_the_samples_of_events_that_have_no_form_in_the_common_model() -> None:
    records: dict[str, set[bool]] = defaultdict(set)
    for made in MADE.values():
        assert made.unified
        for key, kind in made.unified.events.items():
            records[kind].add(made.triggers[key].resource in made.unified.returns)
    unmapped = {kind for kind in HUB.posted if records[kind] == {False}}
    assert unmapped == {key for key, one in HUB.posted.items() if one.example.get("data", "") is None}
    assert unmapped


@pytest.mark.parametrize("key", HUB.actions)
def test_action_states_the_limits_of_vendors(key: str) -> None:
    action = HUB.actions[key]
    offers = {made.vendor.title: action_offer(made, ACTIONS[key]) for made in MADE.values()}  # type: ignore[arg-type]
    able = {title for title, offer in offers.items() if offer.key}
    assert {title for title in each(offers) if title in action.description} == able
    assumed = {title for title in able if offers[title].assumed}
    for title in each(able):
        said = re.search(rf"{title}[^,]* by an undocumented request", action.description) is not None
        assert said == (title in assumed), title
    assert ("include_assumed" in {one.key for one in action.inputs}) == bool(assumed)


def test_search_states_which_vendors_cannot_search_by_a_value() -> None:
    for one in each(HUB.searches["find_return"].inputs):
        if one.key == "connection":
            continue
        unable = {made.vendor.title for made in MADE.values() if search_offer(made, one.key).key is None}  # type: ignore[arg-type]
        assert {made.vendor.title for made in MADE.values() if made.vendor.title in one.help} == unable


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("create_subscription, url: target", "create_subscription, url: targets", "targets"),
        ("event: trigger, constants", "event: triggers, constants", "triggers"),
        ("constants: {format: unified}", "constants: {formats: unified}", "formats"),
        ("id: id, secret: secret", "id: id, secret: secrets", "secrets"),
        ("delete_subscription, id: subscription", "delete_subscription, id: sub", "sub"),
        ("list_samples, event: trigger", "list_samples, event: triger", "triger"),
        ("kind: kind}", "kind: kinds}", "kinds"),
        ("identity: [event_id,", "identity: [event_ids,", "event_ids"),
        ("hashed: [connection_id,", "hashed: [connection_ids,", "connection_ids"),
        ("    resource: shipment\n", "    resource: parcel\n", "parcel"),
        ("example: {data.status: on_hold}", "example: {data.state: on_hold}", "data.state"),
        ("dropdown: connection}", "dropdown: connections}", "connections"),
        ("inputs: &inputs\n      connection:", "inputs: &inputs\n      filters:", "filters"),
        ("  return_created:\n", "  return_made:\n", "return_made"),
    ],
)
def test_mistake_in_the_catalog_is_reported_with_its_line(old: str, new: str, complaint: str) -> None:
    assert old in TEXT
    text = TEXT.replace(old, new, 1)
    with pytest.raises(CatalogError) as refused:
        join(specification.read("hub"), text, "connector/catalog/hub.yaml")
    assert re.search(rf"hub\.yaml:\d+: .*\b{re.escape(complaint)}\b", str(refused.value)), refused.value


def test_posted_triggers_need_subscriptions() -> None:
    catalog = {key: value for key, value in yaml.safe_load(TEXT).items() if key != "subscriptions"}
    with pytest.raises(CatalogError, match="needs the section subscriptions"):
        join(specification.read("hub"), yaml.safe_dump(catalog), "connector/catalog/hub.yaml")
