"""Every trigger of ReturnMate's app, polled as Zapier polls: which records fire, and that each fires once."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from support.each import each
from support.zapier import Shop, Zap, ZapierApp

from connector.definition.compiler import integration

OFFER = integration("returnmate")
TRIGGERS = [key for key, one in OFFER.triggers.items() if "zapier" in one.guarantees]


@pytest.fixture(scope="module")
def triggers(app: ZapierApp) -> dict[str, Any]:
    found: dict[str, Any] = app.call(command="definition")["triggers"]
    return found


@pytest.mark.parametrize("key", TRIGGERS)
def test_poll_returns_what_the_definition_declares(seeded: Shop, triggers: dict[str, Any], key: str) -> None:
    """Zapier's core checks that a poll returns objects whose primary fields are present and unique."""
    operation, rows = triggers[key]["operation"], seeded.trigger(key)
    assert rows
    identity = [field["key"] for field in operation["outputFields"] if field.get("primary")]
    assert identity == [path[0] for path in OFFER.triggers[key].guarantees["zapier"].dedupe]
    assert max(Counter(tuple(row[name] for name in identity) for row in rows).values()) == 1
    for row in each(rows):
        assert operation["sample"].keys() - {"summary", "label_file"} <= row.keys()
    assert len(seeded.trigger(key, limit=1)) == 1


@pytest.mark.parametrize("key", ["new_return", "new_shipment"])
def test_new_records_come_newest_first_up_to_the_limit(seeded: Shop, key: str) -> None:
    rows = seeded.trigger(key)
    assert len(rows) == 100 if key == "new_return" else rows
    created = [row["created_at"] for row in rows]
    assert created == sorted(created, reverse=True)
    assert seeded.trigger(key, limit=3) == rows[:3]
    assert seeded.trigger(key, limit=-1) == rows


def test_status_passed_between_two_polls_still_fires(shop: Shop) -> None:
    zap = Zap(shop, "return_approved").switch_on()
    made = shop.create_return()
    shop.move(made["id"], "approved", "label_sent", "in_transit")
    assert [row["id"] for row in zap.poll()] == [made["id"]]
    shop.move(made["id"], "received", "inspected", "completed")
    assert zap.poll() == [], "later statuses are the same approval"


def test_refund_issued_does_not_fire_for_an_exchange(shop: Shop) -> None:
    zap = Zap(shop, "refund_issued").switch_on()
    made = {kind: shop.create_return("#1", return_type=kind) for kind in ("exchange", "refund")}
    for one in made.values():
        shop.move(one["id"], "approved", "label_sent", "in_transit", "received", "inspected", "completed")
    (row,) = zap.poll()
    assert row["id"] == made["refund"]["id"]
    refund = shop.hydrated(row)["details"]["refund"]
    assert refund["amount"] > 0
    assert zap.poll() == []


def test_every_status_seen_by_a_poll_fires_once(shop: Shop) -> None:
    zap = Zap(shop, "return_status_changed", ("id", "status")).switch_on()
    made = shop.create_return()
    assert zap.poll() == [], "a new return has not changed"
    fired = []
    for status in ("approved", "label_sent", "in_transit"):
        shop.move(made["id"], status)
        fired += [(row["id"], row["status"]) for row in zap.poll() + zap.poll()]
    shop.move(made["id"], "received", "inspected", "completed")
    fired += [(row["id"], row["status"]) for row in zap.poll()]
    words = ["approved", "label_sent", "in_transit", "completed"]
    assert fired == [(made["id"], word) for word in words], "the latest of several changes between two polls"


def test_filter_fires_for_matching_changes_and_an_empty_one_for_all(shop: Shop) -> None:
    identity = ("id", "status")
    received, empty, every = (
        Zap(shop, "return_status_changed", identity, inputs).switch_on()
        for inputs in ({"status": "received"}, {"status": ""}, {})
    )
    first, second = shop.create_return("#1"), shop.create_return("#2")
    shop.move(first["id"], "approved", "label_sent", "in_transit", "received")
    shop.move(second["id"], "approved")
    assert [row["id"] for row in received.poll()] == [first["id"]]
    assert {row["id"] for row in empty.poll()} == {row["id"] for row in every.poll()}
    assert len(every.seen) == 2
    shop.move(first["id"], "inspected")
    shop.move(second["id"], "label_sent", "in_transit", "received")
    assert [row["id"] for row in received.poll()] == [second["id"]]
    assert received.poll() == []


def test_filter_choices_are_the_known_statuses(triggers: dict[str, Any]) -> None:
    asked = {key: one["operation"].get("inputFields", []) for key, one in triggers.items()}
    field = asked["return_status_changed"][0]
    assert (field["key"], field["required"]) == ("status", False)
    offered = [choice["value"] for choice in field["choices"]]
    known = [choice.value for choice in OFFER.dropdowns["status"].choices]
    assert offered == [value for value in known if value != "pending"], "no return moves to its first status"
    assert "received" in offered
    created = {field["key"]: field for field in asked["new_return"]}
    assert [choice["value"] for choice in created["status"]["choices"]] == known, (
        "a return can have any at first"
    )
    assert {key for key, fields in asked.items() if fields} == {"new_return", "return_status_changed"}


def test_return_older_than_the_look_back_is_not_found(shop: Shop) -> None:
    """The guarantee table and the app's README state this limit."""
    look_back = OFFER.triggers["return_rejected"].guarantees["zapier"].look_back
    assert look_back is not None
    now = datetime.fromisoformat(shop.sandbox.control.get(f"/tenants/{shop.tenant}/clock").json()["now"])
    ages = {"old": look_back + 3600, "young": look_back - 3600}
    made = {
        name: shop.create_return(created_at=(now - timedelta(seconds=age)).strftime("%Y-%m-%dT%H:%M:%SZ"))[
            "id"
        ]
        for name, age in ages.items()
    }
    zap = Zap(shop, "return_rejected").switch_on()
    shop.move(made["old"], "rejected")
    shop.move(made["young"], "rejected")
    assert [row["id"] for row in zap.poll()] == [made["young"]]
