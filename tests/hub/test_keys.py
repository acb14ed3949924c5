"""API keys: a key does only what its scopes allow, is shown once, and is stored as a digest."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from support.each import each
from support.hub import Bench, hub_at, merchant_of

import openapi
from connector.hub import keys
from connector.hub.api.security import METHODS

OPERATIONS = [
    (method, path, operation[method])
    for path, operation in openapi.read(openapi.HUB)["paths"].items()
    for method in METHODS
    if method in operation
]
VALUES = {
    "connection": "con_0", "subscription": "sub_0", "delivery": "7", "name": "nobody", "return_id": "rma_0",
}  # fmt: skip


def at_a_hub(folder: Path, story: Callable[[Bench], Awaitable[None]]) -> None:
    with merchant_of("swap") as merchant:

        async def told() -> None:
            async with hub_at(merchant, folder) as bench:
                await story(bench)

        asyncio.run(told())


def test_a_key_may_send_exactly_the_requests_of_its_scopes(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        for scope in each(keys.SCOPES):
            created = await bench.post("/keys", name=scope, scopes=[scope])
            login = {"Authorization": f"Bearer {created['key']}"}
            for method, path, operation in OPERATIONS:
                url = path.format(**VALUES)
                answer = await bench.api.request(method, url, headers=login)
                allowed = scope == keys.ADMIN or scope in operation.get("x-scopes", ())
                public = operation.get("security") == []
                assert (answer.status_code == 403) == (not allowed and not public), (scope, method, path)
                if answer.status_code == 403:
                    assert f"This API key has the scope {scope}, but" in answer.json()["error"]["message"]

    at_a_hub(tmp_path, story)


def test_keys_are_listed_without_the_keys_and_can_be_deleted(tmp_path: Path) -> None:
    secrets = []

    async def story(bench: Bench) -> None:
        created = await bench.post("/keys", name="zapier", scopes=["subscribe", "metrics"])
        secrets.append(created["key"])
        listed = (await bench.get("/keys"))["keys"]
        assert [(one["name"], one["scopes"]) for one in listed] == [
            ("first", ["admin"]), ("zapier", ["subscribe", "metrics"]),
        ]  # fmt: skip
        assert created["key"] not in str(listed)
        twice = await bench.post("/keys", 400, name="zapier", scopes=["read"])
        assert 'There is already a key named "zapier"' in twice["error"]["message"]
        last = await bench.api.delete("/keys/first")
        assert "the last key with the scope admin" in last.json()["error"]["message"]
        missing = await bench.api.delete("/keys/zapierr")
        assert 'Did you mean "zapier"?' in missing.json()["error"]["message"]
        assert (await bench.api.delete("/keys/zapier")).status_code == 204
        login = {"Authorization": f"Bearer {created['key']}"}
        assert (await bench.api.get("/connections", headers=login)).status_code == 401

    at_a_hub(tmp_path, story)
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("hub.sqlite3*"))
    for secret in each(secrets):
        assert secret.encode() not in stored


def test_the_specification_names_only_scopes_that_exist() -> None:
    document: Any = openapi.read(openapi.HUB)
    assert set(document["components"]["schemas"]["Scope"]["enum"]) == set(keys.SCOPES)
    used = {scope for _, _, operation in OPERATIONS for scope in operation.get("x-scopes", ())}
    assert used <= set(keys.SCOPES) - {keys.ADMIN}
