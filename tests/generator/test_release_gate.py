"""The release gate lists every change of an app for its users; a breaking change needs a major version."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from support.each import each
from support.zapier import ROOT

from connector.cli import program
from connector.definition.compiler import integration
from connector.definition.model import FrozenModel, Integration
from connector.errors import ConfigurationError
from connector.generator import gate, write
from connector.generator.changes import Change, compare
from connector.generator.gate import PLATFORMS, Verdict, verdicts
from connector.generator.released import released_apps
from connector.generator.surface import Field, Step, Surface

ZAPIER, MAKE, N8N = PLATFORMS[:1], PLATFORMS[1:2], PLATFORMS[2:]
TEXT = Field("string", "Name")
SHOP = Field("string", "Shop", choices=frozenset({"north", "south"}))
TRIGGER = Step(
    label="New Parcel",
    inputs={"shop": SHOP, "note": TEXT},
    outputs={"id": Field("string"), "shop__name": Field("string"), "lines[]sku": Field("string")},
    identity=("id",),
    mechanism="polling",
    sample_keys=frozenset({"id", "shop__name", "lines[]sku"}),
)
BASE = Surface(
    version="1.4.0",
    login={"api_key": Field("password", "API Key", required=True)},
    steps={"trigger new_parcel": TRIGGER, "action move_parcel": Step("Move Parcel", {"parcel": TEXT})},
)
THE = "The trigger new_parcel"
RELABELLED = "The label of the trigger new_parcel changed from 'New Parcel' to 'Parcel Made'."
RELABELLED = "The label of the trigger new_parcel changed from 'New Parcel' to 'Parcel Made'."


def trigger(**values: Any) -> Surface:
    return replace(BASE, steps={**BASE.steps, "trigger new_parcel": replace(TRIGGER, **values)})


def step(name: str, made: Step) -> Surface:
    steps = {one: known for one, known in BASE.steps.items() if one != "action move_parcel"}
    return replace(BASE, steps={**steps, name: made})


def inputs(**given: Field | None) -> dict[str, Field]:
    return {key: one for key, one in {**TRIGGER.inputs, **given}.items() if one is not None}


def outputs(**given: Field | None) -> dict[str, Field]:
    return {key: one for key, one in {**TRIGGER.outputs, **given}.items() if one is not None}


@pytest.mark.parametrize(
    ("now", "breaking", "notable"),
    [
        (BASE, [], []),
        (replace(BASE, steps={"trigger new_parcel": TRIGGER}), ["The action move_parcel was removed."], []),
        (
            step("action shift_parcel", Step("Move Parcel", {"parcel": TEXT})),
            ["The action move_parcel was renamed to the action shift_parcel."],
            ["The action shift_parcel is new."],
        ),
        (
            step("search move_parcel", Step("Move Parcel", {"parcel": TEXT})),
            ["The action move_parcel was removed."],
            ["The search move_parcel is new."],
        ),
        (trigger(label="Parcel Made"), [], [RELABELLED]),
        (trigger(mechanism="hook"), [f"{THE} changed from polling to hook: users must set it up again."], []),
        (
            trigger(identity=("id", "shop__name")),
            [f"{THE} identifies events by id and shop__name instead of id: old events fire again."],
            [],
        ),
        (trigger(inputs=inputs(note=None)), [f"{THE}'s input note was removed."], []),
        (
            trigger(inputs=inputs(note=None, remark=TEXT)),
            [f"{THE}'s input note was renamed to remark."],
            [],
        ),
        (
            trigger(inputs=inputs(more=Field("string", "More", required=True))),
            [f"{THE} has a new required input more."],
            [],
        ),
        (
            trigger(inputs=inputs(note=replace(TEXT, required=True))),
            [f"{THE}'s input note is now required."],
            [],
        ),
        (
            trigger(inputs=inputs(note=replace(TEXT, type="integer"))),
            [f"{THE}'s input note changed its type from string to integer."],
            [],
        ),
        (
            trigger(inputs=inputs(shop=Field("string", "Shop", choices=frozenset({"north"})))),
            [f"{THE}'s input shop no longer allows south."],
            [],
        ),
        (
            trigger(inputs=inputs(note=replace(TEXT, choices=frozenset({"a"})))),
            [f"{THE}'s input note now allows only a closed set of values."],
            [],
        ),
        (
            trigger(inputs=inputs(shop=replace(SHOP, choices=frozenset({"east", "north", "south"})))),
            [],
            [f"{THE}'s input shop now also allows east."],
        ),
        (
            trigger(inputs=inputs(shop=Field("string", "Place"))),
            [],
            [
                f"{THE}'s input shop now also allows any value.",
                "The label of the trigger new_parcel's input shop changed from 'Shop' to 'Place'.",
            ],
        ),
        (
            trigger(outputs=outputs(shop__name=None), sample_keys=TRIGGER.sample_keys - {"shop__name"}),
            [f"{THE} no longer returns shop__name."],
            [],
        ),
        (
            trigger(outputs=outputs(id=Field("integer"))),
            [f"{THE} returns id as integer instead of string."],
            [],
        ),
        (trigger(outputs=outputs(colour=TEXT)), [], [f"{THE} now also returns colour."]),
        (trigger(sample_keys=frozenset({"id", "shop", "lines"})), [], []),
        (
            trigger(faults=("colour is not told",)),
            ["The sample of the trigger new_parcel contradicts its output fields: colour is not told."],
            [],
        ),
        (replace(BASE, login={}), ["The login's field api_key was removed."], []),
        (
            replace(BASE, login={**BASE.login, "shop": Field("string", "Shop", required=True)}),
            ["The login has a new required field shop."],
            [],
        ),
        (
            replace(BASE, login={"api_key": Field("string", "API Key")}),
            ["The login's field api_key changed its type from password to string."],
            ["The login's field api_key is no longer required."],
        ),
    ],
)  # fmt: skip
def test_difference_is_reported(now: Surface, breaking: list[str], notable: list[str]) -> None:
    found = compare(BASE, now)
    assert [one.sentence for one in found if one.breaking] == breaking
    assert [one.sentence for one in found if not one.breaking] == notable


@pytest.mark.parametrize(
    ("base", "now", "breaking", "refused"),
    [
        ("1.4.0", "1.5.0", True, True),
        ("1.4.0", "2.0.0", True, False),
        ("1.4.0", "1.4.0", False, True),
        ("1.4.0", "1.4.1", False, False),
        ("1.9.0", "1.10.0", False, False),
        ("1.10.0", "1.9.0", False, True),
        ("9.0.0", "10.0.0", True, False),
        ("10.0.0", "9.0.0", True, True),
        ("2", "2", False, False),
        ("2", "2", True, True),
        ("2", "10", True, False),
        ("10", "2", False, True),
        ("1.4.0", "", True, True),
        ("0.1.0", "0.2.0", True, True),
    ],
)
def test_breaking_change_needs_a_higher_major_version(
    base: str, now: str, breaking: bool, refused: bool
) -> None:
    verdict = Verdict("zapier_app/shop", base, now, [Change(breaking=breaking, sentence="Something.")])
    assert verdict.refused is refused


# From an app's files to sentences

P = TypeVar("P", bound=FrozenModel)


def changed(part: P, **values: Any) -> P:
    return part.model_copy(update=values)


def _without_a_search(made: Integration) -> Integration:
    searches = {key: one for key, one in made.searches.items() if key != "track_shipment"}
    return changed(made, searches=searches)


def _other_identity(made: Integration) -> Integration:
    trigger = made.triggers["new_return"]
    promise = changed(trigger.guarantees["zapier"], dedupe=(("rma_number",),))
    return changed(
        made,
        triggers={**made.triggers, "new_return": changed(trigger, guarantees={"zapier": promise})},
    )


def _new_login_field(made: Integration) -> Integration:
    fields = made.authentication.fields
    login = changed(made.authentication, fields=(*fields, changed(fields[-1], key="shop", required=True)))
    return changed(made, authentication=login)


def _required_input(made: Integration) -> Integration:
    action = made.actions["add_note"]
    inputs = tuple(changed(one, required=True) for one in action.inputs)
    return changed(made, actions={**made.actions, "add_note": changed(action, inputs=inputs)})


def _wrong_sample(made: Integration) -> Integration:
    trigger = made.triggers["new_shipment"]
    sample = {**trigger.sample, "status": 7}
    return changed(
        made, triggers={**made.triggers, "new_shipment": changed(trigger, sample=sample, example={})}
    )


def _no_pair(made: Integration) -> Integration:
    return changed(made, find_or_create=())


MISTAKES: dict[str, Callable[[Integration], Integration]] = {
    "The search track_shipment was removed.": _without_a_search,
    "The trigger new_return identifies events by rma_number instead of id": _other_identity,
    "The login has a new required field shop.": _new_login_field,
    "The action add_note's input internal is now required.": _required_input,
    "The sample of the trigger new_shipment contradicts its output fields: status has the": _wrong_sample,
    "The find-or-create find_return was removed.": _no_pair,
}


def test_breaking_catalog_changes_are_found_before_the_release(
    committed: Path, only_returnmate: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = integration("returnmate")
    for spoil in MISTAKES.values():
        made = spoil(made)
    monkeypatch.setattr(gate, "app", lambda _: made)
    [verdict] = verdicts(str(committed), ROOT, ZAPIER)
    broken = [one.sentence for one in verdict.changes if one.breaking]
    assert len(broken) == len(MISTAKES)
    for sentence in MISTAKES:
        assert any(one.startswith(sentence) for one in broken), sentence
    assert verdict.refused


def test_make_apps_pass_the_same_gate(
    committed: Path, only_returnmate: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    [same] = verdicts(str(committed), ROOT, MAKE)
    assert same.changes == []
    changes = (_without_a_search, _new_login_field, _required_input)
    made = integration("returnmate")
    for spoil in changes:
        made = spoil(made)
    monkeypatch.setattr(gate, "app", lambda _: made)
    [verdict] = verdicts(str(committed), ROOT, MAKE)
    assert [one.sentence for one in verdict.changes if one.breaking] == [
        "The login has a new required field shop.",
        "The action addNote's input internal is now required.",
        "The search trackShipment was removed.",
    ]
    assert (verdict.base, verdict.now, verdict.refused) == ("1", "1", True)


def test_n8n_packages_pass_the_same_gate(
    committed: Path, only_returnmate: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    [same] = verdicts(str(committed), ROOT, N8N)
    assert same.changes == []
    changes = (_without_a_search, _new_login_field, _required_input)
    made = integration("returnmate")
    for spoil in changes:
        made = spoil(made)
    monkeypatch.setattr(gate, "app", lambda _: made)
    [verdict] = verdicts(str(committed), ROOT, N8N)
    assert [one.sentence for one in verdict.changes if one.breaking] == [
        "The login has a new required field shop.",
        "The search trackShipment was removed.",
        "The action addNote's input additionalFields.internal was renamed to internal.",
        "The action addNote's input internal is now required.",
    ]
    assert verdict.refused


def test_make_surface_names_fields_like_zapiers(tmp_path: Path) -> None:
    app = tmp_path / "returnmate"
    write.write_files(MAKE[0].render(integration("returnmate"), app), app)
    surface = MAKE[0].read_surface(app, app.parent)
    assert surface.steps["trigger newReturn"].identity == ("{{item.id}}", "{{item.created_at}}")
    assert {"customer__email", "items", "items[]sku"} <= surface.steps["trigger newReturn"].outputs.keys()
    made = surface.steps["action createReturn"].inputs
    sku_help = "The SKU of the product in your store."
    assert made["items[]sku"] == Field("text", "SKU", required=True, help=sku_help)
    assert "defective" in (made["items[]reason"].choices or ())
    assert not any(step.faults for step in each(surface.steps.values()))
    manifest = app / "src" / "makecomapp.json"
    manifest.write_text(manifest.read_text().replace('"origins": []', '"origins": [{"appVersion": 3}]'))
    assert MAKE[0].read_surface(app, app.parent).version == "3"


def test_command_reports_changes_and_fails(
    committed: Path,
    only_returnmate: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(ROOT)
    assert program.run(["generate", "--diff", str(committed)]) == 0
    shown = [f"{one.folder}/returnmate: no changes.\n" for one in PLATFORMS]
    assert capsys.readouterr().out == "".join(shown)
    monkeypatch.setattr(gate, "app", lambda vendor: _without_a_search(integration(vendor)))
    assert program.run(["generate", "--diff", str(committed)]) == 1
    said = capsys.readouterr()
    assert "zapier_app/returnmate (1.0.0 to 1.0.0): 1 change.\n" in said.out
    assert "  breaking The search track_shipment was removed." in said.out
    assert "raise its major version" in said.err


def test_missing_npm_packages_are_reported_with_the_install_command(
    committed: Path, only_returnmate: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = shutil.copytree(
        ROOT / "zapier_app" / "returnmate",
        tmp_path / "zapier_app" / "returnmate",
        ignore=shutil.ignore_patterns("node_modules"),
    )
    made = _without_a_search(integration("returnmate"))
    monkeypatch.setattr(gate, "app", lambda _: made)
    with pytest.raises(ConfigurationError, match="The app returnmate cannot be compared") as caught:
        list(verdicts(str(committed), tmp_path, ZAPIER))
    assert f"`npm ci --prefix {bare}`, or `make test`" in caught.value.message
    assert "returns-diff-" not in caught.value.message


def test_new_and_removed_apps_are_reported(
    committed: Path, only_returnmate: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [new] = verdicts(str(tmp_path), ROOT, ZAPIER)
    assert ([str(one) for one in new.changes], new.refused) == (["notable  The app is new."], False)
    monkeypatch.setattr(gate, "apps", list)
    [gone] = verdicts(str(committed), ROOT, ZAPIER)
    assert ([str(one) for one in gone.changes], gone.refused) == (["breaking The app was removed."], True)


def test_base_can_be_a_git_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    app = tmp_path / "zapier_app" / "shop"
    app.mkdir(parents=True)
    (app / "index.js").write_text("first\n")
    who = ["-c", "user.name=Example", "-c", "user.email=unknown@example.com"]
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "First"]):
        subprocess.run(["git", *words], check=True)
    (app / "index.js").write_text("second\n")
    with released_apps("HEAD", "zapier_app") as copy:
        assert (copy / "shop" / "index.js").read_text() == "first\n"
    with released_apps("HEAD", "make_app") as copy:
        assert list(copy.iterdir()) == []
    with released_apps(str(tmp_path), "zapier_app") as copy:
        assert (copy / "shop" / "index.js").read_text() == "second\n"
    for wrong in ("nowhere", "--all", ""):
        with (
            pytest.raises(ConfigurationError, match="neither a folder nor a revision"),
            released_apps(wrong, "x"),
        ):
            pass


def test_every_generated_platform_passes_the_gate() -> None:
    generated = {path.parent.parent.name for path in ROOT.glob("*_*/returnmate/README.md")}
    assert {one.folder for one in PLATFORMS} == generated
