"""A name that does not exist is refused with one wording and one exit code, before all other mistakes."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.each import each
from support.sandbox import Sandbox
from support.sandbox_commands import COMMANDS, run

import mock_server
import openapi
from mock_server.control.names import choices
from mock_server.engine.schema import Schemas
from mock_server.spelling import MAX_LISTED, unknown

MISUSED = 2
SWAPP = 'There is no vendor named "swapp". Did you mean "swap"?'
NO_TENANT = 'There is no tenant named "demmo". Did you mean "demo"?'
METHODS = {"get", "put", "post", "patch", "delete"}
NEEDS_NO_SANDBOX = {"serve", "seed-template"}
"""Commands that send no request to a sandbox."""


def words_of(command: Any, given: Mapping[str, str]) -> list[str]:
    """Return arguments for a command: the given values, and any value for the other required ones."""
    words = []
    for parameter in command.params:
        is_argument = parameter.param_type_name == "argument"
        value = given.get(parameter.name, "1" if parameter.required and is_argument else None)
        if value is not None:
            words += [value] if is_argument else [parameter.opts[0], value]
    return words


WITH_VENDOR = [
    words
    for words, command in COMMANDS.items()
    if {"vendor"} & {one.name for one in command.params} and words[-1] not in NEEDS_NO_SANDBOX
]
WITH_TENANT = [
    words
    for words, command in COMMANDS.items()
    if {"tenant"} & {one.name for one in command.params} and words[-1] not in NEEDS_NO_SANDBOX
]
MORE: Mapping[tuple[str, ...], Mapping[str, str]] = {
    ("sandbox", "advance"): {"until": "return 1 is received"},
    ("sandbox", "plan"): {"name": "x"},
    ("sandbox", "webhook", "change"): {"receiver": "http://127.0.0.1:9/"},
    ("sandbox", "switch"): {"position": "on"},
    ("receiver", "check"): {"receiver_url": "http://127.0.0.1:9/"},
}
"""Values without which a command is refused before it sends a request."""


@pytest.mark.parametrize("words", WITH_VENDOR, ids=" ".join)
def test_every_command_refuses_an_unknown_vendor_alike(sandbox: Sandbox, words: tuple[str, ...]) -> None:
    refused = run(sandbox.url, *words, *words_of(COMMANDS[words], {"vendor": "swapp", **MORE.get(words, {})}))
    assert (refused.exit_code, refused.stderr) == (MISUSED, f"{SWAPP}\n")


@pytest.mark.parametrize("words", WITH_TENANT, ids=" ".join)
def test_every_command_refuses_an_unknown_tenant_alike(
    sandbox: Sandbox, words: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory
) -> None:
    given = {"tenant": "demmo", **MORE.get(words, {})}
    if "file" in {one.name for one in COMMANDS[words].params}:
        given["file"] = str(tmp_path_factory.mktemp("dump") / "dump.json")
    refused = run(sandbox.url, *words, *words_of(COMMANDS[words], given))
    assert (refused.exit_code, refused.stderr) == (MISUSED, f"{NO_TENANT}\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("create-return swapp", SWAPP),
        ("requests --operation creat_return", 'There is no operation named "creat_return". Did you mean'),
        ("requests --vendor swap --operation x", 'There is no operation of swap named "x". Choose'),
        ("requests --method GTE", 'There is no method named "GTE". Did you mean "GET"?'),
        ("requests --follow --vendor swapp", SWAPP),
        ("returns --status recieved", 'There is no status named "recieved". Did you mean "received"?'),
        ("returns --state requestd", 'There is no state named "requestd". Did you mean "requested"?'),
        (
            "move returnmate rma_1 aproved",
            'There is no status of returnmate named "aproved". Did you mean "approved"?',
        ),
        ("add-fault latensy --next 0", 'There is no kind of fault named "latensy". Did you mean "latency"?'),
        (
            "add-fault cut --operation list_rma",
            'There is no operation named "list_rma". Did you mean "list_rmas"',
        ),
        ("add-fault latency -p millis=5", 'There is no parameter of latency named "millis". Did you mean'),
        ("scenario flakey", 'There is no scenario named "flakey". Did you mean "flaky"?'),
        ("restore nope", 'There is no snapshot of demo named "nope", and no other.'),
        ("delete-snapshot nope", 'There is no snapshot of demo named "nope", and no other.'),
        ("act returngo validate_itms", 'There is no act of returngo named "validate_itms". Did you mean'),
        ("switch returnmate invisible on", 'There is no switch of returnmate named "invisible"'),
        ("plan returnmate --key x --day 5", 'There is no key of returnmate named "x". Choose'),
        ("plan returnmate enterprize", 'There is no plan of returnmate named "enterprize". Did you mean'),
        (
            "create-key returnmate Odd_Name --scope rmas:raed",
            'There is no scope of returnmate named "rmas:raed". Did you mean "rmas:read"?',
        ),
        ("create-tenant Bad_Name --plan enterprize", 'There is no plan named "enterprize". Did you mean'),
        (
            "create-tenant acme --limits no",
            'There is no setting of limits named "no". Choose on, off or auto.',
        ),
        ("ledger --kind return.craeted", 'There is no kind of event named "return.craeted". Did you mean'),
        ("deliveries --state given", 'There is no state named "given". Did you mean "given_up"?'),
        ("deliveries --event RETRUN_CREATED", 'There is no event named "RETRUN_CREATED"'),
        ("resend --vendor swap --event x", 'There is no event of swap named "x". Choose'),
        ("webhook add swap nonsense --event x", 'There is no event of swap named "x". Choose'),
    ],
)
def test_command_refuses_an_unknown_name(sandbox: Sandbox, words: str, sentence: str) -> None:
    refused = run(sandbox.url, "sandbox", *words.split())
    assert refused.exit_code == MISUSED, refused.stderr
    assert refused.stderr.startswith(sentence)
    assert refused.stderr.count("\n") == 1
    assert len(refused.stderr) < 300


def operations() -> Iterator[tuple[str, str, str, list[dict[str, Any]], dict[str, Any]]]:
    """Yield the operationId, method, path, parameters and body fields of each control-plane operation."""
    document = openapi.read(openapi.CONTROL_PLANE)
    resolve = Schemas(document).resolve
    for path, item in document["paths"].items():
        for method in METHODS.intersection(item):
            operation = item[method]
            parameters = [
                dict(resolve(one)) for one in (*item.get("parameters", ()), *operation.get("parameters", ()))
            ]
            content = resolve(operation.get("requestBody", {})).get("content", {})
            body = resolve(content.get("application/json", {}).get("schema", {})).get("properties", {})
            yield operation["operationId"], method, path, parameters, dict(body)


def ask(sandbox: Sandbox, method: str, path: str, values: Mapping[str, str], **sent: Any) -> httpx.Response:
    for name in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
        path = path.replace(f"{{{name}}}", values.get(name, "1"))
    return sandbox.control.request(method, path, **sent)


def test_every_operation_refuses_an_unknown_vendor_first(sandbox: Sandbox) -> None:
    for id_, method, path, parameters, body in each(operations()):
        places = [one["in"] for one in parameters if one["name"] == "vendor"] + ["body"] * ("vendor" in body)
        for place in places:
            values = {"tenant": "demo"} | ({"vendor": "swapp"} if place == "path" else {})
            sent: dict[str, Any] = {"json": {"vendor": "swapp", "limit": -1}} if body else {}
            if place == "query":
                sent["params"] = {"vendor": "swapp", "limit": "-1", "after": "x"}
            answer = ask(sandbox, method, path, values, **sent)
            error = answer.json()["error"]
            expected = HTTPStatus.NOT_FOUND if place == "path" else HTTPStatus.BAD_REQUEST
            assert (answer.status_code, error["message"]) == (expected, SWAPP), id_
            assert error["unknown"] == "vendor"


def test_every_operation_refuses_an_unknown_tenant_first(sandbox: Sandbox) -> None:
    of_tenant = [one for one in operations() if "{tenant}" in one[2]]
    for id_, method, path, _, body in each(of_tenant):
        sent = {"json": {"nonsense": 1}} if body else {}
        answer = ask(sandbox, method, path, {"tenant": "demmo"}, **sent)
        error = answer.json()["error"]
        expected = (HTTPStatus.NOT_FOUND, NO_TENANT, "tenant")
        assert (answer.status_code, error["message"], error.get("unknown")) == expected, id_


def test_every_fixed_list_of_values_is_refused_alike(sandbox: Sandbox) -> None:
    known = dict(choices())
    for id_, method, path, _, body in each(operations()):
        for name, values in known.get(id_, {}).items():
            if not isinstance(values[0], str):
                continue
            wrong = values[0] + "x"
            sent = {"json": {name: wrong}} if name in body else {"params": {name: wrong}}
            answer = ask(sandbox, method, path, {"tenant": "demo"}, **sent)
            error = answer.json()["error"]
            assert f'named "{wrong}". Did you mean "{values[0]}"?' in error["message"], (id_, name)
            assert "unknown" in error
    assert {"kind", "state", "limits"} <= {name for fields in known.values() for name in fields}


def test_one_module_finds_similar_names() -> None:
    sources = [*Path(mock_server.__file__).parent.rglob("*.py")]
    finding = [path.name for path in each(sources) if "get_close_matches" in path.read_text("utf-8")]
    assert finding == ["spelling.py"]


def test_long_lists_of_names_are_shortened() -> None:
    names = [f"operation_{number}" for number in range(40)]
    sentence = unknown("operation", "zzz", names)
    assert sentence.endswith(f"{names[MAX_LISTED - 1]} or one of {40 - MAX_LISTED} more.")
    assert sentence.count("operation_") == MAX_LISTED
    assert len(unknown("vendor", "z" * 1_000, ["swap"])) < 200
