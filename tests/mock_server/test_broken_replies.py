"""If a reply does not match the specification, its change is rolled back in the file and in memory."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from starlette.testclient import TestClient
from support.each import each
from support.worlds import put, row

from mock_server.app import Sandbox, create_app
from mock_server.engine.reply import Reply
from mock_server.engine.responses import BrokenReplyError, Responses
from mock_server.settings import Settings
from mock_server.store import Store
from mock_server.vendors import returnmate

URL = "http://127.0.0.1:4010"
BODY = {
    "order_number": "#1001",
    "customer_email": "ann@example.com",
    "items": [{"sku": "BOOT-CHE-39", "quantity": 1, "reason": "defective"}],
}
RMAS = "/returnmate/v1/rmas"
LOGIN = {"Authorization": "Bearer sandbox-demo-returnmate"}


@pytest.fixture
def client() -> Iterator[TestClient]:
    app = create_app(Settings(seed_size=3, database="sqlite://", rate_limits=False))
    with TestClient(app, base_url=URL) as made:
        yield made


def everything(client: TestClient) -> list[str]:
    """Return a dump of the whole database."""
    app: Any = client.app
    return list(app.world.store._connection.iterdump())


def break_replies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every successful reply fail validation."""
    whole = Responses.encode

    def encode(responses: Responses, reply: Reply) -> bytes:
        if reply.status < 300:
            raise BrokenReplyError(reply.status, "/data", "breaks required")
        return whole(responses, reply)

    monkeypatch.setattr(Responses, "encode", encode)


def writes(app: Sandbox) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield each operation that can create a record from its example alone, with its path and example."""
    for entry in app.entries:
        for path, item in entry.document["paths"].items():
            for operation in (item.get("post"), item.get("put")):
                if operation and "requestBody" in operation and "{" not in path:
                    content = operation["requestBody"]["content"]["application/json"]
                    examples = content.get("examples", {"only": {"value": content.get("example")}})
                    yield entry.name, entry.path + path, next(iter(examples.values()))["value"]


def logins(client: TestClient) -> Mapping[str, Any]:
    found: Mapping[str, Any] = client.get("/__sandbox/tenants/demo/credentials").json()["vendors"]
    return found


def test_no_vendor_keeps_a_change_whose_reply_failed(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = logins(client)
    asked = list(writes(client.app))  # type: ignore[arg-type]
    with monkeypatch.context() as patched:
        break_replies(patched)
        before = everything(client)
        failed = []
        for name, path, body in each(asked):
            answer = client.post(path, json=body, headers=known[name]["headers"], params=known[name]["query"])
            failed += [name] if answer.status_code == 500 else []
            assert everything(client) == before, path
    # Exsited's examples need ids of existing records.
    assert set(failed) == {"returnmate", "returngo", "returnlogic", "swap"}
    kept = [
        name
        for name, path, body in asked
        if client.post(path, json=body, headers=known[name]["headers"]).status_code < 300
    ]
    assert sorted(kept) == sorted(failed)  # with valid replies, the same requests are stored
    assert everything(client) != before


def test_memory_equals_the_file_after_a_rollback(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    total = client.get(RMAS, headers=LOGIN).json()["meta"]["total"]
    last = client.get("/__sandbox/tenants/demo/ledger", params={"last": 1}).json()["next"]
    with monkeypatch.context() as patched:
        break_replies(patched)
        assert client.post(RMAS, json=BODY, headers=LOGIN).status_code == 500
        key = {"vendor": "swap", "name": "phantom"}
        assert client.post("/__sandbox/tenants/demo/keys", json=key).status_code == 500
    assert client.get(RMAS, headers=LOGIN).json()["meta"]["total"] == total
    assert "phantom" not in client.get("/__sandbox/tenants/demo/keys").text
    assert client.post("/__sandbox/tenants/demo/keys", json=key).status_code == 201
    assert client.post(RMAS, json=BODY, headers=LOGIN).status_code == 201
    assert client.get(RMAS, headers=LOGIN).json()["meta"]["total"] == total + 1
    events = client.get("/__sandbox/tenants/demo/ledger", params={"after": last}).json()["events"]
    assert [event["sequence"] for event in events] == list(range(last + 1, last + 1 + len(events)))


def test_change_of_a_failing_handler_is_rolled_back(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(client)

    def fails(_document: Any) -> Reply:
        raise KeyError("written, and then this")

    monkeypatch.setattr(returnmate, "_created", fails)
    assert client.post(RMAS, json=BODY, headers=LOGIN).status_code == 500
    assert everything(client) == before


def test_failed_change_is_undone_without_the_others_of_its_batch() -> None:
    """Changes of other requests in the same turn of the event loop, before and after, are committed."""

    async def turn() -> None:
        store.commit_together(asyncio.get_running_loop())
        put(store, row("before"))
        store.hold()
        put(store, row("one"))
        with pytest.raises(ValueError, match="no"), store.change() as change:  # noqa: PT012
            change.put(row("two"))
            raise ValueError("no")
        put(store, row("three"), row("four"))
        store.undo_held()
        store.release()
        store.hold()
        put(store, row("after"))
        store.release()
        pending = store.pending
        assert pending is not None
        await pending

    store = Store.open("sqlite://")
    asyncio.run(turn())
    assert [one.id for one in store.rows("acme", "shop", "return")] == ["before", "after"]
    assert store.total("acme", "shop", "return") == 2
    store.close()
