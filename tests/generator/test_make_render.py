"""The generated Make app equals the committed one, is reproducible, and survives odd names and texts."""

import json
import re
import socket
from pathlib import Path
from typing import Any, TypeVar

import pytest
from support.each import each
from support.make.shop import APPS

from connector.definition.compiler import app as compiled
from connector.definition.compiler import apps, vendors
from connector.definition.instant import with_instant
from connector.definition.model import Action, FrozenModel, Integration, Search, Trigger
from connector.definition.naming import plural
from connector.definition.offer import REFUSALS, with_previews
from connector.errors import ConfigurationError
from connector.generator import write
from connector.generator.make import naming, render
from connector.generator.make.fields import Unrenderable
from connector.generator.make.lint import check, parsed
from connector.generator.make.manifest import FILE, kept_origins

ODD = "O'Neil & Söhne {x} </script> \\ `y`\u2028"
P = TypeVar("P", bound=FrozenModel)


def changed(part: P, **values: Any) -> P:
    return part.model_copy(update=values)


def manifest(files: dict[str, str]) -> Any:
    return json.loads(files[FILE])


def complaints(files: dict[str, str]) -> list[str]:
    texts = {path[4:]: text for path, text in files.items() if path.startswith("src/")}
    return [str(one) for one in check(parsed(texts))]


@pytest.mark.parametrize("vendor", apps())
def test_committed_app_equals_the_generated_app(vendor: str) -> None:
    folder = APPS / vendor
    drift = write.find_drift(render(compiled(vendor), origins=kept_origins(folder)), folder)
    assert not drift, f"Run `make generate`:\n{drift}"


@pytest.mark.parametrize("vendor", apps())
@pytest.mark.parametrize("assumed", [False, True])
def test_app_passes_the_lint_with_and_without_assumed_parts(vendor: str, assumed: bool) -> None:
    assert complaints(render(compiled(vendor), selection="everything" if assumed else "preview")) == []


@pytest.mark.parametrize("vendor", apps())
def test_app_contains_everything_in_the_catalog(vendor: str) -> None:
    made = compiled(vendor)
    modules = manifest(render(made, selection="everything"))["components"]["module"]
    shown = with_instant(made).triggers
    polling = {key for key, one in shown.items() if "make" in one.guarantees or one.hook}
    triggers = {*polling, *made.posted}
    labels = {"download_label"} if vendor in ("returngo", "returnmate") else set()
    actions = {key for key, one in made.actions.items() if not one.each}  # a module sends one request
    wanted = {*triggers, *actions, *made.searches, *labels, "make_api_call"}
    assert modules.keys() == {naming.camel(key) for key in wanted}
    kinds = {name for name, one in modules.items() if one["moduleType"] in ("trigger", "instant_trigger")}
    assert kinds == {naming.camel(key) for key in triggers}


@pytest.mark.parametrize("vendor", vendors())
def test_financial_actions_are_included(vendor: str) -> None:
    made = compiled(vendor)
    modules = manifest(render(made))["components"]["module"]
    money = [one for one in made.actions.values() if one.risk == "financial"]
    known = [one for one in money if not one.preview]
    assert {naming.camel(one.key) for one in known} <= modules.keys()


@pytest.mark.parametrize("vendor", apps())
def test_only_idempotent_actions_are_retried_by_make(vendor: str) -> None:
    made = compiled(vendor)
    files = render(made, selection="everything")
    inherited = json.loads(files["src/general/base.iml.json"])["response"]["error"]
    assert inherited["503"]["type"] == "ConnectionError"
    for key, action in each([(key, one) for key, one in made.actions.items() if not one.each]):
        name = key.replace("_", "-")
        said = json.loads(files[f"src/modules/{name}/{name}.communication.iml.json"])["response"]
        error = said.get("error", inherited)
        assert (error["503"]["type"] == "ConnectionError") == (action.after_timeout == "repeat"), key
        assert ("may or may not" in error["500"]["message"]) == (action.after_timeout != "repeat"), key
        in_doubt = "if(statusCode >= 500, ' The change may or may not" in error["message"]
        assert in_doubt == (action.after_timeout != "repeat"), f"{key}: gateways send statuses such as 524"
        assert error["429"]["type"] == "RateLimitError", "a request refused by a rate limit had no effect"
        refusals = {str(status) for status in REFUSALS} if action.preview else set()
        assert error.keys() == inherited.keys() | refusals


