"""Changes of behaviour and texts are reported even if the app's fields stay the same."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from support.each import each
from support.zapier import ROOT

from connector.definition.compiler import integration
from connector.definition.model import FrozenModel, Integration
from connector.generator import gate
from connector.generator.changes import compare
from connector.generator.gate import PLATFORMS, verdicts
from connector.generator.surface import Field, Step, Surface

SHOP = Field(
    "string",
    "Shop",
    choices=frozenset({"north", "south"}),
    help="The shop.",
    texts={"north": "North", "south": "South"},
)
MATCH, QUERY = '{"in": "match", "at": ["shop"]}', '{"in": "query", "at": ["shop"]}'
BEHAVIOUR = {"operation": "GET /parcels", "reached": '["sent"]', "input shop": MATCH}
EXTENT = {"look-back": "3600", "checks of input shop": "word"}
TRIGGER = Step(
    "New Parcel", {"shop": SHOP}, description="When a parcel is sent.", behaviour=BEHAVIOUR, extent=EXTENT
)
SEARCH = Step("Find Parcel", {"shop": SHOP}, behaviour={"operation": "GET /parcels", "query.order": "desc"})
BASE = Surface(
    version="1.4.0",
    login={},
    steps={"trigger new_parcel": TRIGGER, "search find_parcel": SEARCH},
    texts={"description": "Parcels."},
)
THE = "The trigger new_parcel"
OTHERWISE = "it fires for other events, or at other times."


@pytest.mark.parametrize(
    ("values", "breaking", "notable"),
    [
        (
            {"behaviour": {**BEHAVIOUR, "reached": '["lost"]'}},
            f'{THE} uses reached ["lost"] instead of ["sent"]: {OTHERWISE}',
            "",
        ),
        (
            {"behaviour": {**BEHAVIOUR, "since": "changed_after"}},
            f"{THE} uses since changed_after instead of nothing: {OTHERWISE}",
            "",
        ),
        (
            {"behaviour": {key: one for key, one in BEHAVIOUR.items() if key != "operation"}},
            f"{THE} uses operation nothing instead of GET /parcels: {OTHERWISE}",
            "",
        ),
        (
            {"behaviour": {**BEHAVIOUR, "input shop": QUERY}},
            f"{THE} uses input shop {QUERY} instead of {MATCH}: {OTHERWISE}",
            "",
        ),
        ({"behaviour": {**BEHAVIOUR, "input note": QUERY}}, "", ""),
        ({"behaviour": {}, "extent": {}}, "", ""),
        ({"extent": {**EXTENT, "look-back": "60"}}, f"{THE} uses look-back 60 instead of 3600.", ""),
        (
            {"extent": {**EXTENT, "look-back": "10000"}},
            "",
            f"{THE} uses look-back 10000 instead of 3600.",
        ),
        (
            {"extent": {**EXTENT, "checks of input shop": "text"}},
            "",
            f"{THE} uses checks of input shop text instead of word.",
        ),
        (
            {"description": "When it is lost."},
            "",
            f"{THE}'s description changed from 'When a parcel is sent.' to 'When it is lost.'.",
        ),
        (
            {"inputs": {"shop": replace(SHOP, help="Which one.")}},
            "",
            f"{THE}'s input shop's help changed from 'The shop.' to 'Which one.'.",
        ),
        (
            {"inputs": {"shop": replace(SHOP, texts={"north": "Nord", "south": "South"})}},
            "",
            f"{THE}'s input shop's choice north changed from 'North' to 'Nord'.",
        ),
    ],
)
def test_changed_behaviour_or_text_is_reported(values: dict[str, Any], breaking: str, notable: str) -> None:
    now = replace(BASE, steps={**BASE.steps, "trigger new_parcel": replace(TRIGGER, **values)})
    found = compare(BASE, now)
    assert [one.sentence for one in found if one.breaking] == [breaking] * bool(breaking)
    assert [one.sentence for one in found if not one.breaking] == [notable] * bool(notable)


def test_changed_search_request_and_app_texts_are_reported() -> None:
    other = replace(SEARCH, behaviour={**SEARCH.behaviour, "query.order": "asc"})
    now = replace(BASE, steps={**BASE.steps, "search find_parcel": other}, texts={"description": "x" * 200})
    [broken, read] = compare(BASE, now)
    assert broken.sentence == (
        "The search find_parcel uses query.order asc instead of desc: it does something else."
    )
    assert read.sentence == f"The app's description changed from 'Parcels.' to '{'x' * 120}…'."


# From an app's files to sentences

P = TypeVar("P", bound=FrozenModel)


def changed(part: P, **values: Any) -> P:
    return part.model_copy(update=values)


def _trigger(made: Integration, key: str, **values: Any) -> Integration:
    trigger = made.triggers[key]
    other = changed(trigger, source=changed(trigger.source, **values))
    return changed(made, triggers={**made.triggers, key: other})


def _other_status(made: Integration) -> Integration:
    return _trigger(made, "return_received", reached=("received", "inspected"))


def _other_filter(made: Integration) -> Integration:
    return _trigger(made, "shipment_delivered", operation="list_returns")


def _shorter_look_back(made: Integration) -> Integration:
    return _trigger(made, "return_approved", look_back=86_400)


def _other_question(made: Integration) -> Integration:
    search = made.searches["list_customer_returns"]
    query = {"sort": "created_at", "order": "asc"}
    asked = changed(search, query=query, description="Finds something else.")
    return changed(made, searches={**made.searches, search.key: asked})


def _other_place(made: Integration) -> Integration:
    action = made.actions["add_note"]
    inputs = tuple(changed(one, path=("text",)) if one.key == "note" else one for one in action.inputs)
    return changed(made, actions={**made.actions, "add_note": changed(action, inputs=inputs)})


def _other_column(made: Integration) -> Integration:
    action = made.actions["create_return"]
    (items,) = (one for one in action.inputs if one.key == "items")
    columns = tuple(changed(one, path=("text",)) if one.key == "notes" else one for one in items.children)
    inputs = tuple(changed(one, children=columns) if one is items else one for one in action.inputs)
    return changed(made, actions={**made.actions, action.key: changed(action, inputs=inputs)})


def _other_address(made: Integration) -> Integration:
    other = changed(made.operations["get_shipment"], path="/parcels/{id}")
    return changed(made, operations={**made.operations, "get_shipment": other})


def _other_help(made: Integration) -> Integration:
    action = made.actions["create_shipping_label"]
    inputs = tuple(changed(one, help="Something else.") for one in action.inputs)
    return changed(made, actions={**made.actions, action.key: changed(action, inputs=inputs)})


SPOILT: dict[Callable[[Integration], Integration], tuple[str, str, str]] = {
    _other_status: (
        "The trigger return_received uses firingStates [",
        "",
        'The trigger returnReceived uses reached ["received", "inspected"] instead of',
    ),
    _other_filter: (
        "The trigger shipment_delivered uses operation GET /rmas instead of GET /shipments: it fires",
        "The trigger shipmentDelivered uses communication.url /v1/rmas instead of /v1/shipments: it",
        "The trigger shipmentDelivered uses request GET /rmas instead of GET /shipments: it fires",
    ),
    _shorter_look_back: (
        "The trigger return_approved uses look-back 86400 instead of 3888000.",
        "",
        "The trigger returnApproved uses lookBack 86400 instead of 3888000.",
    ),
    _other_question: (
        "The search list_customer_returns uses query.order asc instead of desc: it does",
        "The search listCustomerReturns uses communication.qs.order asc instead of desc: it does",
        "The search listCustomerReturns uses query.order asc instead of desc: it does",
    ),
    _other_place: (
        'The action add_note uses input note {"in": "body", "at": ["text"]} instead of',
        "",
        'The action addNote uses input note {"in": "body", "at": ["text"]} instead of',
    ),
    _other_column: (
        'The action create_return uses input items[]notes {"in": "body", "at": ["text"]} instead of',
        "",
        'The action createReturn uses input items[]notes {"in": "body", "at": ["text"]} instead of',
    ),
    _other_address: (
        "The search get_shipment uses operation GET /parcels/{id} instead of GET /shipments/{id}: it",
        "The action getShipment uses communication.url /v1/parcels/",
        "The search getShipment uses request GET /parcels/{id} instead of GET /shipments/{id}: it",
    ),
}


@pytest.mark.parametrize("place", range(len(PLATFORMS)))
def test_changed_behaviour_behind_equal_fields_is_found(
    committed: Path, only_returnmate: None, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    made = integration("returnmate")
    for spoil in (*SPOILT, _other_help):
        made = spoil(made)
    monkeypatch.setattr(gate, "app", lambda _: made)
    [verdict] = verdicts(str(committed), ROOT, [PLATFORMS[place]])
    broken = [one.sentence for one in verdict.changes if one.breaking]
    for sentence in each(filter(None, (sentences[place] for sentences in SPOILT.values()))):
        assert any(one.startswith(sentence) for one in broken), (sentence, broken)
    read = [one.sentence for one in verdict.changes if not one.breaking]
    for name, text in (("description", "Finds something else."), ("input carrier's help", "Something else.")):
        # Texts in n8n end without a period.
        changed_to = (f"to {text!r}", f"to {text.rstrip('.')!r}")
        assert any(f"{name} changed from" in one and one.rstrip(".").endswith(changed_to) for one in read)
    assert verdict.refused
