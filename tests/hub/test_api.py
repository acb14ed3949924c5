"""The hub's API: as its specification says, for every input, and in sentences when something is wrong."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    ignored_auth,
    negative_data_rejection,
    positive_data_acceptance,
)
from support.each import each
from support.hub import Bench, hub_at, merchant_of

import openapi
from connector.hub import keys
from connector.hub.tables import connections

DOCUMENT = openapi.read(openapi.HUB)
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS: list[Any] = [one.ok() for one in list[Any](SCHEMA.get_all_operations())]
EXAMPLES = 12
NOT_CHECKED = [ignored_auth, negative_data_rejection, positive_data_acceptance]
"""The client always sends a key, and a schema cannot say which vendors, triggers and URLs exist."""


def at_a_vendor(vendor: str, folder: Path, story: Callable[[Bench], Awaitable[None]]) -> None:
    with merchant_of(vendor) as merchant:

        async def told() -> None:
            async with hub_at(merchant, folder) as bench:
                await story(bench)

        asyncio.run(told())


def test_the_start_of_the_api_logs_no_advice_of_its_framework(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(bench: Bench) -> None:
        await bench.get("/health")
        assert (await bench.api.get("/ui/")).status_code == 404

    at_a_vendor("returnmate", tmp_path, story)
    assert "swagger_ui" not in caplog.text


def test_every_answer_is_as_the_specification_says(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        connection = await bench.connect()
        await bench.subscribe("return_created", connection=connection["id"])
        await bench.round()
        bench.merchant.ask_for_return()
        await bench.round(3_600)
        loop = asyncio.get_running_loop()

        async def request(case: Any) -> Any:
            body = case.body if isinstance(case.body, dict | list | str | int | float | bool) else None
            return await bench.api.request(
                case.method, case.formatted_path, params=case.query or None, json=body
            )

        def send(case: Any) -> Future[Any]:
            return asyncio.run_coroutine_threadsafe(request(case), loop)

        for operation in each(OPERATIONS):
            await asyncio.to_thread(try_all, operation, send)

    def try_all(operation: Any, send: Callable[[Any], Future[Any]]) -> None:
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def try_one(case: Any) -> None:
            # No background job runs here, so that /ready answers 503, as its description says.
            more = [not_a_server_error] if operation.path == "/ready" else []
            case.validate_response(send(case).result(), excluded_checks=[*NOT_CHECKED, *more])

        try_one()

    at_a_vendor("returngo", tmp_path, story)


ERRORS: list[tuple[str, str, Any, int, str]] = [
    (
        "POST",
        "/connections",
        {"vendor": "returngoo", "name": "x", "fields": {}},
        400,
        "There is no vendor named",
    ),
    (
        "POST",
        "/connections",
        {"vendor": "returngo", "name": "x", "fields": {}},
        400,
        "ReturnGO needs api_key",
    ),
    ("POST", "/connections", {"vendor": "returngo", "name": "x"}, 400, "fields is missing."),
    (
        "POST",
        "/subscriptions",
        {"trigger": "return_aproved", "target": "https://a.example.com"},
        400,
        "return_approved",
    ),
    (
        "POST",
        "/subscriptions",
        {"trigger": "return_approved", "target": "file:///x"},
        400,
        "an http or https URL",
    ),
    (
        "POST",
        "/subscriptions",
        {"trigger": "return_approved", "target": "http://10.0.0.7/returns"},
        400,
        "10.0.0.7 is not a public address",
    ),
    (
        "POST",
        "/subscriptions",
        {"trigger": "return_approved", "target": "https://a.example.com", "filters": {"status": "x"}},
        400,
        "event types have no filters",
    ),
    ("GET", "/connections/con_0", None, 404, "There is no connection con_0"),
    ("DELETE", "/connections/con_0", None, 404, "There is no connection con_0"),
    ("GET", "/subscriptions/sub_0", None, 404, "There is no subscription sub_0"),
    ("POST", "/deliveries/7/resend", None, 404, "There is no delivery 7"),
    ("GET", "/events?limit=0", None, 400, "limit must be at least 1."),
    ("GET", "/events?limit=x&after=-1", None, 400, "after must be at least 0. limit must be a whole number."),
    ("GET", "/events?aftr=3", None, 400, 'There is no query parameter named "aftr". Did you mean "after"?'),
    ("GET", "/events?trigger=return_aproved", None, 400, 'Did you mean "return_approved"?'),
    ("GET", "/events?connection=con_0", None, 404, "There is no connection con_0"),
    ("GET", "/events?connection=%00", None, 400, "connection must not contain NUL characters."),
    ("GET", "/deliveries?subscription=sub_0", None, 404, "There is no subscription sub_0"),
    ("GET", "/deliveries?state=lost", None, 400, "state must be waiting, delivered, given up or canceled."),
    ("POST", "/deliveries/0/resend", None, 400, "delivery must be at least 1."),
    ("POST", "/connections", {"vendor": 3, "name": "", "fields": {}, "nam": 1}, 400, "did you mean name?"),
    ("POST", "/connections", {"vendor": 3, "name": "", "fields": {}}, 400, "name must not be empty."),
    (
        "POST",
        "/connections",
        {"vendor": 3, "name": "x", "fields": {"a": 1}},
        400,
        "fields.a must be a string.",
    ),
    ("POST", "/connections", [], 400, "The body must be an object."),
    ("POST", "/connections", None, 400, "The request needs a body"),
    ("GET", "/nowhere", None, 404, "There is nothing at /nowhere."),
    ("GET", "/evnts/7", None, 404, "did you mean /events/7?"),
    ("PATCH", "/events", None, 405, "PATCH is not allowed at /events; use GET."),
]
"""A wrong request, its status, and words of the message."""


def test_an_error_is_a_sentence(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        for method, path, body, status, words in each(ERRORS):
            answer = await bench.api.request(method, path, json=body)
            assert (answer.status_code, words in answer.json()["error"]["message"]) == (status, True), (
                answer.text
            )

    at_a_vendor("returngo", tmp_path, story)


def test_a_wrong_login_is_refused_before_it_is_stored(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        fields = {**bench.merchant.fields, "api_key": "wrong"}
        body = {"vendor": "returngo", "name": "shop", "base_url": bench.url, "fields": fields}
        refused = await bench.post("/connections", 400, **body)
        assert refused["error"]["code"] == "invalid"
        assert (await bench.get("/connections"))["connections"] == []

    at_a_vendor("returngo", tmp_path, story)


def test_a_key_is_needed_and_a_read_key_only_reads(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        read_key = await bench.hub.store.run(keys.create, "reader", [keys.READ], bench.hub.clock())
        reader = {"Authorization": f"Bearer {read_key}"}
        for path in each(["/connections", "/subscriptions", "/events", "/deliveries", "/plan"]):
            unknown = await bench.api.get(path, headers={"Authorization": "Bearer wrong"})
            assert (unknown.status_code, "does not know this API key" in unknown.text) == (401, True)
            missing = await bench.api.get(path, headers={"Authorization": ""})
            assert (missing.status_code, "needs an API key" in missing.text) == (401, True)
            assert (await bench.api.get(path, headers=reader)).status_code == 200
        refused = await bench.api.delete("/subscriptions/sub_0", headers=reader)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")
        assert (await bench.api.get("/health", headers={"Authorization": ""})).status_code == 200

    at_a_vendor("returngo", tmp_path, story)


def test_unsubscribing_twice_is_not_an_error_and_stops_the_polls(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        await bench.connect()
        first, second = await bench.subscribe("return_created"), await bench.subscribe("return_approved")
        assert await lists(bench) == ["list_rmas by rma_created_at", "list_rmas by rma_updated_at"]
        for _ in range(2):
            assert (await bench.api.delete(f"/subscriptions/{first['id']}")).status_code == 204
        assert await lists(bench) == ["list_rmas by rma_updated_at"]
        await bench.api.delete(f"/subscriptions/{second['id']}")
        assert await lists(bench) == []

    async def lists(bench: Bench) -> list[str]:
        [connection] = (await bench.get("/connections"))["connections"]
        return sorted(one["name"] for one in connection["lists"])

    at_a_vendor("returngo", tmp_path, story)


def test_a_subscription_to_all_connections_reaches_later_ones(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        await bench.subscribe("return_created")
        await bench.connect()
        await bench.round()
        bench.merchant.ask_for_return()
        await bench.round(3_600)
        assert len(bench.targets.received) == 1

    at_a_vendor("swap", tmp_path, story)


def test_a_subscription_that_the_limits_cannot_carry_is_refused_with_the_arithmetic(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        for number in range(13):
            await bench.connect(f"shop {number}")
        for trigger in ("return_created", "return_approved"):
            await bench.subscribe(trigger)
        refused = await bench.post(
            "/subscriptions", 400, trigger="transaction_created", target="https://hooks.example.com"
        )
        # Three lists of 13 connections, 24 times a day; the expected changes may use half of the budget.
        assert (
            "936 calls a day to poll each list once an hour and 900 for the details"
            in refused["error"]["message"]
        )
        assert len((await bench.get("/subscriptions"))["subscriptions"]) == 2

    at_a_vendor("returngo", tmp_path, story)


def test_a_login_whose_plan_cannot_fit_does_not_stop_changes_of_other_logins(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        free = await bench.connect("free")
        full = await bench.connect("full")
        await bench.subscribe("return_created", connection=full["id"])
        await bench.hub.store.run(too_many_shops, full["id"])
        await bench.subscribe("return_created", connection=free["id"])
        one_more = {"target": "https://hooks.example.com", "trigger": "return_approved"}
        for affected in each([{"connection": full["id"]}, {}]):
            refused = await bench.post("/subscriptions", 400, **one_more, **affected)
            assert "cannot be polled within its limits" in refused["error"]["message"]

    at_a_vendor("returngo", tmp_path, story)


def too_many_shops(database: sa.Connection, id_: str) -> None:
    """Give a connection a login of its own that serves 99 other shops too."""
    row = database.execute(sa.select(connections).where(connections.c.id == id_)).one()._mapping
    shops = [{**row, "id": f"con_{number}", "name": f"shop {number}", "login": "x"} for number in range(99)]
    database.execute(sa.insert(connections), shops)
    database.execute(sa.update(connections).where(connections.c.id == id_).values(login="x"))


def test_deleting_a_connection_deletes_all_that_belongs_to_it(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        connection = await bench.connect()
        await bench.subscribe("return_created", connection=connection["id"])
        await bench.round()
        bench.merchant.ask_for_return()
        await bench.round(3_600)
        assert (await bench.get("/events"))["events"]
        assert (await bench.api.delete(f"/connections/{connection['id']}")).status_code == 204
        for path, name in each(
            [("/events", "events"), ("/deliveries", "deliveries"), ("/subscriptions", "subscriptions")]
        ):
            assert (await bench.get(path))[name] == []

    at_a_vendor("returngo", tmp_path, story)


def test_events_are_read_on_from_a_number(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        await bench.connect()
        await bench.subscribe("return_created")
        await bench.round()
        ids = [bench.merchant.ask_for_return() for _ in range(5)]
        await bench.round(3_600)
        read: list[str] = []
        after = 0
        while page := (await bench.get("/events", after=after, limit=2))["events"]:
            read += [event["record"] for event in page]
            after = page[-1]["number"]
        assert sorted(read) == sorted(ids)

    at_a_vendor("returngo", tmp_path, story)