@pytest.mark.parametrize("vendor", vendors())
def test_trigger_without_details_names_the_module_that_returns_them(vendor: str) -> None:
    made = compiled(vendor)
    files = render(made)
    modules = manifest(files)["components"]["module"]
    for key, trigger in each(made.triggers.items()):
        if (module := modules.get(naming.camel(key))) is None:
            continue
        details = trigger.details
        name = key.replace("_", "-")
        form = json.loads(files[f"src/modules/{name}/{name}.static-params.iml.json"])
        words = [module["description"], *(one["help"] for one in form if one["name"] == "limit")]
        assert [bool(re.search("summary", one)) for one in words] == [bool(details)] * 2, key
        if details:
            getting = next(one for one in made.searches.values() if one.operation == details.operation)
            label = modules[naming.camel(getting.key)]["label"]
            assert all(f"Use {label} to read the details." in one for one in each(words))


def test_rendering_uses_no_network_and_writes_no_files(
    returnmate: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "socket", None)
    monkeypatch.setattr(Path, "write_text", None)
    monkeypatch.setattr(Path, "write_bytes", None)
    files = render(returnmate)
    assert files == render(returnmate)
    assert list(files) == sorted(files)


def test_assumed_requests_and_inputs_are_left_out_on_request(returnmate: Integration) -> None:
    operation = changed(returnmate.operations["get_shipment"], provenance="assumed")
    action = returnmate.actions["add_note"]
    optional = [one.key for one in action.inputs if not one.required]
    inputs = [changed(one, provenance="assumed") if one.key in optional else one for one in action.inputs]
    made = with_previews(
        changed(
            returnmate,
            operations={**returnmate.operations, "get_shipment": operation},
            actions={**returnmate.actions, "add_note": changed(action, inputs=tuple(inputs))},
        )
    )
    files, all_files = render(made, selection="documented"), render(made)
    assert "getShipment" not in manifest(files)["components"]["module"]
    assert "getShipment" in manifest(all_files)["components"]["module"]
    path = "src/modules/add-note/add-note.mappable-params.iml.json"
    required = [one.key for one in action.inputs if one.required]
    assert [one["name"] for one in json.loads(files[path])] == required
    assert len(json.loads(all_files[path])) == len(action.inputs) > len(required)


def test_special_characters_in_texts_do_not_break_the_app(returnmate: Integration) -> None:
    search = returnmate.searches["find_return"]
    inputs = tuple(changed(one, help=f"{ODD}.") for one in search.inputs)
    odd = changed(
        returnmate,
        vendor=changed(returnmate.vendor, description=f"{ODD}."),
        searches={**returnmate.searches, "find_return": changed(search, inputs=inputs)},
    )
    assert complaints(render(odd)) == []


def test_duplicate_component_name_is_refused(returnmate: Integration) -> None:
    action = changed(returnmate.actions["add_note"], key="get_return")
    twice = changed(returnmate, actions={"add_note": action})
    with pytest.raises(Unrenderable, match="Two components would have the id getReturn"):
        render(twice)


def test_invalid_component_name_is_refused(returnmate: Integration) -> None:
    long = changed(returnmate.actions["add_note"], key="a_" + "very_" * 12 + "long_key")
    with pytest.raises(Unrenderable, match="not a valid id of a component"):
        render(changed(returnmate, actions={"add_note": long}))


def test_url_that_no_input_fills_is_refused(returnmate: Integration) -> None:
    action = returnmate.actions["add_note"]
    without = changed(action, inputs=tuple(one for one in action.inputs if one.location != "path"))
    with pytest.raises(Unrenderable, match="add_return_note needs id"):
        render(changed(returnmate, actions={"add_note": without}))


ORIGIN = {
    "label": "Test",
    "baseUrl": "https://eu1.make.com/api",
    "appId": "returnmate",
    "appVersion": 1,
    "apikeyFile": "../.secrets/apikey",
    "idMapping": {
        "connection": [{"local": "returnmate", "remote": "returnmate2"}],
        "webhook": [],
        "module": [{"local": "newReturn", "remote": "newReturn"}, {"local": "gone", "remote": "gone"}],
        "rpc": [],
        "function": [],
    },
}


def test_deployment_origin_is_kept(returnmate: Integration, tmp_path: Path) -> None:
    write.write_files(render(returnmate), tmp_path)
    assert kept_origins(tmp_path) == []
    deployed = json.loads((tmp_path / FILE).read_text())
    deployed["origins"] = [ORIGIN]
    (tmp_path / FILE).write_text(json.dumps(deployed))
    (tmp_path / ".secrets").mkdir()
    (tmp_path / ".secrets" / "apikey").write_text("x")
    write.write_files(render(returnmate, origins=kept_origins(tmp_path)), tmp_path)
    (kept,) = kept_origins(tmp_path)
    mapped = kept["idMapping"]
    assert mapped["connection"] == [{"local": "returnmate", "remote": "returnmate2"}]
    assert mapped["module"] == [
        {"local": "newReturn", "remote": "newReturn"},
        {"local": None, "remote": "gone"},
    ]
    assert {key: kept[key] for key in ORIGIN if key != "idMapping"} == {
        key: value for key, value in ORIGIN.items() if key != "idMapping"
    }
    assert (tmp_path / ".secrets" / "apikey").exists()
    files = render(returnmate, origins=[kept])
    assert not write.find_drift(files, tmp_path)
    assert complaints(files) == []


