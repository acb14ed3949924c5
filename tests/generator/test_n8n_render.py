"""The generated n8n package equals the committed one, and its data equals what the catalog offers."""

import json
from pathlib import Path

import pytest
from support.each import each
from support.n8n import PACKAGES

import openapi
from connector.definition.compiler import app, apps, integration
from connector.definition.naming import camel
from connector.definition.offer import offered as selected
from connector.errors import ConfigurationError
from connector.generator import write
from connector.generator.changes import compare
from connector.generator.n8n import posted, render
from connector.generator.n8n.files import read_package
from connector.generator.n8n.lint import lint
from connector.generator.n8n.literal import literal, read_literal
from connector.generator.n8n.naming import class_name, described, whether
from connector.generator.n8n.package import kept_publisher
from connector.generator.n8n.posted import LEFT_OUT
from connector.generator.n8n.requests import Unrenderable
from connector.generator.n8n.surface import read_surface

VENDOR = "returnmate"
LIBRARY = Path(posted.__file__).parent / "static" / "lib"
ODD = 'O\'Neil & Söhne {x}: "y" \\ `z`\u2028\tid: 1'


def written(files: dict[str, str], folder: Path) -> Path:
    write.write_files(files, folder)
    return folder


@pytest.mark.parametrize("vendor", apps())
def test_committed_package_equals_the_generated_package(vendor: str) -> None:
    folder = PACKAGES / vendor
    drift = write.find_drift(render(app(vendor), publisher=kept_publisher(folder)), folder)
    assert not drift, f"Run `make generate`:\n{drift}"


@pytest.mark.parametrize("vendor", apps())
@pytest.mark.parametrize("assumed", [False, True])
def test_package_passes_the_lint_with_and_without_assumed_parts(
    vendor: str, assumed: bool, tmp_path: Path
) -> None:
    files = render(app(vendor), selection="everything" if assumed else "preview")
    assert [str(one) for one in lint(written(files, tmp_path))] == []


@pytest.mark.parametrize("vendor", apps())
def test_package_offers_every_known_step_and_trigger(vendor: str) -> None:
    offered, package = selected(app(vendor), "preview"), read_package(PACKAGES / vendor)
    operations = {key for steps in package.steps.values() for key in steps}
    assert operations == {camel(key) for key in (*offered.actions, *offered.searches)}
    polled = {key for key, one in app(vendor).triggers.items() if "n8n" in one.guarantees}
    assert package.triggers.keys() == {camel(key) for key in (*polled, *app(vendor).posted)}


@pytest.mark.parametrize("vendor", apps())
def test_every_required_input_has_a_parameter_of_its_own(vendor: str) -> None:
    package = read_package(PACKAGES / vendor)
    steps = [step for operations in package.steps.values() for step in operations.values()]
    for one in each(one for step in steps for one in step["inputs"] if one.get("required")):
        assert "group" not in one


@pytest.mark.parametrize("vendor", apps())
def test_library_is_the_same_in_every_package(vendor: str) -> None:
    """The logic is written once; a package differs from another in its data only."""
    own = PACKAGES / vendor / "nodes" / class_name(app(vendor).vendor) / "lib"
    left_out = LEFT_OUT[bool(app(vendor).posted)]
    assert {path.name for path in LIBRARY.iterdir()} - {path.name for path in own.iterdir()} == set(left_out)
    for path in each(own.iterdir()):
        assert (LIBRARY / path.name).read_bytes() == path.read_bytes()


def test_literals_have_bare_keys_and_are_read_back() -> None:
    value = {"plain": ODD, "with-dash": [1, {"inner": None}], "nested": {"list": [], "text": "a: b"}}
    text = literal(value)
    assert "plain: " in text
    assert '"with-dash": ' in text
    assert read_literal(text) == value


def test_odd_texts_of_the_catalog_do_not_break_the_package(tmp_path: Path) -> None:
    offer = integration(VENDOR)
    action = offer.actions["create_return"].model_copy(update={"label": ODD, "description": ODD})
    files = render(offer.model_copy(update={"actions": {**offer.actions, "create_return": action}}))
    package = read_package(written(files, tmp_path))
    names = [option["name"] for one in package.properties for option in one.get("options", ())]
    assert ODD in names


