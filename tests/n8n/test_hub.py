"""The hub's package in n8n's own engine: subscribe, deliver, unsubscribe, search and act at a running hub."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from support.each import each
from support.hub_process import HubProcess, running_hub
from support.n8n import BUILT, N8nError, N8nPackage, credential, started
from support.sandbox import Sandbox

import openapi

VENDOR = "returnmate"
EVENT = {"event": "returnCreated"}


class Inbox:
    """The address of a workflow: receives posts, and answers 200."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["content-length"])).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                inbox.posts.append({"headers": headers, "content": content})
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_words: object) -> None:
                """Write nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/webhook/1/webhook"

    def wait(self, hub: HubProcess) -> dict[str, Any]:
        hub.wait(lambda: bool(self.posts))
        return self.posts.pop(0)


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    made = Inbox()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        thread.join()
        made.server.server_close()


class Workflow:
    """One workflow with the nodes of the package; n8n's database is `stored`."""

    def __init__(self, package: N8nPackage, hub: HubProcess, url: str) -> None:
        self.package = package
        self.login = credential({"api_key": hub.key}, hub.url)
        self.url = url
        self.stored: dict[str, Any] = {}

    def trigger(self, command: str, **more: Any) -> dict[str, Any]:
        parameters = {**EVENT, **more.pop("parameters", {})}
        asked: dict[str, Any] = {"credential": self.login, "staticData": self.stored, "url": self.url}
        answer: dict[str, Any] = self.package.call(command, parameters=parameters, **asked, **more)
        self.stored = answer.get("staticData", self.stored)
        return answer

    def run(self, operation: str, **parameters: Any) -> list[dict[str, Any]]:
        chosen = {"resource": "return", "operation": operation, **parameters}
        items = self.package.call("execute", parameters=chosen, credential=self.login)
        return [one["json"] for one in items]


@pytest.fixture(scope="module")
def package() -> Iterator[N8nPackage]:
    with started(BUILT / openapi.HUB) as loaded:
        yield loaded


