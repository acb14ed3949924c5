"""The policy for what is only assumed: which steps apps contain, how they are marked, and what errors say."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.each import each

from connector.cli import program
from connector.definition.compiler import integration as compiled
from connector.definition.facts import Facts, OperationFacts
from connector.definition.instant import promises, with_instant
from connector.definition.model import Action, Integration, Search, Trigger
from connector.definition.offer import NOTICE, REFUSALS, Selection, advice, can_do_harm, offered
from connector.generator.make import render as render_make
from connector.generator.make.manifest import FILE
from connector.generator.make.naming import camel
from connector.generator.zapier import render as render_zapier
from mock_server import vendors as sandbox

VENDORS = sandbox.names()
Step = Trigger | Action | Search


def steps(made: Integration) -> Iterator[Step]:
    yield from made.triggers.values()
    yield from made.actions.values()
    yield from made.searches.values()


def previews(made: Integration) -> list[Step]:
    return [one for one in steps(made) if one.preview]


PREVIEWED = [vendor for vendor in VENDORS if previews(compiled(vendor))]
DOUBTED = [vendor for vendor in PREVIEWED if any(one.preview for one in compiled(vendor).actions.values())]


def test_no_app_contains_an_assumed_write_that_could_do_harm() -> None:
    apps = [offered(compiled(vendor), "preview") for vendor in VENDORS]
    offers = [(made, action) for made in apps for action in made.actions.values()]
    for made, action in each(offers):
        operation = made.operations[action.operation]
        assert operation.path_provenance != "assumed", action.key
        if action.preview:
            assert action.risk == "write", action.key
            assert operation.method != "DELETE", action.key


@pytest.mark.parametrize("vendor", DOUBTED)
def test_left_out_are_only_assumed_writes_that_could_do_harm(vendor: str) -> None:
    whole, made = compiled(vendor), offered(compiled(vendor), "preview")
    left_out = whole.actions.keys() - made.actions.keys()
    assert left_out == {key for key, one in whole.actions.items() if can_do_harm(whole, one)}
    assert made.triggers.keys() >= whole.triggers.keys()
    assert made.searches.keys() == whole.searches.keys()


def test_a_return_is_approved_with_an_assumed_request_but_not_cancelled() -> None:
    made = offered(compiled("returngo"), "preview")
    assert {"approve_return", "reject_return", "create_return"} <= made.actions.keys()
    assert not {"cancel_return", "set_rma_status", "settle_transaction"} & made.actions.keys()


def test_returnmate_is_not_told_to_cancel_with_a_word_whose_spelling_is_assumed() -> None:
    whole, made = compiled("returnmate"), offered(compiled("returnmate"), "preview")
    assert whole.actions["cancel_return"].preview
    assert whole.actions.keys() - made.actions.keys() == {"cancel_return"}
    assert not any(made.actions[key].preview for key in ("approve_return", "reject_return"))


def test_request_on_an_assumed_path_is_a_preview() -> None:
    for made in each([compiled(vendor) for vendor in VENDORS]):
        assumed = {name for name, one in made.operations.items() if one.path_provenance == "assumed"}
        reading = {key for key, one in made.triggers.items() if one.source.operation in assumed}
        writing = {key for key, one in made.actions.items() if one.operation in assumed}
        asking = {key for key, one in made.searches.items() if one.operation in assumed}
        assert reading | writing | asking <= {one.key for one in previews(made)}
    assert {"new_order", "find_order", "create_order"} <= {
        one.key for one in previews(compiled("returnlogic"))
    }


@pytest.mark.parametrize("vendor", PREVIEWED)
def test_previews_are_marked_in_descriptions_and_readmes(vendor: str) -> None:
    made = offered(compiled(vendor), "preview")
    zapier, make = render_zapier(compiled(vendor)), render_make(compiled(vendor))
    modules = json.loads(make[FILE])["components"]["module"]
    readmes = [
        " ".join(files[path].split()) for files, path in ((zapier, "README.md"), (make, "src/README.md"))
    ]
    for step in each(steps(made)):
        assert step.description.endswith(NOTICE) == step.preview, step.key
        if camel(step.key) in modules:
            assert (NOTICE in modules[camel(step.key)]["description"]) == step.preview, step.key
    for step in each(previews(made)):
        assert any(f"**: {step.description}" in text for text in readmes), step.key
    for text in each(readmes):
        assert f"`returns verify {vendor}`" in text


@pytest.mark.parametrize("vendor", VENDORS)
def test_apps_without_previews_send_nothing_that_is_assumed(vendor: str) -> None:
    made = offered(compiled(vendor), "documented")
    assert previews(made) == []
    for step in each(steps(made)):
        assert NOTICE not in step.description, step.key
        assert all(one.provenance != "assumed" for one in step.inputs if one.location != "match"), step.key
        if not isinstance(step, Trigger):
            assert made.operations[step.operation].provenance != "assumed", step.key
    files = {**render_zapier(compiled(vendor), selection="documented"), **_make(vendor, "documented")}
    assert not [path for path, text in files.items() if NOTICE in text or advice(vendor) in text]


def test_action_is_left_out_if_an_input_that_it_needs_is_left_out() -> None:
    made = offered(compiled("returnlogic"), "documented")
    assert "create_order" not in made.actions
    items = next(one for one in compiled("returnlogic").actions["create_order"].inputs if one.key == "items")
    assert items.required


@pytest.mark.parametrize("vendor", VENDORS)
def test_everything_is_offered_on_request(vendor: str) -> None:
    whole, made = compiled(vendor), offered(compiled(vendor), "everything")
    assert made.actions == whole.actions
    assert made.searches == whole.searches
    assert made.triggers.keys() >= whole.triggers.keys()


def test_webhook_never_replaces_the_trigger_that_polls() -> None:
    whole, made = compiled("returngo"), offered(compiled("returngo"), "preview")
    hooked = {key for key, one in whole.triggers.items() if one.hook}
    assert hooked
    assert made.triggers.keys() == whole.triggers.keys() | {f"{key}_instant" for key in hooked}
    for key, trigger in each(made.triggers.items()):
        assert (trigger.hook is not None) == key.endswith("_instant"), key
        assert trigger.label.endswith("(Instant, May Miss)") == key.endswith("_instant"), key
    rows = [one for key in hooked for one in promises(whole, with_instant(whole).triggers[f"{key}_instant"])]
    for row in each(rows):
        assert (row.delivers, row.calls_per_poll) == ("posted", 0)
        assert "posts that do not arrive" in row.loses


@pytest.mark.parametrize("vendor", DOUBTED)
def test_facts_remove_the_mark_and_add_what_was_left_out(vendor: str) -> None:
    whole = compiled(vendor)
    confirmed = {
        name: OperationFacts(
            parameters=tuple(one.name for one in operation.parameters),
            inputs=tuple(_paths(operation.body.children)) if operation.body else (),
        )
        for name, operation in whole.operations.items()
    }
    facts = Facts(vendor=vendor, specification="", verified_on="2026-11-01", operations=confirmed)
    made = compiled(vendor, facts)
    spelled = {key for key, one in whole.actions.items() if one.provenance == "assumed"}
    assert {one.key for one in previews(made)} == spelled, (
        "a request does not confirm a value that it did not send"
    )
    assert offered(made, "preview").actions.keys() == whole.actions.keys() - spelled


def _paths(fields: object, before: str = "") -> Iterator[str]:
    for field in fields:  # type: ignore[attr-defined]
        place = f"{before}{field.key}"
        yield place
        yield from _paths(field.children, f"{place}[]." if field.type == "list" else f"{place}.")


@pytest.mark.parametrize("vendor", PREVIEWED)
def test_modules_say_after_a_refusal_that_they_are_previews(vendor: str) -> None:
    made, files = offered(compiled(vendor), "preview"), _make(vendor, "preview")
    inherited = json.loads(files["src/general/base.iml.json"])["response"]["error"]
    for step in each(steps(made)):
        name = step.key.replace("_", "-")
        text = files.get(f"src/modules/{name}/{name}.communication.iml.json")
        if text is None:
            continue
        errors = json.loads(text)["response"].get("error", inherited)
        told = [advice(vendor) in errors.get(str(status), {}).get("message", "") for status in REFUSALS]
        assert told == [step.preview] * len(REFUSALS), step.key
        assert advice(vendor) not in errors["401"]["message"], step.key


def _make(vendor: str, selection: Selection) -> dict[str, str]:
    return render_make(compiled(vendor), selection=selection)


def test_command_leaves_previews_out_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for platform in ("zapier", "make"):
        words = ["generate", platform, "--vendor", "returngo", "--output", str(tmp_path / platform)]
        assert program.run([*words, "--documented-only"]) == 0
        without = {path.name for path in (tmp_path / platform).rglob("*") if "approve" in path.name}
        assert program.run(words) == 0
        with_previews = {path.name for path in (tmp_path / platform).rglob("*") if "approve" in path.name}
        assert any("approve" in name and "return" in name for name in with_previews - without)
        assert program.run([*words, "--documented-only", "--include-assumed"]) == 2
    assert "exclude each other" in capsys.readouterr().err
