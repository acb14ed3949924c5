"""The clock stops at the next event, or when a return reaches a status; time passes the same in any steps."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.each import each
from support.worlds import HOUR, NOON, SECOND, OpenWorld, open_world

from mock_server import vendors
from mock_server.clock import timestamp
from mock_server.engine.problem import Problem
from mock_server.store import Filters

ITEM = {"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}
SHOPPER = {"order_number": "#2001", "customer_email": "iris.lane@example.com", "items": [ITEM]}
REACHED = {
    "exsited": "CLOSED",
    "returngo": None,  # a carrier's scans change the shipment only
    "returnlogic": "Delivered",
    "returnmate": "in_transit",
    "swap": "processing",
}
"""The last status that a vendor's scheduled steps lead to."""


@pytest.fixture
def acme() -> Iterator[OpenWorld]:
    """A world with the empty tenant `acme`, whose clock is frozen half a second after noon."""
    with open_world(seed_size=0) as opened:
        opened.tenants.create("acme", first_moment=NOON, frozen=True, seed_size=0)
        advance(opened, seconds=0.5)
        yield opened


def advance(opened: OpenWorld, **requested: Any) -> Any:
    reply = opened.call("advance_clock", requested, tenant="acme")
    assert reply.status == 200, reply.body
    return reply.body


def refusal(opened: OpenWorld, **requested: Any) -> str:
    before = opened.world.clocks.now("acme")
    with pytest.raises(Problem) as raised:
        advance(opened, **requested)
    assert opened.world.clocks.now("acme") == before
    return raised.value.message


def create(opened: OpenWorld, vendor: str) -> str:
    id_: str = opened.call("create_tenant_return", {"vendor": vendor, **SHOPPER}, tenant="acme").body["id"]
    return id_


def move(opened: OpenWorld, vendor: str, id_: str, status: str) -> None:
    opened.call("move_return", {"vendor": vendor, "status": status}, tenant="acme", id=id_)


def ship(opened: OpenWorld, vendor: str) -> str:
    """Create a return whose parcel travels, as merchant or through the vendor's own code."""
    id_, served = create(opened, vendor), opened.vendors[vendor]
    now = opened.world.clocks.now("acme") // SECOND * SECOND
    if vendor == "returnlogic":
        move(opened, vendor, id_, "Authorized")
    elif vendor == "returnmate":
        move(opened, vendor, id_, "approved")
        row = opened.world.store.row("acme", vendor, "return", id_)
        label = {"carrier": "tnt", "service": "standard", "direction": "return"}
        with opened.world.store.change() as change:
            served._returns.label(change, "acme", row, label, now)
    elif vendor == "returngo":
        (shipment,) = opened.world.store.rows("acme", vendor, "shipment", Filters(parent=id_))
        with opened.world.store.change() as change:
            served._returns.update_shipment(change, shipment, {"trackingNumber": "TNT123"}, now)
    return id_


def status_of(opened: OpenWorld, vendor: str, id_: str) -> str:
    row = opened.world.store.row("acme", vendor, "return", id_)
    assert row is not None
    return row.status


@pytest.mark.parametrize("vendor", [one for one, status in REACHED.items() if status])
def test_clock_stops_at_the_moment_of_the_ledgers_event(acme: OpenWorld, vendor: str) -> None:
    create(acme, "swap" if vendor == "exsited" else "exsited")
    advance(acme, seconds=60)
    id_, wanted = ship(acme, vendor), REACHED[vendor]
    moved = advance(acme, until={"return": id_, "status": wanted})
    assert status_of(acme, vendor, id_) == wanted
    event = acme.world.ledger.events("acme", last=1, kind="return.state_changed", vendor=vendor)[0]
    assert (event.subject, event.body["to"]) == (id_, wanted)
    assert moved["clock"]["now"] == timestamp(event.at)
    assert moved["ran"][-1]["vendor"] == vendor
    again = advance(acme, until={"return": id_, "status": wanted})
    assert (again["clock"]["now"], again["ran"]) == (moved["clock"]["now"], [])


@pytest.mark.parametrize("vendor", vendors.names())
def test_status_that_never_comes_is_explained_and_the_clock_stays(acme: OpenWorld, vendor: str) -> None:
    id_, lifecycle = create(acme, vendor), acme.vendors[vendor].lifecycle
    with acme.world.store.change() as change:
        for subject in (id_, *(one.id for one in acme.world.store.rows("acme", vendor, "shipment"))):
            change.unschedule("acme", vendor, subject)
    status = status_of(acme, vendor, id_)
    wanted = lifecycle.transitions[status][0]
    said = refusal(acme, until={"return": id_, "status": wanted})
    assert said == (
        f"The return {id_} stays {status}: nothing is scheduled for it. Move it to {wanted} first."
    )


def test_last_status_of_the_schedule_is_named(acme: OpenWorld) -> None:
    id_ = ship(acme, "returnlogic")
    said = refusal(acme, until={"return": id_, "vendor": "returnlogic", "status": "Complete"})
    assert said.startswith(f"The return {id_} becomes Delivered at 2026-03-05T13:00:00Z and stays so: ")
    assert status_of(acme, "returnlogic", id_) == "Authorized"


def test_wait_is_bounded_by_days(acme: OpenWorld) -> None:
    id_ = ship(acme, "returnlogic")
    wanted = {"return": id_, "status": "Delivered"}
    said = refusal(acme, until={**wanted, "within_days": 3})
    assert said.startswith(f"The return {id_} becomes Delivered at 2026-03-05T13:00:00Z, which is after")
    assert advance(acme, until={**wanted, "within_days": 4})["clock"]["now"] == "2026-03-05T13:00:00Z"