def test_descriptions_follow_the_rules_of_n8n() -> None:
    assert described("The return to update.") == "The return to update"
    assert described("One. Two.") == "One. Two."
    assert described("See [the page](https://example.com/a) for `id`.") == (
        'See <a href="https://example.com/a" target="_blank">the page</a> for <code>id</code>'
    )


def test_booleans_are_described_by_whether() -> None:
    assert whether("Choose yes to hide the note.") == "Whether to hide the note"
    assert whether("Choose yes if prices include tax.") == "Whether prices include tax"
    assert whether("Hides the note.") == "Whether this is so: Hides the note"
    assert whether("") == "Whether it is so"


def test_publisher_of_a_package_is_kept(tmp_path: Path) -> None:
    folder = written(render(integration(VENDOR)), tmp_path)
    manifest = json.loads((folder / "package.json").read_text())
    author = {"name": "Iris Lane", "email": "iris.lane@example.com"}
    (folder / "package.json").write_text(json.dumps({**manifest, "author": author}))
    again = render(integration(VENDOR), publisher=kept_publisher(folder))
    assert json.loads(again["package.json"])["author"] == author
    (folder / "package.json").write_text("[")
    with pytest.raises(ConfigurationError, match="not a JSON object"):
        kept_publisher(folder)


def test_login_with_a_token_that_works_once_is_refused() -> None:
    offer = integration("exsited")
    tokens = offer.authentication.tokens
    assert tokens
    grants = tuple(one.model_copy(update={"once": True}) for one in tokens.grants)
    login = offer.authentication.model_copy(update={"tokens": tokens.model_copy(update={"grants": grants})})
    with pytest.raises(Unrenderable, match="cannot renew the token"):
        render(offer.model_copy(update={"authentication": login}))


def test_two_inputs_with_one_name_are_refused() -> None:
    offer = integration(VENDOR)
    action = offer.actions["add_note"]
    twice = action.model_copy(update={"inputs": (*action.inputs, action.inputs[0])})
    with pytest.raises(Unrenderable, match="twice"):
        render(offer.model_copy(update={"actions": {"add_note": twice}}))


def test_removed_input_and_other_request_break_workflows(tmp_path: Path) -> None:
    offer = integration(VENDOR)
    action = offer.actions["add_note"]
    fewer = action.model_copy(update={"inputs": action.inputs[:-1], "operation": "update_return"})
    base = read_surface(written(render(offer), tmp_path / "base"), tmp_path)
    other = offer.model_copy(update={"actions": {**offer.actions, "add_note": fewer}})
    now = read_surface(written(render(other), tmp_path / "now"), tmp_path)
    sentences = [str(one) for one in compare(base, now)]
    assert any("input additionalFields.internal was removed" in one for one in sentences)
    assert any("uses request" in one and one.startswith("breaking") for one in sentences)
    assert compare(base, base) == []


def test_folder_without_a_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no complete n8n package"):
        read_package(tmp_path)


def test_posted_trigger_asks_the_specification_whether_it_is_subscribed(tmp_path: Path) -> None:
    package = read_package(PACKAGES / openapi.HUB)
    requests = package.subscriptions
    shown = [
        (requests[name]["method"], requests[name]["path"]) for name in ("subscribe", "unsubscribe", "check")
    ]
    assert shown == [
        ("POST", "/subscriptions"),
        ("DELETE", "/subscriptions/{subscription}"),
        ("GET", "/subscriptions/{subscription}"),
    ]
    definition = app(openapi.HUB)
    fewer = {key: one for key, one in definition.operations.items() if key != "get_subscription"}
    with pytest.raises(Unrenderable, match="has no GET operation at /subscriptions/"):
        render(definition.model_copy(update={"operations": fewer}))
    one = definition.posted["return_created"]
    other = definition.model_copy(update={"posted": {"return_created": one}})
    now = read_surface(written(render(other), tmp_path), tmp_path)
    sentences = [str(change) for change in compare(read_surface(PACKAGES / openapi.HUB, tmp_path), now)]
    assert any("returnApproved" in sentence and sentence.startswith("breaking") for sentence in sentences)


def test_trigger_of_the_hub_shows_the_connection_once() -> None:
    package = read_package(PACKAGES / openapi.HUB)
    event, connection = package.trigger_properties
    assert set(connection["displayOptions"]["show"]["event"]) == {one["value"] for one in event["options"]}
    assert package.dropdowns["searchConnection"]["operation"]["path"] == "/choices/connections"
