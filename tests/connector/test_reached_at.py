"""Triggers for a status that use the time in a record's history: no event for what happened before."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import connector
import openapi
from connector.definition.compiler import CATALOGS, integration, join
from connector.definition.model import ReachedAt
from connector.errors import CatalogError
from connector.runtime.polling.history import with_reached_at

if TYPE_CHECKING:
    from support.fake_vendor import Time

TEXT = (CATALOGS / "returngo.yaml").read_text(encoding="utf-8")
RULE = ReachedAt(field="approved_at", history=("log", "events"), name="kind", value="APPROVED", time="at")
EARLY, LATE = "2026-03-01T09:00:00Z", "2026-03-01T10:00:00+02:00"


def event(at: Any, kind: str = "APPROVED") -> dict[str, Any]:
    return {"kind": kind, "at": at}


@pytest.mark.parametrize(
    ("history", "found"),
    [
        ([event(EARLY, "CREATED"), event(EARLY)], EARLY),
        ([event(EARLY), event(LATE)], EARLY),
        ([event(LATE), event("2026-03-01T08:30:00Z")], "2026-03-01T08:30:00Z"),
        ([event("soon"), event(None), event(7), event(LATE)], LATE),
        ([event(EARLY, "approved")], None),
        ([], None),
        (None, None),
        ("APPROVED", None),
        ([None, "APPROVED", {}], None),
    ],
)
def test_latest_valid_time_of_the_status_is_added(history: Any, found: str | None) -> None:
    row = {"id": 1, "log": {"events": history}}
    assert with_reached_at(row, RULE) == {**row, "approved_at": found}
    assert "approved_at" not in row


def test_row_without_a_rule_or_history_is_kept() -> None:
    row = {"id": 1}
    assert with_reached_at(row, None) is row
    assert with_reached_at(row, RULE) == {"id": 1, "approved_at": None}


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("history: events", "history: event", "did you mean events?"),
        ("name: eventName\n      value", "name: eventNam\n      value", "did you mean eventName?"),
        ("time: eventDate", "time: eventDat", "did you mean eventDate?"),
        ("value: RMA_APPROVED", "value: RMA_REJECTED", "RMA_REJECTED, which eventName does not list"),
        ("field: approved_at", "field: status", "adds status, which records already have"),
    ],
)
def test_mistake_in_the_catalog_is_reported(old: str, new: str, complaint: str) -> None:
    assert TEXT.count(old) == 1
    with pytest.raises(CatalogError) as caught:
        join(openapi.read("returngo"), TEXT.replace(old, new), "returngo.yaml")
    assert any(complaint in problem for problem in caught.value.problems), caught.value.problems


@pytest.mark.anyio
async def test_only_later_approvals_are_events(time: Time) -> None:
    """Returns that were approved long ago enter the list when they change, also after the look-back."""
    made = integration("returngo")
    sample = made.operations["list_rmas"].example["rmas"][0]
    approval = {**sample["events"][0], "eventName": "RMA_APPROVED"}
    rows: list[dict[str, Any]] = []

    def add(name: str, status: str, days_ago: int) -> str:
        at = (time.clock() - timedelta(days=days_ago)).isoformat()
        rows.append({**sample, "rmaId": name, "status": status, "events": [{**approval, "eventDate": at}]})
        return at

    def answer(request: httpx.Request) -> httpx.Response:
        details = made.operations["get_rma"].example
        listed = request.url.path.endswith("/rmas")
        return httpx.Response(200, json={"rmas": rows, "next_cursor": None} if listed else details)

    shop = connector.open(
        made,
        transport=httpx.MockTransport(answer),
        clock=time.clock,
        sleep=time.sleep,
        api_key="sandbox-demo-returngo",
        shop_name="outfitters.myshopify.example",
    )
    trigger = shop.triggers["return_approved"]
    add("known", "Approved", 2)
    cursor = (await trigger.poll()).cursor
    add("months-ago", "Received", 60)
    time.now += timedelta(hours=1)
    at = add("new", "Approved", 0)
    add("pending", "Pending", 0)
    polled = await trigger.poll(cursor)
    assert [one.id for one in polled.events] == [f"returngo:return_approved:new:{at}"]
    assert polled.events[0].occurred_at == time.clock()
    assert polled.events[0].data["approved_at"] == at
    rows[-2]["status"] = "Received"
    assert (await trigger.poll(polled.cursor)).events == ()
