"""Swagger UI's Execute button succeeds with the prefilled values, for every operation of every vendor."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from support.each import each
from support.sandbox import Sandbox, running
from support.worlds import open_world

import openapi

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A separate sandbox, because the demo tenant is changed."""
    folder = tmp_path_factory.mktemp("try-it-out")
    with running(folder, "--no-rate-limits") as started:
        yield started


def served(base: str) -> dict[str, Any]:
    document: dict[str, Any] = httpx.get(f"{base}/openapi.json").raise_for_status().json()
    return document


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, item[method])
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    ]


def resolved(document: dict[str, Any], node: Any) -> Any:
    while "$ref" in node:
        target: Any = document
        for step in node["$ref"][2:].split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def initial(document: dict[str, Any], parameter: dict[str, Any]) -> Any:
    """Return the value Swagger UI prefills: the example of the parameter or its schema, else the default."""
    if parameter.get("examples"):
        return resolved(document, next(iter(parameter["examples"].values())))["value"]
    schema = merged(document, parameter["schema"])
    known = [holder[key] for holder, key in ((parameter, "example"), (schema, "example"), (schema, "default"))
             if key in holder]  # fmt: skip
    return known[0] if known else None


def merged(document: dict[str, Any], raw: Any) -> dict[str, Any]:
    schema = resolved(document, raw)
    found: dict[str, Any] = {}
    for part in schema.get("allOf", ()):
        found |= merged(document, part)
    return {**found, **schema}


def body(document: dict[str, Any], operation: dict[str, Any]) -> Any:
    if "requestBody" not in operation:
        return None
    media = resolved(document, operation["requestBody"])["content"]["application/json"]
    if media.get("examples"):
        return resolved(document, next(iter(media["examples"].values())))["value"]
    return media["example"]


def parameters(document: dict[str, Any], path: str, operation: dict[str, Any]) -> list[Any]:
    both = [*document["paths"][path].get("parameters", ()), *operation.get("parameters", ())]
    return [resolved(document, one) for one in both]


def execute(api: httpx.Client, document: dict[str, Any], path: str, method: str) -> httpx.Response:
    operation = document["paths"][path][method]
    query: dict[str, Any] = {}
    for parameter in parameters(document, path, operation):
        value = initial(document, parameter)
        if parameter["in"] == "path":
            assert value is not None, f"{parameter['name']} is not filled in"
            path = path.replace(f"{{{parameter['name']}}}", httpx.QueryParams({"": value})[""])
        elif parameter["in"] == "query" and value is not None:
            query[parameter["name"]] = json.dumps(value) if isinstance(value, bool) else value
    return api.request(method, path, params=query, json=body(document, operation))


@pytest.mark.parametrize("vendor", openapi.vendors())
def test_every_operation_succeeds_with_prefilled_values(sandbox: Sandbox, vendor: str) -> None:
    found = sandbox.credentials(vendor)
    document = served(found["base_url"])
    described = {one["operationId"] for _, _, one in operations(openapi.read(vendor))}
    assert {one["operationId"] for _, _, one in operations(document)} == described
    with httpx.Client(base_url=found["base_url"], headers=found["headers"]) as api:
        for path, method, operation in each(operations(document)):
            answer = execute(api, document, path, method)
            assert answer.is_success, f"{operation['operationId']}: {answer.request.url} {answer.text}"


@pytest.mark.parametrize("vendor", openapi.vendors())
def test_prefilled_lists_are_not_filtered(sandbox: Sandbox, vendor: str) -> None:
    document = served(sandbox.credentials(vendor)["base_url"])
    for path, _, operation in each(operations(document)):
        for parameter in parameters(document, path, operation):
            if parameter["in"] == "query" and not parameter.get("required"):
                assert "example" not in parameter, parameter["name"]
                assert "examples" not in parameter, parameter["name"]
                default = merged(document, parameter["schema"]).get("default")
                assert initial(document, parameter) == default, parameter["name"]


def test_every_control_plane_operation_succeeds_with_prefilled_values(sandbox: Sandbox) -> None:
    """Create first, then read and change, and delete at last, single records before lists.

    The page is loaded again before each of these steps. A stream of events never ends.
    """
    login = sandbox.credentials("returnmate")
    no_login: dict[str, str] = {}
    for methods in each([{"post"}, {"get", "put", "patch"}, {"delete"}]):
        for headers in (login["headers"], no_login):  # recorded, one without a tenant
            httpx.get(f"{login['base_url']}/rmas", headers=headers)
        document = served(f"{sandbox.url}/__sandbox")
        found = [one for one in operations(document) if one[1] in methods and not is_stream(one[2])]
        for path, method, operation in each(found[::-1] if methods == {"delete"} else found):
            answer = execute(sandbox.control, document, path, method)
            assert answer.is_success, f"{operation['operationId']}: {answer.request.url} {answer.text}"


def is_stream(operation: dict[str, Any]) -> bool:
    return "text/event-stream" in operation["responses"].get("200", {}).get("content", {})


def test_control_plane_can_be_tried_again_after_reloading(sandbox: Sandbox) -> None:
    """A name that is taken is not prefilled again, and existing records are prefilled."""

    def execute_anew(name: str) -> httpx.Response:
        document = served(f"{sandbox.url}/__sandbox")
        found = next(one for one in operations(document) if one[2]["operationId"] == name)
        return execute(sandbox.control, document, *found[:2])

    for name in each(["create_tenant", "clone_tenant", "create_fault"]):
        assert [execute_anew(name).status_code for _ in range(2)] == [201, 201], name
    for name in each(["get_fault", "delete_fault", "delete_tenant", "move_return", "move_return"]):
        assert execute_anew(name).is_success, name


def test_no_secret_of_another_tenant_is_prefilled() -> None:
    with open_world(seed_size=40) as opened:
        opened.tenants.create("acme")
        filled = {name: vendor.examples("acme") for name, vendor in opened.vendors.items()}
        shown = {name: vendor.examples("demo") for name, vendor in opened.vendors.items()}
        for name in each(opened.vendors):
            assert opened.world.keys.key("acme", name) not in str(filled[name])
    assert "create_token" in shown["exsited"].bodies.keys() - filled["exsited"].bodies.keys()
    assert "request_tokens" in shown["returnlogic"].bodies.keys() - filled["returnlogic"].bodies.keys()


def test_examples_in_the_yaml_document_stay_unchanged(sandbox: Sandbox) -> None:
    """`openapi.yaml` is the document for readers, with its own examples of filters."""
    text = httpx.get(f"{sandbox.credentials('returngo')['base_url']}/openapi.yaml").raise_for_status().text
    assert "example: Pending,Approved" in text
