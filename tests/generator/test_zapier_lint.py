"""Every check of the Zapier lint passes a valid app and finds its seeded mistake."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from support.each import each
from support.zapier import APPS
from support.zapier_faults import FAULTS, HARMLESS
from support.zapier_model_app import FILES, model_app, spoilt

from connector.cli import program
from connector.definition.compiler import apps
from connector.generator.complaint import check_id, run_checks
from connector.generator.zapier.lint import CHECKS, App, Check, lint
from connector.generator.zapier.lint.records import leaves, undeclared, values


def identified(check: Check) -> str:
    return check_id(check)


def changed(id_: str, place: str, value: Any) -> App:
    if id_ == "D016" and not place:
        hook = {key: one for key, one in model_app().definition["triggers"].items() if key == "parcel_moved"}
        del hook["parcel_moved"]["operation"]["performUnsubscribe"]
        return App({"triggers": hook})
    return spoilt(place, value)


@pytest.mark.parametrize("check", CHECKS, ids=identified)
def test_check_passes_a_valid_app(check: Check) -> None:
    assert list(check(model_app())) == []
    for place, value in HARMLESS.get(check_id(check), ()):
        assert list(check(spoilt(place, value))) == [], f"{place} = {value!r} is valid"


@pytest.mark.parametrize("check", CHECKS[1:], ids=identified)
def test_check_finds_its_mistake(check: Check) -> None:
    for place, value in FAULTS[check_id(check)]:
        found = list(check(changed(check_id(check), place, value)))
        assert found, f"{check.__name__} overlooks {place} = {value!r}"
        assert all(sentence.endswith(".") for sentence in each(found)), found


def test_every_published_definition_check_is_implemented() -> None:
    published = {f"D{n:03d}" for n in range(1, 27)} - {"D019", "D020"}
    ids = [check_id(check) for check in CHECKS]
    assert published <= set(ids)
    assert len(ids) == len(set(ids))
    assert FAULTS.keys() == set(ids[1:])


@pytest.mark.parametrize("vendor", apps())
def test_committed_app_passes_the_lint(vendor: str) -> None:
    assert lint(APPS / vendor) == []


def test_error_of_zapiers_core_is_a_complaint() -> None:
    app = App(model_app().definition, [{"property": "instance.key", "message": "is missing"}], FILES)
    assert [str(one) for one in run_checks(CHECKS, app)] == ["ZAPIER instance.key: is missing"]


# The command


def test_command_reports_the_complaint_with_its_location(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lint a copy of an app with a wrong label, in a folder of another name."""
    folder = tmp_path / "mine"
    shutil.copytree(APPS / "returnmate", folder, ignore=shutil.ignore_patterns("node_modules"))
    (folder / "node_modules").symlink_to(APPS / "returnmate" / "node_modules")
    step = folder / "triggers" / "new_return.js"
    step.write_text(step.read_text().replace("label: 'New Return'", "label: 'new Return'"))
    assert program.run(["lint", "zapier", str(folder)]) == 1
    said = capsys.readouterr().out
    assert "D018 triggers.new_return is called 'new Return', which is not in Title Case." in said
    assert program.run(["lint", "zapier", str(folder), "--format", "json"]) == 1
    [told] = json.loads(capsys.readouterr().out)
    assert (told["app"], told["checks"]) == ("mine", len(CHECKS))
    assert [one["check"] for one in told["complaints"]] == ["D018"]


@pytest.mark.parametrize(
    ("present", "sentence"),
    [
        ((), "does not contain a Zapier app"),
        (("index.js",), "has no npm packages. Run `npm ci --prefix"),
        (("index.js", "node_modules/zapier-platform-core/package.json"), "needs Node to load the app"),
    ],
)
def test_command_explains_why_it_cannot_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    present: tuple[str, ...], sentence: str,
) -> None:  # fmt: skip
    for name in present:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert program.run(["lint", "zapier", str(tmp_path)]) == 2
    assert sentence in capsys.readouterr().err


def test_app_that_fails_to_load_is_reported_with_nodes_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "index.js").write_text("import nothing from './nowhere.js';\n")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "node_modules").symlink_to(APPS / "returnmate" / "node_modules")
    assert program.run(["lint", "zapier", str(tmp_path)]) == 2
    assert "nowhere.js" in capsys.readouterr().err


# Records and their output fields


def test_values_are_found_in_objects_and_line_items() -> None:
    record = {"a": {"b": 1}, "rows": [{"c": {"d": 2}}, {"c": {"d": 3}}, {}], "words": ["x", "y"], "none": []}
    assert values(record, "a__b") == [1]
    assert values(record, "rows[]c__d") == [2, 3]
    assert values(record, "words") == [["x", "y"]]
    assert values(record, "none[]x") == []
    assert values(record, "absent__x") == []


def test_leaves_are_named_like_output_fields() -> None:
    record = {"a": {"b": 1}, "rows": [{"c": {"d": 2}}, {"e": 3}], "words": ["x"], "none": [], "nil": {}}
    assert list(leaves(record)) == [
        ("a__b", 1), ("rows[]c__d", 2), ("rows[]e", 3), ("words", ["x"]), ("none", []), ("nil", {}),
    ]  # fmt: skip


def test_untyped_field_covers_its_nested_values() -> None:
    record = {"counts": {"open": 1}, "shop": None}
    assert list(undeclared([{"key": "counts"}, {"key": "shop__name", "type": "string"}], record)) == []
    assert list(undeclared([{"key": "counts", "type": "string"}], record)) == ["counts__open", "shop"]