@pytest.mark.parametrize("text", ["{", "[]", '{"origins": 3}', '{"origins": [1]}', "{}"])
def test_unreadable_manifest_is_not_overwritten(tmp_path: Path, text: str) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / FILE).write_text(text)
    with pytest.raises(ConfigurationError, match="or remove the file"):
        kept_origins(tmp_path)


def test_trial_app_uses_another_base_url(returnmate: Integration) -> None:
    files = render(returnmate, base_url="https://tunnel.example/returnmate/v1/")
    base = json.loads(files["src/general/base.iml.json"])
    assert base["baseUrl"] == "https://tunnel.example/returnmate"
    assert "api.returnmate.io" not in "".join(files.values())
    assert complaints(files) == []


@pytest.mark.parametrize("address", ["http://tunnel.example/v1", "http://127.0.0.1:4010/returnmate/v1"])
def test_trial_app_sends_its_credentials_over_https_only(returnmate: Integration, address: str) -> None:
    with pytest.raises(ConfigurationError, match="is not an https address"):
        render(returnmate, base_url=address)


def test_inherited_address_excludes_the_version(returnmate: Integration) -> None:
    files = render(returnmate)
    base = json.loads(files["src/general/base.iml.json"])["baseUrl"]
    hosts = ["https://api.sandbox.returnmate.io", "https://api.returnmate.io"]
    assert re.findall(r"https://[^']+", base) == hosts
    found = json.loads(files["src/modules/get-return/get-return.communication.iml.json"])
    assert found["url"] == "/v1/rmas/{{trim(parameters.return_id)}}"


def test_page_count_is_limited_as_the_guarantee_states(returnmate: Integration) -> None:
    files = render(returnmate)
    for key, one in each(returnmate.triggers.items()):
        if "make" in one.guarantees:
            name = naming.kebab(naming.camel(key))
            said = json.loads(files[f"src/modules/{name}/{name}.communication.iml.json"])
            assert f"pagination.page <= {one.guarantees['make'].pages})" in said["pagination"]["condition"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("Order Number", "Order number"),
        ("Store ID", "Store ID"),
        ("RMA Number", "RMA number"),
        ("Shopify Order Name", "Shopify order name"),
        ("Order in Shopify", "Order in Shopify"),
        ("Return Rate (Percent)", "Return rate (percent)"),
        ("eBay Order", "eBay order"),
        ("notes", "Notes"),
        ("", ""),
    ],
)
def test_labels_are_in_sentence_case(words: str, sentence: str) -> None:
    found = naming.sentence(words)
    assert found == (sentence[:1].upper() + sentence[1:])


@pytest.mark.parametrize(
    ("noun", "many", "one"),
    [
        ("return", "returns", "a return"),
        ("order", "orders", "an order"),
        ("reply", "replies", "a reply"),
        ("day", "days", "a day"),
        ("box", "boxes", "a box"),
        ("RMA", "RMAs", "an RMA"),
        ("SKU", "SKUs", "an SKU"),
    ],
)
def test_nouns_are_pluralized(noun: str, many: str, one: str) -> None:
    assert (plural(noun), naming.article(noun)) == (many, one)


def test_module_labels_follow_makes_naming_rules(returnmate: Integration) -> None:
    def trigger(label: str) -> str:
        made: Trigger = changed(returnmate.triggers["new_return"], label=label)
        return naming.trigger_label(made, "return")

    assert trigger("New Return") == "Watch new returns"
    assert trigger("Return Approved") == "Watch approved returns"
    assert trigger("Refund Overdue") == "Watch for refund overdue"

    def action(label: str) -> str:
        made: Action = changed(returnmate.actions["add_note"], label=label)
        return naming.action_label(made)

    assert [action(one) for one in ("Add Note", "Issue Refund")] == ["Add a note", "Issue a refund"]

    def search(kind: str, label: str) -> str:
        made: Search = changed(returnmate.searches["get_return"], label=label, labels={}, kind=kind)
        return naming.search_label(made, "return")

    assert search("find", "Find Return") == "Search returns"
    assert search("list", "Find Customer Returns") == "List customer returns"
    assert search("list", "Track Shipment") == "Track a shipment"
    assert search("get", "Get Return") == "Get a return"
    assert search("report", "Returns Report") == "Get a returns report"


def test_keys_become_ids_and_file_names() -> None:
    assert naming.camel("new_return") == "newReturn"
    assert naming.kebab("newReturn") == "new-return"
    assert naming.kebab("listRMAs") == "list-rmas"
