"""A tenant whose data or ledger was changed behind the sandbox's back is found out."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from support.each import each
from support.worlds import HOUR, NOON, OpenWorld, open_world

from mock_server.store import tables
from mock_server.verification import MAX_DIFFERENCES


@pytest.fixture
def acme() -> Iterator[OpenWorld]:
    """A world with the tenant `acme`, whose returns have moved for 20 hours."""
    with open_world(secret="s") as opened:
        opened.tenants.create("acme", seed=3, seed_size=25, first_moment=NOON, frozen=True)
        opened.world.switches.turn("acme", "returnlogic", "maintenance", on=True, at=NOON)
        opened.world.clocks.advance("acme", NOON + 20 * HOUR)
        yield opened


def verify(opened: OpenWorld, tenant: str = "acme") -> dict[str, Any]:
    reply = opened.call("verify_tenant", tenant=tenant)
    assert reply.status == 200
    found: dict[str, Any] = reply.body
    assert found["ok"] == (not found["differences"])
    return found


def messages(opened: OpenWorld) -> list[str]:
    return [difference["message"] for difference in verify(opened)["differences"]]


def test_tenant_that_was_used_is_clean(acme: OpenWorld) -> None:
    for vendor in each(acme.vendors.values()):
        item = {"sku": "A", "quantity": 1, "reason": "damaged"}
        new = {
            "vendor": vendor.name,
            "order_number": "#9",
            "customer_email": "kim@example.com",
            "items": [item],
        }
        shown = acme.call("create_tenant_return", new, tenant="acme").body
        after = vendor.lifecycle.transitions[vendor.lifecycle.initial][0]
        acme.call("move_return", {"vendor": vendor.name, "status": after}, tenant="acme", id=shown["id"])
    acme.call("turn_switch", {"vendor": "returnlogic", "name": "maintenance", "on": False}, tenant="acme")
    assert verify(acme)["differences"] == []
    found = verify(acme)
    assert (found["rows"], found["events"]) == (
        sum(acme.world.store.total("acme", name, kind) for name, kind in kinds(acme)),
        acme.world.ledger.last("acme"),
    )
    acme.call("reset_tenant", tenant="acme")
    assert verify(acme)["differences"] == []
    assert verify(acme, "demo")["differences"] == []


def kinds(opened: OpenWorld) -> list[tuple[str, str]]:
    partition = opened.world.store.partition("acme")
    counters = tables.counters
    return sorted({(v, k) for t, v, k, *_ in opened.world.store.select(counters.select()) if t == partition})


def any_id(opened: OpenWorld, vendor: str, kind: str = "return", status: str = "") -> str:
    rows = [
        row for row in opened.world.store.rows("acme", vendor, kind) if not status or row.status == status
    ]
    return rows[-1].id


@pytest.mark.parametrize("vendor", ["exsited", "returngo", "returnlogic", "returnmate", "swap"])
def test_changed_status_is_found(acme: OpenWorld, vendor: str) -> None:
    id_ = any_id(acme, vendor)
    row = acme.world.store.row("acme", vendor, "return", id_)
    assert row is not None
    execute = acme.world.store._connection.execute
    execute("UPDATE rows SET status = 'wrong' WHERE tenant = 'acme' AND id = ?", (id_,))
    found = messages(acme)
    assert any(f"The return {id_} of {vendor}: its status is 'wrong', but event" in each_ for each_ in found)
    assert f"The counter of {vendor} return rows with the status 'wrong' is 0, but there are 1." in found
    execute("UPDATE rows SET status = ? WHERE tenant = 'acme' AND id = ?", (row.status, id_))
    document = orjson.loads(row.document)
    holder = document
    *path, last = acme.vendors[vendor].status_path
    for name in path:
        holder = holder[name]
    holder[last] = "other"
    execute("UPDATE rows SET document = ? WHERE tenant = 'acme' AND id = ?", (orjson.dumps(document), id_))
    (message,) = messages(acme)
    assert message.startswith(
        f"The return {id_} of {vendor}: its document shows the status 'other', but event"
    )


STATUS = "UPDATE rows SET {} WHERE tenant = 'acme' AND vendor = ? AND kind = ? AND id = ?"


@pytest.mark.parametrize(
    ("vendor", "kind", "change", "expected"),
    [
        ("returnmate", "return", "state = 'completed2'", "its neutral state is 'completed2', but event"),
        ("swap", "return", "created_at = created_at + 1", "its time of creation is not that of the event"),
        ("returngo", "shipment", "status = 'Lost'", "its status is 'Lost', but event"),
        ("returnlogic", "shipment", "parent = 'nobody'", "it belongs to 'nobody', but the ledger says"),
        ("returngo", "transaction", "status = 'Failed2'", "its status is 'Failed2', but event"),
        ("returnlogic", "order", "status = 'free'", "its status is 'free', but event"),
        ("returnmate", "product", "document = '{'", "its document is not JSON"),
        ("exsited", "invoice", "summary = ''", "its summary is not JSON"),
        ("swap", "return", "id = 'elsewhere'", "the ledger has no event that creates it"),
        ("exsited", "receipt", "id = 'elsewhere'", "it is missing; the ledger says that RMA-"),
    ],
)
def test_changed_row_is_found(acme: OpenWorld, vendor: str, kind: str, change: str, expected: str) -> None:
    id_ = any_id(acme, vendor, kind)
    acme.world.store._connection.execute(STATUS.format(change), (vendor, kind, id_))
    found = messages(acme)
    assert any(expected in message and f"of {vendor}: " in message for message in found), found


CHANGES = {
    "DELETE FROM rows WHERE @ AND kind = 'shipment' AND vendor = 'swap'": "it is missing; event",
    "UPDATE counters SET total = 99 WHERE @ AND vendor = 'returnmate' AND kind = 'product'": (
        "The counter of returnmate product rows is 99, but there are "
    ),
    "DELETE FROM counters WHERE @ AND vendor = 'swap' AND kind = 'return'": (
        "The counter of swap return rows with the status 'open' is 0, but there are "
    ),
    "DELETE FROM ledger WHERE @ AND sequence = 7": "In the ledger, event 7 is missing; the next one is 8.",
    "UPDATE ledger SET body = '{' WHERE @ AND sequence = 9": "In the ledger, event 9 (",
    "UPDATE ledger SET body = '{}' WHERE @ AND sequence = 1": "its body cannot be read (KeyError).",
    "UPDATE ledger SET kind = 'return.lost' WHERE @ AND sequence = 3": (
        "event 3 has the unknown kind 'return.lost'."
    ),
    "UPDATE ledger SET body = replace(CAST(body AS TEXT), 'from\":\"pending', 'from\":\"completed') "
    "WHERE @ AND vendor = 'returnmate' AND kind = 'return.state_changed'": (
        "from 'completed' to 'approved', but by then it was 'pending'."
    ),
    "DELETE FROM ledger WHERE @ AND vendor = 'returnmate' AND kind = 'refund.issued'": (
        "The report of returnmate shows total_refunded = "
    ),
    "DELETE FROM rows WHERE @ AND vendor = 'returnmate' AND kind = 'refund'": (
        "The report of returnmate shows total_refunded = 0.0, but the ledger results in "
    ),
    "UPDATE steps SET subject = 'nobody' WHERE @": "is scheduled for nobody, which does not exist.",
    "UPDATE deliveries SET due = NULL WHERE @": "is 'waiting' and has no next attempt.",
    "UPDATE deliveries SET state = 'delivered' WHERE @": "is 'delivered' and has a next attempt.",
}


@pytest.mark.parametrize("statement", list(CHANGES))
def test_changed_table_is_found(acme: OpenWorld, statement: str) -> None:
    with acme.world.store.change() as change:
        target: dict[str, Any] = {
            "webhook": "1",
            "event": "e",
            "url": "http://127.0.0.1:9/",
            "body": b"{}",
            "at": NOON,
        }
        acme.world.outbox.enqueue(change, "acme", "returngo", **target)
    assert messages(acme) == []
    changed = acme.world.store._connection.execute(statement.replace("@", "tenant = 'acme'"))
    assert changed.rowcount > 0
    found = messages(acme)
    assert any(CHANGES[statement] in message for message in found), found


def test_switch_that_the_ledger_does_not_know_is_found(acme: OpenWorld) -> None:
    with acme.world.store.change() as change:
        acme.world.switches.turn_all_off(change, "acme")
    assert messages(acme) == [
        "The switch maintenance of returnlogic is off, but the ledger says that it is on."
    ]


def test_differences_are_counted_beyond_the_limit(acme: OpenWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_server.verification.MAX_DIFFERENCES", 5)
    acme.world.store._connection.execute(
        "UPDATE rows SET state = 'x' WHERE tenant = 'acme' AND kind = 'return'"
    )
    found = verify(acme)
    assert MAX_DIFFERENCES > 5
    assert (len(found["differences"]), found["found"]) == (5, 125)


def test_clone_and_restored_tenant_are_clean(acme: OpenWorld) -> None:
    acme.call("take_snapshot", {"name": "s"}, tenant="acme")
    acme.call("clone_tenant", {"name": "other"}, tenant="acme")
    acme.world.clocks.advance("acme", NOON + 480 * HOUR)
    acme.call("restore_snapshot", tenant="acme", name="s")
    assert verify(acme)["differences"] == []
    assert verify(acme, "other")["differences"] == []
