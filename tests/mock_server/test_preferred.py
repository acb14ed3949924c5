"""Responses that a client chooses with `Prefer`: documented examples and generated bodies."""

import re
from collections.abc import Iterator
from functools import partial
from http import HTTPStatus
from random import Random
from typing import Any

import httpx
import orjson
import pytest
from support.each import each
from support.engine_api import Caller, Gate, Shop, build
from support.faulty import create, tenant_of
from support.sandbox import Sandbox as Running
from support.worlds import open_world

import openapi
from mock_server.engine.call import Call
from mock_server.engine.compiler import Compiler
from mock_server.engine.connexion_parts import Resolver, Specification
from mock_server.engine.generated import generate
from mock_server.engine.operation import Operation
from mock_server.engine.preferred import chosen
from mock_server.engine.problem import Problem
from mock_server.engine.reply import Reply
from mock_server.testing import Sandbox, Tenant

UNDOCUMENTED = 418


@pytest.fixture(scope="module")
def client(sandbox: Running) -> Iterator[Sandbox]:
    with Sandbox(sandbox.url) as found:
        yield found


@pytest.fixture(scope="module")
def tenant(client: Sandbox) -> Iterator[Tenant]:
    with tenant_of(client) as made:
        yield made


def preferring(tenant: Tenant, preference: str, vendor: str = "returnmate", path: str = "/rmas") -> Any:
    with tenant.client(vendor) as http:
        return http.get(path, headers={"Prefer": preference})


def test_status_that_is_not_documented_has_the_vendors_envelope(tenant: Tenant) -> None:
    answer = preferring(tenant, "code=503")
    assert (answer.status_code, answer.headers["preference-applied"]) == (503, "code=503")
    assert answer.json()["success"] is False
    assert answer.json()["error"]["message"] == (
        "The request prefers the status 503, which list_returns does not document."
    )
    assert "x-ratelimit-remaining" in answer.headers


def test_documented_status_has_the_documented_example(tenant: Tenant) -> None:
    document = openapi.read("returnmate")
    answer = preferring(tenant, "code=429")
    described = document["paths"]["/rmas"]["get"]["responses"]["429"]
    described = document["components"]["responses"][described["$ref"].rpartition("/")[2]]
    assert answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert answer.json() == described["content"]["application/json"]["example"]
    verdict = tenant.requests()[-1].verdict
    assert verdict == "The request is valid; its Prefer header chose the response."


def test_request_is_checked_first_and_nothing_is_done(tenant: Tenant) -> None:
    address = tenant.credentials("returnmate").base_url + "/rmas"
    before = len(tenant.ledger())
    assert httpx.get(address, headers={"Prefer": "code=503"}).status_code == HTTPStatus.UNAUTHORIZED
    assert preferring(tenant, "code=503", path="/rmas?page=0").status_code == HTTPStatus.BAD_REQUEST
    with tenant.client("returnmate") as http:
        http.headers["Prefer"] = "code=201"
        assert create(http).status_code == HTTPStatus.CREATED
    assert len(tenant.ledger()) == before


def test_other_preferences_are_ignored(tenant: Tenant) -> None:
    answer = preferring(tenant, "respond-async, wait=10; return=minimal")
    assert answer.status_code == HTTPStatus.OK
    assert "preference-applied" not in answer.headers
    assert answer.json()["meta"]["total"] == 3


@pytest.mark.parametrize(
    ("preference", "sentence"),
    [
        ("code=204", "must be a status that list_returns documents (200, 400, 401, 403, 429, 500), not 204"),
        ("code=abc", "Prefer: code must be a status code such as 404, not 'abc'"),
        ("code=700", "must be a status code"),
        ("example=nothing", "must be the name of an example of list_returns 200 (default)"),
        ("code=418, example=x", "must be a status that list_returns documents"),
        ("dynamic=perhaps", "Prefer: dynamic must be true or false"),
    ],
)
def test_unknown_choices_are_explained(tenant: Tenant, preference: str, sentence: str) -> None:
    answer = preferring(tenant, preference)
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert sentence in answer.json()["error"]["message"]


