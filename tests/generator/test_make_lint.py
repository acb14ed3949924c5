"""Every check of `returns lint make` passes the committed apps and finds its seeded mistake."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.make.shop import APPS

from connector.definition.compiler import apps, integration
from connector.errors import ConfigurationError
from connector.generator.make import render
from connector.generator.make.lint import CHECKS, check, lint, parsed
from connector.generator.make.lint.app import MANIFEST

VENDOR = "returnmate"
Files = dict[str, Any]
Seed = Callable[[Files], None]
NEW = "modules/new-return/new-return"
CREATE = "modules/create-return/create-return"
FIND = "modules/find-return/find-return"
CALL = "modules/make-api-call/make-api-call"
BASE = "general/base.iml.json"
LOGIN = "connections/returnmate/returnmate"
LIST = "rpcs/list-returns/list-returns.communication.iml.json"
DOWNLOAD = "modules/download-label/download-label.mappable-params.iml.json"


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Return the files of a small app, by their path below `src`."""
    offer = integration(VENDOR)
    kept = {
        "triggers": {"new_return": offer.triggers["new_return"]},
        "actions": {"create_return": offer.actions["create_return"]},
        "searches": {key: offer.searches[key] for key in ("find_return", "get_return")},
    }
    made = render(offer.model_copy(update=kept))
    return {path.removeprefix("src/"): text for path, text in made.items() if path.startswith("src/")}


def module(files: Files, name: str) -> Any:
    return files[MANIFEST]["components"]["module"][name]


def set_at(path: str, *steps: Any, to: Any) -> Seed:
    """Return a change that sets a value in a file."""

    def seed(files: Files) -> None:
        holder = files[path]
        for step in steps[:-1]:
            holder = holder[step]
        holder[steps[-1]] = to

    return seed


def drop(path: str, *steps: Any) -> Seed:
    """Return a change that removes a value from a file, or the file itself."""

    def seed(files: Files) -> None:
        holder: Any = files
        for step in (path, *steps)[:-1]:
            holder = holder[step]
        del holder[steps[-1] if steps else path]

    return seed


def in_module(name: str, key: str, to: Any) -> Seed:
    return set_at(MANIFEST, "components", "module", name, key, to=to)