@pytest.fixture(scope="module")
def hub(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """Run a hub that is connected with an empty shop of the sandbox."""
    sandbox.tenant("n8n-hub", seed_size=0, limits="off")
    login = sandbox.credentials(VENDOR, "n8n-hub")
    with running_hub(tmp_path_factory.mktemp("hub")) as running:
        body = {"vendor": VENDOR, "name": "shop", "base_url": login["base_url"], "fields": login["fields"]}
        answer = running.api.post("/connections", json=body)
        assert answer.status_code == 201, answer.text
        yield running


@pytest.fixture
def workflow(package: N8nPackage, hub: HubProcess, inbox: Inbox) -> Workflow:
    return Workflow(package, hub, inbox.url)


def create_return(sandbox: Sandbox) -> dict[str, Any]:
    body = {
        "order_number": "#1001",
        "customer_email": "iris.lane@example.com",
        "items": [{"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}],
    }
    with sandbox.client(VENDOR, "n8n-hub") as api:
        answer = api.post("/rmas", json=body)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()["data"]
    return created


def subscriptions(hub: HubProcess) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = hub.api.get("/subscriptions").json()["subscriptions"]
    return found


def test_activation_subscribes_and_a_genuine_post_starts_the_workflow(
    workflow: Workflow, hub: HubProcess, inbox: Inbox, sandbox: Sandbox
) -> None:
    assert workflow.trigger("activate")["exists"] is False
    [subscription] = subscriptions(hub)
    assert (subscription["target"], subscription["trigger"]) == (inbox.url, "return_created")
    hub.wait(hub.has_polled)
    created = create_return(sandbox)
    post = inbox.wait(hub)
    [item] = workflow.trigger("receive", **post)["items"]
    assert item["json"] == json.loads(post["content"])
    assert item["json"]["data"]["id"] == created["id"]
    forged = {**post, "content": post["content"].replace(created["id"], "rma_forged")}
    for refused in each([forged, {**post, "headers": {}}]):
        assert workflow.trigger("receive", **refused) == {"items": None, "status": 401}
    workflow.trigger("deactivate")
    assert subscriptions(hub) == []
    assert workflow.trigger("receive", **post) == {"items": None, "status": 401}


def test_subscription_survives_a_restart_and_follows_the_parameters(
    workflow: Workflow, hub: HubProcess
) -> None:
    workflow.trigger("activate")
    [first] = subscriptions(hub)
    assert workflow.trigger("activate")["exists"] is True, "n8n was started again"
    assert [one["id"] for one in subscriptions(hub)] == [first["id"]]
    [connection] = hub.api.get("/connections").json()["connections"]
    only = {"connection": {"__rl": True, "mode": "list", "value": connection["id"]}}
    assert workflow.trigger("activate", parameters=only)["exists"] is False
    [second] = subscriptions(hub)
    assert (second["connection"], second["id"] != first["id"]) == (connection["id"], True)
    hub.api.delete(f"/subscriptions/{second['id']}")
    assert workflow.trigger("activate", parameters=only)["exists"] is False, "the hub has lost it"
    workflow.trigger("activate", parameters=only, mode="manual")
    assert len(subscriptions(hub)) == 2, "a test in the editor has a subscription of its own"
    workflow.trigger("deactivate", mode="manual")
    assert len(subscriptions(hub)) == 1
    workflow.trigger("deactivate")
    workflow.trigger("deactivate")
    assert subscriptions(hub) == []


def test_old_post_is_refused(workflow: Workflow, hub: HubProcess, inbox: Inbox, sandbox: Sandbox) -> None:
    workflow.trigger("activate")
    hub.wait(hub.has_polled)
    create_return(sandbox)
    post = inbox.wait(hub)
    age = int(post["headers"]["webhook-timestamp"])
    for seconds, starts in each([(899, True), (901, False), (-901, False)]):
        now = datetime.fromtimestamp(age + seconds, UTC)
        assert bool(workflow.trigger("receive", now=now, **post)["items"]) is starts
    workflow.trigger("deactivate")


def test_dropdown_offers_all_connections_first(workflow: Workflow, hub: HubProcess) -> None:
    [connection] = hub.api.get("/connections").json()["connections"]
    listed = workflow.package.call(
        "choices", method="searchConnection", credential=workflow.login, trigger=True, parameters=EVENT
    )
    shown = [(one["name"], one["value"]) for one in listed["results"]]
    assert shown == [("All connections", "all"), ("shop · ReturnMate", connection["id"])]


def test_search_and_actions_reach_the_vendor(workflow: Workflow, hub: HubProcess, sandbox: Sandbox) -> None:
    created = create_return(sandbox)
    [connection] = hub.api.get("/connections").json()["connections"]
    [found] = workflow.run("findReturn", limit=5, filters={"number": created["rma_number"]})
    assert (found["connection_id"], found["data"]["id"]) == (connection["id"], created["id"])
    assert workflow.run("findReturn", limit=5, filters={"number": "RMA-0000-000000"}) == []
    place = {
        "connection": {"__rl": True, "mode": "list", "value": found["connection_id"]},
        "returnId": found["data"]["id"],
    }
    [noted] = workflow.run("addNote", **place, text="Checked by hand")
    assert noted["return_id"] == created["id"]
    [approved] = workflow.run("approveReturn", **place)
    assert approved["data"]["status"] == "approved"
    with pytest.raises(N8nError, match="has no such record"):
        workflow.run("rejectReturn", **{**place, "returnId": "rma_nothing"})


def test_credential_is_tested(workflow: Workflow) -> None:
    workflow.package.call("prove", credential=workflow.login)
    with pytest.raises(N8nError, match="Authorization failed"):
        workflow.package.call("prove", credential={**workflow.login, "apiKey": "wrong"})
