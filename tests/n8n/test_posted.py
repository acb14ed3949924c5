"""n8n's trigger of the hub subscribes once, follows its parameters, and ends its own subscription only."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from support.json_schemas import schema_errors
from support.loopback import serving
from support.n8n import N8nError, N8nPackage, credential, package_of, started

import openapi

URL = "https://n8n.example.com/webhook/1/webhook"
LATER = "https://n8n.example.com/webhook/2/webhook"


class Subscriptions:
    """The hub's subscriptions, keyed by ID, and each request that arrived."""

    def __init__(self) -> None:
        self.stored: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.answer: dict[str, Any] = {}
        self.status = 0

    def answer_to(self, method: str, path: str, content: bytes) -> tuple[int, dict[str, Any]]:
        """Answer as the hub does, or with `answer` and `status` if they are set."""
        self.asked.append(f"{method} {path}")
        id_ = path.removeprefix("/subscriptions/")
        if self.status:
            return self.status, self.answer
        if method == "POST":
            body = json.loads(content)
            assert schema_errors(openapi.HUB, "NewSubscription", body) == []
            id_ = f"sub_{len(self.asked)}"
            self.stored[id_] = body
            return 201, {"id": id_, "secret": f"whsec_{id_}", **body}
        if id_ not in self.stored:
            return 404, {"error": {"code": "not_found", "message": f"There is no subscription {id_}."}}
        return (204, {}) if method == "DELETE" and self.stored.pop(id_) else (200, {"id": id_})


@contextmanager
def listening(hub: Subscriptions) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length") or 0))
            status, body = hub.answer_to(self.command, self.path, content)
            text = b"" if status == 204 else json.dumps(body).encode()
            self.send_response_only(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815 - names of the library

        def log_message(self, *_: object) -> None:
            """Write no log."""

    with serving(Handler) as url:
        yield url


class Trigger:
    """The trigger node of one workflow; `stored` is what n8n keeps of it."""

    def __init__(self, package: N8nPackage, url: str) -> None:
        self.package, self.login = package, credential({"api_key": "k"}, url)
        self.stored: dict[str, Any] = {}

    def call(self, command: str, *, url: str = URL, mode: str = "trigger", **parameters: Any) -> Any:
        given = {"event": "returnCreated", **parameters}
        asked: dict[str, Any] = {"parameters": given, "credential": self.login, "url": url, "mode": mode}
        answer = self.package.call(command, staticData=self.stored, **asked)
        self.stored = answer.pop("staticData")
        return answer


@pytest.fixture(scope="module")
def package() -> Iterator[N8nPackage]:
    with started(package_of(openapi.HUB)) as loaded:
        yield loaded


@pytest.fixture
def hub() -> Subscriptions:
    return Subscriptions()


@pytest.fixture
def trigger(package: N8nPackage, hub: Subscriptions) -> Iterator[Trigger]:
    with listening(hub) as url:
        yield Trigger(package, url)


def chosen(value: str) -> dict[str, Any]:
    return {"connection": {"__rl": True, "mode": "list", "value": value}}


def test_subscription_is_made_once_and_kept(trigger: Trigger, hub: Subscriptions) -> None:
    assert trigger.call("activate", **chosen("con_1")) == {"exists": False}
    wanted = {"trigger": "return_created", "target": URL, "connection": "con_1", "format": "unified"}
    assert hub.stored == {"sub_1": wanted}
    assert trigger.call("activate", **chosen("con_1")) == {"exists": True}
    assert hub.asked == ["POST /subscriptions", "GET /subscriptions/sub_1"]
    kept = json.loads(trigger.stored["node:Node"]["active"])
    assert (kept["id"], kept["secret"]) == ("sub_1", "whsec_sub_1")


@pytest.mark.parametrize(
    "changed", [chosen("con_2"), {"event": "returnApproved"}, {"url": LATER}], ids=["input", "event", "URL"]
)
def test_changed_workflow_ends_the_old_subscription(
    trigger: Trigger, hub: Subscriptions, changed: dict[str, Any]
) -> None:
    trigger.call("activate", **chosen("con_1"))
    assert trigger.call("activate", **{**chosen("con_1"), **changed}) == {"exists": False}
    assert hub.asked[1:] == ["DELETE /subscriptions/sub_1", "POST /subscriptions"]
    assert list(hub.stored) == ["sub_3"]


def test_lost_subscription_is_made_again(trigger: Trigger, hub: Subscriptions) -> None:
    trigger.call("activate")
    hub.stored.clear()
    assert trigger.call("activate") == {"exists": False}
    assert list(hub.stored) == ["sub_3"]


def test_test_in_the_editor_has_a_subscription_of_its_own(trigger: Trigger, hub: Subscriptions) -> None:
    trigger.call("activate")
    assert trigger.call("activate", mode="manual", url=LATER) == {"exists": False}
    assert sorted(one["target"] for one in hub.stored.values()) == [URL, LATER]
    trigger.call("deactivate", mode="manual")
    assert [one["target"] for one in hub.stored.values()] == [URL]
    assert trigger.call("activate") == {"exists": True}
    for _ in range(2):
        assert trigger.call("deactivate") == {"deleted": True}
    assert (hub.stored, trigger.stored["node:Node"]) == ({}, {})
    assert [one for one in hub.asked if one.startswith("DELETE")] == [
        "DELETE /subscriptions/sub_2",
        "DELETE /subscriptions/sub_1",
    ]


def test_subscription_that_the_hub_has_ended_is_forgotten(trigger: Trigger, hub: Subscriptions) -> None:
    trigger.call("activate")
    hub.stored.clear()
    trigger.call("deactivate")
    assert trigger.stored["node:Node"] == {}


def test_subscription_is_kept_if_the_hub_fails(trigger: Trigger, hub: Subscriptions) -> None:
    trigger.call("activate")
    before = trigger.stored
    hub.status, hub.answer = 503, {"error": {"code": "unavailable", "message": "The hub is stopping."}}
    for command in ("activate", "deactivate"):
        with pytest.raises(N8nError, match="The hub is stopping"):
            trigger.call(command)
    assert trigger.stored is before
    hub.status = 0
    assert trigger.call("activate") == {"exists": True}


@pytest.mark.parametrize("missing", ["id", "secret"])
def test_answer_without_id_or_secret_is_an_error(trigger: Trigger, hub: Subscriptions, missing: str) -> None:
    hub.status, hub.answer = 201, {"id": "sub_1", "secret": "whsec_"}
    del hub.answer[missing]
    with pytest.raises(N8nError):
        trigger.call("activate")
    assert "active" not in trigger.stored.get("node:Node", {})