COMMUNICATION = ".communication.iml.json"
EXPECT = ".mappable-params.iml.json"
SEEDS: dict[str, list[Seed]] = {
    "M001": [drop(MANIFEST, "components", "endpoint"), set_at(MANIFEST, "fileVersion", to=2)],
    "M002": [
        drop(f"{NEW}.epoch.iml.json"),
        set_at(MANIFEST, "generalCodeFiles", "base", to="base.json"),
        drop(MANIFEST, "components", "module", "newReturn", "codeFiles", "samples"),
        lambda files: files.update({"modules/stray.json": {}}),
    ],
    "M003": [
        set_at(f"{NEW}{COMMUNICATION}", "respnse", to={}),
        set_at(f"{NEW}{COMMUNICATION}", "method", to="FETCH"),
        drop(f"{CREATE}{COMMUNICATION}", "body"),
        drop(f"{NEW}{COMMUNICATION}", "response", "trigger", "id"),
        drop(f"{NEW}{COMMUNICATION}", "response", "trigger", "date"),
        drop(f"{NEW}.epoch.iml.json", "response", "output", "date"),
        set_at(f"{NEW}.epoch.iml.json", "response", "limit", to=500),
        set_at(BASE, "response", "error", "401", "type", to="WrongKeyError"),
        drop(BASE, "response", "error", "401", "message"),
        set_at(f"{CREATE}{EXPECT}", 0, "type", to="string"),
        drop(f"{CREATE}{EXPECT}", 3, "options", 0, "value"),
        set_at(f"{NEW}{COMMUNICATION}", "url", to="/" + "x" * 512),
    ],
    "M004": [
        lambda files: files[MANIFEST]["components"]["module"].update({"a-b": module(files, "newReturn")})
    ],
    "M005": [lambda files: files.update({"README.md": "Soon."})],
    "M006": [set_at(f"{NEW}{COMMUNICATION}", "response", "output", to="{{item")],
    "M007": [set_at(f"{NEW}{COMMUNICATION}", "response", "output", to="{{trimLeft(item)}}")],
    "M008": [
        set_at(f"{NEW}{COMMUNICATION}", "response", "output", to="{{row}}"),
        set_at(f"{CREATE}{COMMUNICATION}", "url", to="/{{data.lastDate}}"),
        set_at(BASE, "headers", "x", to="{{item.id}}"),
    ],
    "M009": [
        set_at(f"{CREATE}{COMMUNICATION}", "body", "order_number", to="{{parameters.order}}"),
        set_at(f"{LOGIN}{COMMUNICATION}", "headers", "x", to="{{parameters.shop}}"),
    ],
    "M010": [set_at(BASE, "headers", "x", to="{{connection.shop}}")],
    "M011": [set_at(f"{NEW}{COMMUNICATION}", "response", "output", to="{{item.items[0]}}")],
    "M012": [
        set_at(f"{NEW}{COMMUNICATION}", "response", "trigger", "date", to="{{item.create_at}}"),
        set_at(f"{NEW}{COMMUNICATION}", "response", "trigger", "id", to="{{item.customer.id}}"),
    ],
    "M013": [
        set_at("modules/get-return/get-return.mappable-params.iml.json", 0, "options", to="rpc://listRmas"),
        lambda files: files[MANIFEST]["components"]["rpc"].update(
            {"listUnused": files[MANIFEST]["components"]["rpc"]["listReturns"]}
        ),
    ],
    "M014": [in_module("newReturn", "connection", "other"), in_module("newReturn", "connection", None)],
    "M015": [
        in_module("newReturn", "moduleType", "instant_trigger"),
        set_at(
            MANIFEST,
            "components",
            "webhook",
            to={"unused-hook": {"label": "Unused", "webhookType": "web", "codeFiles": {}}},
        ),
    ],
    "M016": [
        drop("modules/groups.json", 0, "modules", 0),
        lambda files: files["modules/groups.json"][0]["modules"].append("createReturn"),
        lambda files: files["modules/groups.json"][0]["modules"].append("forgotten"),
    ],
    "M017": [drop("modules/get-return/get-return.mappable-params.iml.json", 0, "options")],
    "M018": [
        drop(f"{CREATE}{EXPECT}", 0, "label"),
        drop(f"{CREATE}{EXPECT}", 2, "spec", 0, "label"),
        drop(f"{NEW}.interface.iml.json", 0, "label"),
        drop(MANIFEST, "components", "module", "newReturn", "label"),
    ],
    "M019": [
        set_at(f"{CREATE}{EXPECT}", 0, "label", to="Order Number"),
        in_module("createReturn", "label", "Create a Return"),
        set_at("modules/groups.json", 0, "label", to="all triggers"),
    ],
    "M020": [
        in_module("newReturn", "label", "New returns"),
        in_module("findReturn", "label", "Find returns"),
        in_module("createReturn", "label", "Get a return"),
        in_module("createReturn", "label", f"Create {'very ' * 12}long return"),
    ],
    "M021": [
        in_module("createReturn", "description", "Create a return."),
        in_module("createReturn", "description", "Creates a return"),
        in_module("newReturn", "description", "Watches new returns."),
    ],
    "M022": [
        in_module("createReturn", "actionCrud", None),
        set_at(f"{CREATE}{COMMUNICATION}", "pagination", to={"condition": "{{false}}"}),
        set_at(f"{CREATE}{COMMUNICATION}", "response", "iterate", to="{{body.data}}"),
    ],
    "M023": [
        drop(f"{FIND}{EXPECT}", -1, "default"),
        drop(f"{FIND}{COMMUNICATION}", "response", "limit"),
        drop(f"{FIND}{COMMUNICATION}", "response", "iterate"),
    ],
    "M024": [
        drop(f"{NEW}{COMMUNICATION}", "response", "trigger"),
        drop(f"{NEW}.static-params.iml.json", -1, "required"),
        set_at(f"{NEW}{COMMUNICATION}", "response", "limit", to=5),
        drop(f"{NEW}{COMMUNICATION}", "response", "iterate"),
    ],
    "M025": [lambda files: files[f"{NEW}{EXPECT}"].append({"name": "x", "type": "text", "label": "X"})],
    "M026": [
        set_at(
            f"{NEW}{COMMUNICATION}", "qs", "created_after", to="{{formatDate(data.lastDate, 'YYYY-MM-DD')}}"
        )
    ],
    "M027": [
        drop(LIST, "pagination", "condition"),
        set_at(LIST, "pagination", "condition", to="{{pagination.page < 3 && pagination.page <= 3}}"),
        set_at(LIST, "pagination", "condition", to="{{3 > pagination.page && pagination.page <= 3}}"),
    ],
    "M028": [set_at(f"{FIND}{COMMUNICATION}", "pagination", "mergeWithParent", to=False)],
    "M029": [
        set_at(LIST, "response", "limit", to=501),
        set_at(LIST, "response", "output", to="{{item}}"),
        set_at(LIST, "pagination", "condition", to="{{pagination.page <= 9}}"),
    ],
    "M030": [
        drop(f"{NEW}.samples.iml.json", "customer", "email"),
        set_at(f"{NEW}.samples.iml.json", "extra", to=1),
        set_at(f"{NEW}.samples.iml.json", "items", 0, "quantity", to="1"),
        set_at(f"{NEW}.samples.iml.json", "items", 0, "quantity", to=True),
    ],
    "M031": [in_module("makeApiCall", "moduleType", "responder")],
    "M032": [
        set_at(f"{CALL}{COMMUNICATION}", "url", to="{{parameters.url}}"),
        set_at(f"{CALL}{EXPECT}", 0, "help", to="The whole address."),
    ],
    "M033": [
        set_at(
            f"{CALL}{COMMUNICATION}",
            "headers",
            "{{...}}",
            to="{{toCollection(parameters.headers, 'key', 'value')}}",
        )
    ],
    "M034": [
        set_at(f"{NEW}{COMMUNICATION}", "url", to="https://api.returnmate.io/v1/rmas"),
        set_at(LIST, "url", to="rmas"),
        set_at(DOWNLOAD, 0, "validate", "pattern", to="^http://"),
        in_module("downloadLabel", "connection", "returnmate"),
    ],
    "M035": [
        set_at(BASE, "baseUrl", to="https://api.returnmate.io/v1"),
        set_at(BASE, "baseUrl", to="http://api.returnmate.io"),
    ],
    "M036": [
        drop(BASE, "response", "error"),
        drop(f"{LOGIN}{COMMUNICATION}", "response", "error", "401"),
    ],
    "M037": [
        set_at(BASE, "log", "sanitize", to=[]),
        set_at(f"{LOGIN}{COMMUNICATION}", "log", "sanitize", to=["request.headers.accept"]),
        set_at(f"{NEW}{COMMUNICATION}", "qs", "key", to="{{connection.api_key}}"),
        set_at(f"{LOGIN}{COMMUNICATION}", "response", "data", to={"accessToken": "{{body.token}}"}),
    ],
    "M038": [
        set_at(f"{LOGIN}.params.iml.json", 0, "type", to="text"),
        drop(f"{LOGIN}.params.iml.json", 1, "editable"),
        lambda files: files[f"{CREATE}{EXPECT}"].append({"name": "api_key", "type": "text", "label": "X"}),
    ],
    "M039": [
        drop(f"{LOGIN}{COMMUNICATION}", "response", "metadata"),
        set_at(f"{LOGIN}{COMMUNICATION}", "response", "metadata", "value", to="{{parameters.api_key}}"),
    ],
    "M040": [
        set_at(f"{CREATE}{COMMUNICATION}", "response", "error", "503", "type", to="ConnectionError"),
        drop(f"{CREATE}{COMMUNICATION}", "response", "error"),
        set_at(f"{CREATE}{COMMUNICATION}", "response", "error", to="{{body.error.message}}"),
        drop(f"{CALL}{COMMUNICATION}", "response", "error"),
    ],
    "M041": [
        drop(BASE, "followRedirects"),
        drop(BASE, "followAllRedirects"),
        set_at(f"{CREATE}{COMMUNICATION}", "followAllRedirects", to=True),
        drop(LIST, "followRedirects"),
        drop(f"{LOGIN}{COMMUNICATION}", "followRedirects"),
        drop(f"{CALL}{COMMUNICATION}", "response", "valid"),
        set_at(f"{NEW}{COMMUNICATION}", "response", "valid", "condition", to="{{statusCode < 400}}"),
        set_at(f"{NEW}{COMMUNICATION}", "response", "valid", to="{{statusCode < 300 || body.data}}"),
        set_at(f"{NEW}{COMMUNICATION}", "response", "valid", to="{{statusCode < 300"),
    ],
    "M042": [drop(BASE, "timeout")],
    "M043": [
        set_at(f"{CREATE}{EXPECT}", 0, "help", to="The order number."),
        set_at(f"{CREATE}{EXPECT}", 2, "spec", 1, "help", to="Quantity of the return"),
        set_at(f"{LOGIN}.params.iml.json", 0, "help", to="Your API key."),
    ],
    "M044": [
        set_at(f"{LOGIN}.params.iml.json", 0, "help", to="In the settings."),
        set_at(f"{LOGIN}.params.iml.json", 0, "help", to="See [the site](https://shop.example/)."),
    ],
    "M045": [
        set_at("modules/groups.json", 0, "label", to="Actions"),
        lambda files: files["modules/groups.json"][0]["modules"].reverse(),
    ],
    "M046": [
        set_at(f"{CREATE}{EXPECT}", 0, "label", to="Customer email"),
        set_at(f"{NEW}.interface.iml.json", 0, "spec", 0, "label", to="Items"),
    ],
    "M047": [
        in_module("newReturn", "label", "Watch updated returns"),
        in_module("newReturn", "label", "Watch created or updated returns"),
    ],
    "M048": [
        set_at(f"{NEW}.interface.iml.json", 1, "label", to="Bank account"),
        set_at(f"{NEW}.interface.iml.json", 1, "name", to="iban"),
    ],
}
FINE: dict[str, list[Seed]] = {
    "M041": [
        set_at(f"{NEW}{COMMUNICATION}", "response", "valid", to="{{statusCode < 300}}"),
        set_at(f"{NEW}{COMMUNICATION}", "response", "valid", to="{{body.data && (statusCode < 300)}}"),
    ],
    "M042": [set_at(BASE, "timeout", to=1_000)],
    "M043": [set_at(f"{CREATE}{EXPECT}", 0, "help", to="Shoppers see it in their mail.")],
    "M044": [
        set_at(f"{LOGIN}.params.iml.json", 0, "help", to="See [how](https://shop.example/keys) to get one.")
    ],
    "M047": [in_module("newReturn", "label", "Watch updated return statuses")],
}


