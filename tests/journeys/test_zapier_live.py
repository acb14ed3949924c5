"""Zapier's live checks in the sandbox: results of the generated apps match their definitions."""

import json
import re
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest
from support.checking_proxy import CheckingProxy
from support.each import each
from support.sandbox import Sandbox
from support.zapier import APPS, Shop, ZapierApp, line_items, without_summary
from support.zapier_live import (
    LIVE_CHECKS,
    Live,
    t002_results_hold_the_identity,
)

from connector.definition.compiler import integration, vendors
from connector.definition.paths import at_path
from connector.definition.summary import described, summary

STEPS = [
    (vendor, f"{kind}.{path.stem}")
    for vendor in vendors()
    for kind in ("triggers", "creates", "searches")
    for path in sorted((APPS / vendor / kind).glob("*.js"))
    if path.stem != "index"
]
Answered = Callable[[str], Live]


@pytest.fixture(scope="module")
def live_results(
    zapier_apps: Callable[[str], ZapierApp], proxies: Callable[[str], CheckingProxy], sandbox: Sandbox
) -> Answered:
    """Run all steps of a vendor's app once; an error fails every test of the vendor with the same message."""
    known: dict[str, Future[Live]] = {}

    def run(vendor: str) -> Live:
        app, offer = zapier_apps(vendor), integration(vendor)
        tenant = sandbox.tenant(f"live-{vendor}", limits="off")
        account = app.account(offer, sandbox.credentials(vendor, tenant)["fields"], proxies(vendor).url)
        return Live(Shop(app, sandbox, tenant, account, vendor, whole=True), offer, app.definition).run()

    def once(vendor: str) -> Live:
        if vendor not in known:
            outcome: Future[Live] = Future()
            try:
                outcome.set_result(run(vendor))
            except Exception as problem:  # noqa: BLE001 - `result` raises it again
                outcome.set_exception(problem)
            known[vendor] = outcome
        return known[vendor].result()

    return once


@pytest.mark.parametrize(("vendor", "path"), STEPS, ids=lambda one: one)
def test_results_match_the_definition(live_results: Answered, vendor: str, path: str) -> None:
    live = live_results(vendor)
    rows = live.results[path]
    assert rows, f"{path} returned nothing, and refused {live.refused.get(path, 'nothing')}"
    for check in LIVE_CHECKS:
        if path.startswith("triggers.") or check is not t002_results_hold_the_identity:
            assert sorted(set(check(live.operation(path), rows))) == [], check.__name__


@pytest.mark.parametrize("vendor", vendors())
def test_every_dropdown_has_labelled_values(live_results: Answered, vendor: str) -> None:
    live = live_results(vendor)
    for key, one in each(live.definition["triggers"].items()):
        if one["display"].get("hidden"):
            offered = live.results[f"triggers.{key}"]
            assert offered
            assert all(entry["id"] not in (None, "") and entry["label"] for entry in each(offered))


@pytest.mark.parametrize("vendor", vendors())
def test_every_return_has_its_summary(live_results: Answered, vendor: str) -> None:
    """The app's summary of each live record equals Python's summary of the vendor's part of the record."""
    live = live_results(vendor)
    checked = 0
    for kind, steps in (
        ("triggers", live.offer.triggers),
        ("creates", live.offer.actions),
        ("searches", live.offer.searches),
    ):
        for key, step in steps.items():
            built = summary(live.offer, step.resource, step.fields)
            if built is None:
                continue
            for row in live.results.get(f"{kind}.{key}", ()):
                for record in line_items(row) if "searched_for" in row else [row]:
                    shown = at_path(record, built.within)["summary"]
                    assert shown == described(built, without_summary(record)), key
                    checked += 1
    assert checked > 0


@pytest.mark.parametrize("vendor", vendors())
def test_no_live_result_has_a_bank_account(live_results: Answered, vendor: str) -> None:
    for path, rows in each(live_results(vendor).results.items()):
        assert not re.search(r"iban|bankaccount", json.dumps(rows), re.IGNORECASE), path


@pytest.mark.parametrize("vendor", vendors())
def test_search_for_several_records_returns_one_record_with_all(live_results: Answered, vendor: str) -> None:
    live = live_results(vendor)
    for key in each(key for key, one in live.offer.searches.items() if one.kind == "list"):
        if key in live.definition["searches"]:
            records = live.results[f"searches.{key}"]
            assert any(record["found"] for record in records), key
            assert [line_items(record) for record in each(records)], key
    singles = [key for key, one in live.offer.searches.items() if one.kind != "list"]
    rows = [row for key in each(singles) for row in live.results.get(f"searches.{key}", ())]
    assert not [row for row in each(rows) if "searched_for" in row]


OUTPUTS: list[dict[str, Any]] = [
    {"key": "id", "type": "string", "primary": True},
    {"key": "at", "type": "datetime"},
    {"key": "lines[]count", "type": "integer"},
    {"key": "shop__name", "type": "string"},
]
SAMPLE = {"id": "1", "at": "2026-10-31T09:30:00Z", "lines": [{"count": 1}], "shop": {"name": "Example"}}


@pytest.mark.parametrize(
    ("id_", "row"),
    [
        ("t002", {**SAMPLE, "id": ""}),
        ("t003", {**SAMPLE, "at": "2026-10-31T09:30:00"}),
        ("t004", {key: value for key, value in SAMPLE.items() if key != "at"}),
        ("t004", {**SAMPLE, "lines": [{}]}),
        ("t005", {**SAMPLE, "lines": [{"count": "1"}]}),
        ("t005", {**SAMPLE, "colour": "red"}),
    ],
)
def test_live_check_finds_its_mistake(id_: str, row: dict[str, Any]) -> None:
    [check] = [one for one in LIVE_CHECKS if one.__name__.startswith(id_)]
    operation = {"outputFields": OUTPUTS, "sample": SAMPLE}
    assert list(check(operation, [SAMPLE])) == []
    assert list(check(operation, [{**SAMPLE, "lines": [], "shop": None}])) == []
    assert list(check(operation, [row]))
