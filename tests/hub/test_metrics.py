"""The metrics: readable by Prometheus, and true after a poll, a delivery and a webhook."""

import asyncio
import json
import logging
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families
from support.hub import Bench, Received, Targets, hub_at, merchant_of

from connector.hub.logs import FIELDS, KEPT, JsonLines, Recent

HOUR = 3_600


def numbers(text: str) -> dict[str, float]:
    """Return the value of each metric, keyed by its name and its labels."""
    return {
        " ".join([sample.name.removeprefix("returns_hub_"), *map(str, sample.labels.values())]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_metrics_say_what_happened(tmp_path: Path) -> None:
    answers = iter([200, 503])

    async def story(bench: Bench) -> None:
        connection = await bench.connect()
        await bench.subscribe("return_created")
        await bench.api.put(f"/connections/{connection['id']}/hook", json={})
        await bench.round()
        bench.merchant.ask_for_return()
        await bench.round(HOUR)
        bench.merchant.ask_for_return()
        await bench.round(HOUR)
        bench.merchant.advance(7)
        answer = await bench.api.get("/metrics")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("text/plain")
        found = numbers(answer.text)
        events = (await bench.get("/events"))["events"]
        wanted = {
            "connections active returngo": 1,
            "list_age_seconds shop list_rmas by rma_created_at": 7,
            "list_failures shop list_rmas by rma_created_at": 0,
            "events_total": len(events),
            "deliveries_waiting": 1,
            "delivery_age_seconds": 7,
            "circuits_open": 0,
            "calls_limit shop returngo": 2_000,
            "hints_total shop": 0,
            "changes_unannounced_total shop": 2,
            "attempts_total accepted": 1,
            "attempts_total refused": 1,
        }
        assert {name: found.get(name) for name in wanted} == wanted
        assert found["calls_used shop returngo"] >= 3
        [plan] = (await bench.get("/plan"))["logins"]
        assert found["bound_seconds shop returngo"] == plan["late"]

    def answer(_received: Received) -> httpx.Response:
        return httpx.Response(next(answers))

    with merchant_of("returngo") as merchant:

        async def told() -> None:
            async with hub_at(merchant, tmp_path, targets=Targets(answer=answer)) as bench:
                await story(bench)

        asyncio.run(told())


def entry(message: str, **extra: object) -> logging.LogRecord:
    record = logging.LogRecord("returns_connector.hub", logging.WARNING, "", 0, message, (), None)
    record.__dict__.update(created=1_780_272_000.25, **extra)
    return record


def test_an_entry_of_the_log_is_a_json_object_with_its_values() -> None:
    line = JsonLines().format(entry("The target did not accept it.", status=503, subscription="sub_1"))
    assert json.loads(line) == {
        "time": "2026-06-01T00:00:00.250Z",
        "level": "warning",
        "logger": "returns_connector.hub",
        "message": "The target did not accept it.",
        "status": 503,
        "subscription": "sub_1",
    }
    assert "\n" not in JsonLines().format(entry("two\nlines"))
    assert "password" not in FIELDS


def test_the_newest_entries_are_kept_for_the_page() -> None:
    recent = Recent()
    for number in range(KEPT + 2):
        recent.emit(entry(str(number)))
    assert len(recent.entries) == KEPT
    assert recent.entries[-1]["message"] == str(KEPT + 1)