@pytest.mark.parametrize("vendor", apps())
def test_committed_app_passes_the_lint(vendor: str) -> None:
    assert [str(one) for one in lint(APPS / vendor)] == []


def test_every_check_has_a_unique_number_and_a_seeded_mistake() -> None:
    numbers = [one.__name__.partition("_")[0].upper() for one in CHECKS]
    assert numbers == [f"M{number:03}" for number in range(1, len(CHECKS) + 1)]
    assert list(SEEDS) == numbers
    assert all(one.__doc__ for one in CHECKS)


@pytest.mark.parametrize(
    ("number", "seed"),
    [
        pytest.param(number, seed, id=f"{number}-{i}")
        for number in SEEDS
        for i, seed in enumerate(SEEDS[number])
    ],
)
def test_seeded_mistake_is_found(texts: dict[str, str], number: str, seed: Seed) -> None:
    assert number in {one.check for one in check(parsed(seeded(texts, seed)))}


@pytest.mark.parametrize(
    "seed",
    [pytest.param(seed, id=f"{number}-{i}") for number in FINE for i, seed in enumerate(FINE[number])],
)
def test_valid_variant_passes_the_lint(texts: dict[str, str], seed: Seed) -> None:
    assert [str(one) for one in check(parsed(seeded(texts, seed)))] == []


