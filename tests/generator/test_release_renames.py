"""A renamed input is reported as one change, also if its label changes with its key."""

from pathlib import Path

import pytest
from support.each import each
from support.zapier import ROOT

import openapi
from connector.definition.compiler import CATALOGS, join
from connector.generator import gate
from connector.generator.changes import compare
from connector.generator.gate import PLATFORMS, verdicts
from connector.generator.renames import differs
from connector.generator.surface import Field, Step, Surface

RENAMES = (
    ("note: {name: content, label: Note,", "remark: {name: content, label: Remark,"),
    ("equal: {content: note,", "equal: {content: remark,"),
    ("text: note}\n\n", "text: remark}\n\n"),
    ("      items:\n        label: Items\n", "      goods:\n        name: items\n        label: Goods\n"),
    ("          quantity: {label: Quantity,", "          pieces: {name: quantity, label: Pieces,"),
    ("choices_of: [create_return, items.reason]", "choices_of: [create_return, goods.reason]"),
    ("items: items, return_type", "items: goods, return_type"),
    ("start_date: {label: Start Date,", "first_day: {name: start_date, label: First Day,"),
)
"""Changes of ReturnMate's catalog: an input of an action, a list with a column, and an input of searches."""
SENTENCES = {
    "zapier_app": {
        "The action add_note's input note was renamed to remark.",
        "The action create_return's input items was renamed to goods.",
        "The action create_return's input items[]quantity was renamed to goods[]pieces.",
        "The search get_returns_report's input start_date was renamed to first_day.",
    },
    "make_app": {
        "The action addNote's input note was renamed to remark.",
        "The action createReturn's input items was renamed to goods.",
        "The action getReturnsReport's input start_date was renamed to first_day.",
    },
    "n8n_nodes": {
        "The action addNote's input note was renamed to remark.",
        "The action createReturn's input items was renamed to goods.",
        "The action createReturn's input items[]quantity was renamed to goods[]pieces.",
        "The search getReturnsReport's input filters.startDate was renamed to filters.firstDay.",
    },
}


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda one: one.folder)
def test_renamed_input_is_one_breaking_change(
    committed: Path, only_returnmate: None, monkeypatch: pytest.MonkeyPatch, platform: gate.Platform
) -> None:
    text = (CATALOGS / "returnmate.yaml").read_text(encoding="utf-8")
    for old, new in RENAMES:
        assert old in text
        text = text.replace(old, new)
    made = join(openapi.read("returnmate"), text, "returnmate.yaml")
    monkeypatch.setattr(gate, "app", lambda _: made)
    [verdict] = verdicts(str(committed), ROOT, [platform])
    broken = {one.sentence for one in verdict.changes if one.breaking}
    assert broken >= SENTENCES[platform.folder]
    assert all(" was renamed to " in one for one in each(broken)), broken
    labels = [one.sentence for one in verdict.changes if "changed from 'Note' to 'Remark'" in one.sentence]
    assert len(labels) == 1
    assert verdict.refused


def only(base: Step, now: Step) -> list[str]:
    surfaces = (Surface("1.0.0", {}, {"action ask": one}) for one in (base, now))
    return [one.sentence for one in compare(*surfaces)]


def step(behaviour: dict[str, str], **inputs: str) -> Step:
    return Step("Ask", {key: Field("string", label) for key, label in inputs.items()}, behaviour=behaviour)


def test_other_change_of_a_renamed_input_is_reported_too() -> None:
    base = step({"input a": "query a", "url": "/x/{{parameters.a}}"}, a="A")
    now = step({"input b": "query b", "url": "/x/{{parameters.b}}"}, b="B")
    assert only(base, now) == [
        "The action ask uses input b query b instead of query a: it does something else.",
        "The action ask's input a was renamed to b.",
        "The label of the action ask's input b changed from 'A' to 'B'.",
    ]


def test_input_with_another_place_and_label_is_not_taken_for_the_removed_one() -> None:
    base = step({"input a": "query a"}, a="A")
    now = step({"input b": "body b"}, b="B")
    assert only(base, now) == [
        "The action ask's input a was removed.",
        "The action ask has a new optional input b.",
    ]


def test_two_inputs_never_become_one() -> None:
    base = step({"input a": "query x", "input b": "query x"}, a="A", b="B")
    now = step({"input c": "query x"}, c="C")
    assert only(base, now)[:2] == [
        "The action ask's input a was renamed to c.",
        "The action ask's input b was removed.",
    ]


def test_only_whole_names_count_as_renamed() -> None:
    renames = {"rma": "return_id"}
    assert not differs("url", "/rma/{{parameters.rma}}", "/rma/{{parameters.return_id}}", renames)
    assert differs("url", "/rma/{{parameters.rmas}}", "/rma/{{parameters.return_id}}", renames)
    assert differs("url", "a b", "a b c", {})
    assert differs("input b", "query a", "query b", {"a": "b"}), "the place in the request was ignored"
