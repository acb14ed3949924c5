"""Instant triggers in Make: subscribe an address, turn posts into bundles, unsubscribe."""

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.make.expressions import transform
from support.make.offline import loaded, played

from connector.definition.compiler import integration
from connector.definition.model import Field, Hook, Integration, Operation, Provenance
from connector.generator.make import render
from connector.generator.make.lint import check, parsed
from connector.generator.make.manifest import FILE

if TYPE_CHECKING:
    from connector.definition.offer import Selection

HOSTS = {"https://api.returnmate.io": "https://api.returnmate.io"}
ADDRESS = "https://hook.eu1.make.example/abc"


def operation(name: str, method: str, path: str) -> Operation:
    response = Field(key="", label="", type="object")
    return Operation.model_validate(
        {"id": name, "method": method, "path": path, "summary": name, "status": 200, "response": response}
        | {"payload": ("data",)}
    )


def hooked(made: Integration, *, read: str | None, provenance: Provenance = "documented") -> Integration:
    """Return ReturnMate with an invented webhook for new returns."""
    hook = Hook(
        subscribe="subscribe",
        url=("target", "url"),
        body={"event": "return.created"},
        id=("hook_id",),
        unsubscribe="unsubscribe",
        parameter="hook",
        read=read,
        parameters={"id": ("return", "id")} if read else {},
        row=() if read else ("return",),
        provenance=provenance,
    )
    added = {
        "subscribe": operation("subscribe", "POST", "/hooks"),
        "unsubscribe": operation("unsubscribe", "DELETE", "/hooks/{hook}"),
    }
    trigger = made.triggers["new_return"].model_copy(update={"hook": hook})
    return made.model_copy(
        update={
            "operations": {**made.operations, **added},
            "triggers": {**made.triggers, "new_return": trigger},
        }
    )


def manifest(files: dict[str, str]) -> Any:
    return json.loads(files[FILE])


class Vendor:
    """Stores subscriptions, and serves one return."""

    def __init__(self) -> None:
        self.subscriptions: dict[str, Any] = {}
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.asked.append(f"{request.method} {path}")
        if request.method == "POST":
            self.subscriptions["hk_1"] = json.loads(request.content)
            return httpx.Response(200, json={"data": {"hook_id": "hk_1"}})
        if request.method == "DELETE":
            del self.subscriptions[path.rpartition("/")[2]]
            return httpx.Response(204)
        return httpx.Response(200, json={"data": {"id": path.rpartition("/")[2], "status": "pending"}})


@pytest.mark.parametrize("read", [None, "get_return"])
def test_webhook_is_subscribed_delivered_and_unsubscribed(returnmate: Integration, read: str | None) -> None:
    files = render(hooked(returnmate, read=read))
    app, vendor = loaded(files), Vendor()
    make = played(app, vendor, HOSTS, api_key="s3cret", environment="production")
    kept = make.attach("new-return-instant", ADDRESS)
    assert vendor.subscriptions == {"hk_1": {"event": "return.created", "target": {"url": ADDRESS}}}
    posted = {"event": "return.created", "return": {"id": "rma_1", "status": "pending"}}
    [delivered] = make.deliver("newReturnInstant", posted)
    assert delivered.pop("summary") == {"status": "Pending"}
    assert delivered == {"id": "rma_1", "status": "pending"}
    make.detach("new-return-instant", kept)
    assert vendor.subscriptions == {}
    between = ["GET /v1/rmas/rma_1"] if read else []
    assert vendor.asked == ["POST /v1/hooks", *between, "DELETE /v1/hooks/hk_1"]
    assert "s3cret" not in str(make.wire.log)


@pytest.mark.parametrize("read", [None, "get_return"])
def test_app_with_webhooks_passes_the_lint(returnmate: Integration, read: str | None) -> None:
    files = render(hooked(returnmate, read=read))
    texts = {path[4:]: text for path, text in files.items() if path.startswith("src/")}
    assert [str(one) for one in check(parsed(texts))] == []
    entry = manifest(files)["components"]["module"]["newReturnInstant"]
    assert entry["moduleType"] == "instant_trigger"
    assert entry["label"] == "Watch new returns (instant, may miss)"
    assert manifest(files)["components"]["module"]["newReturn"]["moduleType"] == "trigger"


def test_app_with_assumed_webhooks_passes_the_lint_and_skips_other_states() -> None:
    files = render(integration("returngo"))
    texts = {path[4:]: text for path, text in files.items() if path.startswith("src/")}
    assert [str(one) for one in check(parsed(texts))] == []
    said = {
        key: json.loads(files[f"src/webhooks/{key}-instant/{key}-instant.communication.iml.json"]).get(
            "condition"
        )
        for key in ("new-return", "return-done", "return-status-changed")
    }
    assert said["new-return"] is None
    words: tuple[Any, ...] = ("Done", " DONE ", "Approved", "Pending", "pend-ing", "", "-", None)
    heard = {
        key: [word for word in words if transform(said[key], {"body": {"data": {"status": word}}})]
        for key in ("return-done", "return-status-changed")
    }
    done = ["Done", " DONE "]
    assert heard == {"return-done": done, "return-status-changed": [*done, "Approved"]}


def test_assumed_webhook_is_left_out_if_only_documented_steps_are_wanted(returnmate: Integration) -> None:
    made = hooked(returnmate, read=None, provenance="assumed")
    selections: tuple[Selection, ...] = ("documented", "preview")
    found = [manifest(render(made, selection=one))["components"]["module"] for one in selections]
    assert ["newReturnInstant" in one for one in found] == [False, True]
    assert [one["newReturn"]["moduleType"] for one in found] == ["trigger", "trigger"]