def seeded(texts: dict[str, str], seed: Seed) -> dict[str, str]:
    """Return the texts of the small app after this change."""
    files: Files = {
        path: json.loads(text) if path.endswith(".json") else text for path, text in texts.items()
    }
    seed(files)
    return {path: value if isinstance(value, str) else json.dumps(value) for path, value in files.items()}


@pytest.mark.parametrize(
    ("write", "sentence"),
    [
        (lambda _folder: None, "does not contain a Make app"),
        (lambda folder: (folder / MANIFEST).write_text("{"), "is not valid JSON"),
        (lambda folder: (folder / MANIFEST).write_bytes(b"\xff"), "is not a readable text file"),
        (lambda folder: (folder / MANIFEST).write_text("[" * 100_000), "nested too deeply|is not valid JSON"),
    ],
)
def test_folder_without_an_app_is_reported_in_one_sentence(
    tmp_path: Path, write: Callable[[Path], Any], sentence: str
) -> None:
    write(tmp_path)
    with pytest.raises(ConfigurationError, match=sentence):
        lint(tmp_path)


@pytest.mark.parametrize(("scopes", "found"), [({}, []), ({"read": "Read returns"}, []), ([], ["M003"])])
def test_scopes_of_an_oauth_connection_are_an_object(scopes: Any, found: list[str]) -> None:
    """Make's schema: the keys are scopes, and the values are their descriptions."""
    made = render(integration("exsited"))
    texts = {path.removeprefix("src/"): text for path, text in made.items() if path.startswith("src/")}
    texts["connections/exsited/exsited.scope-list.iml.json"] = json.dumps(scopes)
    assert sorted({one.check for one in check(parsed(texts))}) == found


@pytest.mark.parametrize("text", ["[]", "null", '{"components": []}', '{"components": {"module": {"a": 1}}}'])
def test_malformed_manifest_is_a_complaint(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST).write_text(text)
    assert {one.check for one in lint(tmp_path)} == {"M001"}