def test_named_example_is_chosen() -> None:
    def named(document: dict[str, Any]) -> None:
        content = document["paths"]["/items/newest"]["get"]["responses"]["200"]["content"]
        examples = {name: {"value": {**row, "sku": name}} for name in ("BOOT", "HAT")}
        content["application/json"]["examples"] = examples

    row = {"id": "itm_1", "quantity": 1, "made_at": "2024-12-30T10:30:00Z"}
    call = Caller(build(Shop(), Gate(), named, injector=NoFaults()))
    for preference, sku in (("example=HAT", "HAT"), ('example="BOOT"', "BOOT"), ("code=200", "BOOT")):
        answer = call("GET", "/items/newest", headers={"Prefer": preference})
        assert (answer.status_code, answer.json()["sku"]) == (200, sku)
    wrong = call("GET", "/items/newest", headers={"Prefer": "example=SHOE"})
    assert "(BOOT, HAT)" in wrong.json()["message"]


class NoFaults:
    """An injector without faults, which only allows clients to choose responses."""

    tenants: tuple[str, ...] = ()

    def inject(self, tenant: str, operation: str) -> None:
        """Inject nothing."""

    def owner(self, body: Any) -> str:  # noqa: ARG002 - part of the interface
        return ""


@pytest.mark.parametrize("vendor", openapi.vendors())
def test_documented_responses_of_every_operation_can_be_chosen(vendor: str) -> None:
    with open_world(seed_size=0) as opened:
        service = opened.vendors[vendor]
        for operation in each(operations(vendor, service)):
            for status in each(operation.responses.documented):
                for preference in (f"code={status}", f"code={status}, dynamic=true"):
                    response = chosen(preference.encode(), operation, service)
                    assert response is not None
                    assert response.status == int(status)
                    reencoded(operation, response)
            response = chosen(b"code=%d" % UNDOCUMENTED, operation, service)
            assert response is not None
            assert (response.status, bool(response.body)) == (UNDOCUMENTED, True)


def operations(vendor: str, service: Any) -> list[Operation]:
    """Compile all operations of a vendor."""
    document = openapi.read(vendor)
    resolver = Resolver(partial(getattr, service))
    routes = Compiler(Specification.load(document), resolver, max_body=1_000).routes()
    found = []
    for path, item in document["paths"].items():
        match = routes.match(re.sub(r"\{\w+\}", "x", path).encode())
        assert match is not None
        found += [match[0].operations[method.upper()] for method in item if method != "parameters"]
    return found


def reencoded(operation: Operation, response: Any) -> None:
    """Check a JSON body against the specification once more."""
    if response.content_type == b"application/json" and response.body:
        operation.responses.encode(Reply(response.status, orjson.loads(response.body)))


@pytest.mark.parametrize("vendor", openapi.vendors())
def test_generated_bodies_are_valid_without_the_examples(vendor: str) -> None:
    with open_world(seed_size=0) as opened:
        for operation in each(operations(vendor, opened.vendors[vendor])):
            responses = operation.responses
            for status, node in each(responses.documented.items()):
                media = node.get("content", {}).get("application/json")
                if media is not None:
                    body = generate(media["schema"], responses.schemas, Random(operation.id))
                    responses.encode(Reply(int(status), body))


def test_generated_bodies_differ_and_are_the_same_in_the_next_sandbox() -> None:
    runs = []
    for _ in range(2):
        call = Caller(build(Shop(), Gate(), injector=NoFaults()))
        answers = [
            call("GET", "/items/newest", headers={"Prefer": "code=200, dynamic=true"}).content
            for _ in range(3)
        ]
        runs.append(answers)
    assert runs[0] == runs[1]
    assert len(set(runs[0])) == 3


def test_handler_does_not_run() -> None:
    class Broken(Shop):
        def get_newest(self, call: Call) -> Reply:
            raise Problem("server_error", f"{call.operation_id} ran.")

    call = Caller(build(Broken(), Gate(), injector=NoFaults()))
    assert call("GET", "/items/newest").status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert call("GET", "/items/newest", headers={"Prefer": "code=200"}).status_code == HTTPStatus.OK