def test_status_is_a_word_of_the_vendor_or_a_neutral_state(acme: OpenWorld) -> None:
    own, neutral = ship(acme, "returnlogic"), ship(acme, "swap")
    for id_, word, at in (
        (neutral, "In_Transit", "2026-03-03T08:00:00Z"),
        (own, "in transit", "2026-03-03T08:00:00Z"),
        (own, "DELIVERED", "2026-03-05T13:00:00Z"),
    ):
        assert advance(acme, until={"return": id_, "status": word})["clock"]["now"] == at
    said = refusal(acme, until={"return": own, "status": "Recieved"})
    assert said == 'There is no status of returnlogic named "Recieved". Did you mean "Received"?'
    assert "Choose Requested, Authorized" in refusal(acme, until={"return": own, "status": "zzz"})


def test_unknown_return_is_not_found_and_an_ambiguous_one_needs_the_vendor(acme: OpenWorld) -> None:
    assert "has no return 'none'" in refusal(acme, until={"return": "none", "status": "received"})
    id_ = ship(acme, "swap")
    assert "at exsited" in refusal(acme, until={"return": id_, "vendor": "exsited", "status": "CLOSED"})
    assert "no vendor named" in refusal(acme, until={"return": id_, "vendor": "kiosk", "status": "CLOSED"})
    with acme.world.store.change() as change:
        change.put_document("acme", "exsited", "return", id_, {}, created_at=NOON, status="PENDING")
    said = refusal(acme, until={"return": id_, "status": "completed"})
    assert said.startswith(f"until.vendor is required, because exsited and swap have a return {id_}")


def test_next_is_the_first_step_and_then_the_following_one(acme: OpenWorld) -> None:
    assert "nothing is scheduled; the clock stays at 2026-03-02T12:00:00Z" in refusal(acme, until="next")
    id_ = ship(acme, "returnlogic")
    told = acme.call("list_next", None, {}, tenant="acme").body["next"]
    assert [entry["return"] for entry in told] == [id_, id_]
    for entry in each(told):
        moved = advance(acme, until="next")
        assert moved["clock"]["now"] == entry["at"]
        assert [(one["at"], one["step"]) for one in moved["ran"]] == [(entry["at"], entry["what"])]
    assert "nothing is scheduled" in refusal(acme, until="next")


def test_ticking_clock_runs_an_overdue_step_without_going_back(acme: OpenWorld) -> None:
    id_ = ship(acme, "swap")
    acme.call("unfreeze_clock", tenant="acme")
    acme.world.clocks.move("acme", NOON + 21 * HOUR)  # past the first scan, which has not run yet
    moved = advance(acme, until={"return": id_, "status": "processing"})
    assert moved["clock"]["now"] >= "2026-03-03T09:00:00Z"
    assert status_of(acme, "swap", id_) == "processing"


# Property: time passes the same in one step and in many


@pytest.fixture(scope="module")
def shop() -> Iterator[OpenWorld]:
    with open_world(seed_size=0) as opened:
        opened.tenants.create("acme", first_moment=NOON, frozen=True, seed_size=15)
        yield opened


def fresh(opened: OpenWorld) -> None:
    """Reset the tenant, and ship one return at each vendor."""
    opened.tenants.reset("acme")
    for vendor in vendors.names():
        ship(opened, vendor)
    inspect(opened)


def inspect(opened: OpenWorld) -> None:
    """Start the quality control of the newest return at Swap, which ends by itself after 48 hours."""
    quality, now = opened.vendors["swap"]._quality, opened.world.clocks.now("acme") // SECOND * SECOND
    update = {"shopify_order_name": "#2001", "sku": ITEM["sku"], "condition": "Pending", "return_qty": 1}
    found = quality.find("acme", update)
    with opened.world.store.change() as change:
        quality.update(change, "acme", found, update, now)


def test_every_vendor_takes_part_in_the_property(shop: OpenWorld) -> None:
    fresh(shop)
    ran = advance(shop, seconds=10 * 86_400)["ran"]
    assert {one["vendor"] for one in ran} == set(vendors.names())
    assert {one["step"] for one in ran} == {"scan", "arrive", "quality_control_ends"}
    assert {one["error"] for one in ran} == {None}


def dump(opened: OpenWorld) -> bytes:
    """Return the bytes of the tenant's ledger, its rows and what is still scheduled."""
    store, partition = opened.world.store, opened.world.store.partition("acme")
    tables = {
        "ledger": "sequence, vendor, kind, subject, at, body",
        "rows": "vendor, kind, id, status, state, created_at, updated_at, document",
        "steps": "vendor, due, step, subject, body",
    }
    parts = []
    for name, columns in tables.items():
        sql = f"SELECT {columns} FROM {name} WHERE tenant = ? ORDER BY {columns}"
        parts.append(repr(store.fetch(sql, (partition,))))
    return "\n".join(parts).encode()


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.integers(0, 30 * 3_600), min_size=1, max_size=8), st.booleans())
def test_one_advance_equals_many(shop: OpenWorld, parts: list[int], in_steps: bool) -> None:
    fresh(shop)
    ran = advance(shop, seconds=sum(parts))["ran"]
    once = dump(shop)
    fresh(shop)
    again: list[Any] = []
    for seconds in parts:
        end = shop.world.clocks.now("acme") + seconds * SECOND
        due = shop.world.clocks.next_due("acme")
        while in_steps and due is not None and due <= end:
            again += advance(shop, until="next")["ran"]
            due = shop.world.clocks.next_due("acme")
        again += advance(shop, to=timestamp(end))["ran"]
    assert again == ran
    assert dump(shop) == once
