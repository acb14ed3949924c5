"""Webhook triggers from catalog to a Zapier app that Zapier's core and the lint accept."""

import copy
from pathlib import Path
from typing import Any

import pytest
from support import zapier

import openapi
from connector.definition.compiler import CATALOGS, join
from connector.definition.model import Integration
from connector.definition.offer import Selection
from connector.errors import CatalogError
from connector.generator import write
from connector.generator import zapier as generator
from connector.generator.zapier.lint import lint

VENDOR = "returnmate"
SELECTIONS: tuple[Selection, ...] = ("documented", "preview", "everything")
SUBSCRIPTION = {
    "type": "object",
    "required": ["url", "event"],
    "properties": {
        "id": {"type": "string", "readOnly": True},
        "url": {"type": "string", "format": "uri"},
        "event": {"type": "string", "enum": ["rma.moved", "rma.created"]},
    },
}
HOOKS = """
hooks:
  webhook:
    subscribe: {operation: create_webhook, url: url, event: event, id: id}
    unsubscribe: {operation: delete_webhook, id: webhook_id}
    record: {operation: get_return, parameters: {id: rma.id}}
"""
HOOK = "    hook: {via: webhook, event: rma.moved}\n"


def described(**facts: Any) -> dict[str, Any]:
    """Return the vendor's document with invented webhooks."""
    document = copy.deepcopy(openapi.read(VENDOR))
    schema = {**SUBSCRIPTION, **facts}
    answer = {"type": "object", "properties": {"data": schema}}
    document["paths"]["/webhooks"] = {
        "post": {
            "operationId": "create_webhook",
            "summary": "Report events.",
            "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
            "responses": {"201": {"description": "x", "content": {"application/json": {"schema": answer}}}},
        }
    }
    document["paths"]["/webhooks/{webhook_id}"] = {
        "delete": {
            "operationId": "delete_webhook",
            "summary": "Tell no more.",
            "parameters": [
                {"name": "webhook_id", "in": "path", "required": True, "schema": {"type": "string"}}
            ],
            "responses": {"200": {"description": "x", "content": {"application/json": {"schema": answer}}}},
        }
    }
    return document


def catalog(hooks: str = HOOKS, hook: str = HOOK) -> str:
    text = (CATALOGS / f"{VENDOR}.yaml").read_text("utf-8")
    start = text.index("  return_received:\n")
    end = text.index("    description", start)
    return text[:end] + hook + text[end:] + hooks


@pytest.fixture(scope="module")
def hooked() -> Integration:
    return join(described(), catalog(), "returnmate.yaml")


def test_webhook_is_compiled(hooked: Integration) -> None:
    hook = hooked.triggers["return_received"].hook
    assert hook is not None
    assert (hook.subscribe, hook.url, hook.body, hook.id) == (
        "create_webhook", ("url",), {"event": "rma.moved"}, ("id",),
    )  # fmt: skip
    assert (hook.unsubscribe, hook.parameter) == ("delete_webhook", "webhook_id")
    assert (hook.read, hook.parameters, hook.row) == ("get_return", {"id": ("rma", "id")}, ())
    assert hook.provenance == "documented"
    assert hooked.triggers["new_return"].hook is None


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (
            "via: webhook",
            "via: webhoks",
            "hook webhoks, which the catalog does not have; did you mean webhook?",
        ),
        ("event: rma.moved", "event: rma.move", "event rma.move, which the catalog does not have; did you"),
        ("url: url", "url: uri", "names field uri"),
        ("event: event", "event: evnt", "names field evnt"),
        ("id: id", "id: key", "names field key"),
        ("id: webhook_id", "id: hook_id", "names parameter hook_id"),
        ("create_webhook", "create_webhok", "did you mean create_webhook?"),
        ("operation: get_return", "operation: get_retrun", "did you mean get_return?"),
        ("parameters: {id:", "parameters: {rma:", "names parameter rma"),
    ],
)
def test_invalid_webhook_definition_is_refused(old: str, new: str, complaint: str) -> None:
    with pytest.raises(CatalogError) as caught:
        join(described(), catalog(HOOKS.replace(old, new), HOOK.replace(old, new)), "returnmate.yaml")
    assert any(complaint in problem for problem in caught.value.problems), caught.value.problems


def test_app_subscribes_and_lists_in_the_same_shape(hooked: Integration, tmp_path: Path) -> None:
    write.write_files(generator.render(hooked), tmp_path)
    (tmp_path / "node_modules").symlink_to(zapier.APP / "node_modules")
    assert lint(tmp_path) == []
    with zapier.started(tmp_path, RETURNMATE_BASE_URL="http://127.0.0.1:9") as app:
        operation = app.call(command="definition")["triggers"]["return_received_instant"]["operation"]
    assert operation["type"] == "hook"
    performs = {"perform", "performList", "performSubscribe", "performUnsubscribe"}
    assert performs <= operation.keys()
    assert "throttle" not in operation
    assert "posts that do not arrive" in " ".join((tmp_path / "README.md").read_text("utf-8").split())


def test_trigger_polls_and_an_assumed_webhook_is_extra_on_request() -> None:
    integration = join(described(**{"x-provenance": "assumed"}), catalog(), "returnmate.yaml")
    assert integration.triggers["return_received"].hook is not None
    instant = "triggers/return_received_instant.js"
    for selection in SELECTIONS:
        files = generator.render(integration, selection=selection)
        assert "type: 'polling'" in files["triggers/return_received.js"]
        assert (instant in files) == (selection != "documented"), selection
    assert "type: 'hook'" in generator.render(integration)[instant]
