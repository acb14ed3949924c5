"""The store: rows, counters, transactions, and database files of other programs."""

import sqlite3
from pathlib import Path

import pytest
from support.worlds import NOON, put, row

from mock_server.store import Filters, Row, Store, StoreError


@pytest.fixture
def store() -> Store:
    return Store.open("sqlite://")


def ids(found: list[bytes]) -> list[str]:
    return [summary.decode().removeprefix('"summary of ').removesuffix('"') for summary in found]


def test_row_is_read_back_as_written(store: Store) -> None:
    stored = row("r1", order_number="#1", customer_email="ada@example.com", parent="p1")
    put(store, stored)
    assert store.row("acme", "shop", "return", "r1") == stored
    assert stored.sequence == 1
    assert store.document("acme", "shop", "return", "r1") == b'"document of r1"'


def test_document_without_a_summary_is_its_own_summary(store: Store) -> None:
    with store.change() as change:
        change.put_document("acme", "shop", "scan", "s1", {"id": "s1"}, created_at=NOON, parent="r1")
    body = b'{"id":"s1"}'
    expected = Row("acme", "shop", "scan", "s1", "", "", NOON, NOON, body, body, parent="r1", sequence=1)
    assert store.row("acme", "shop", "scan", "s1") == expected


def test_document_with_all_columns_keeps_each(store: Store) -> None:
    with store.change() as change:
        sequence = change.put_document(
            "acme",
            "shop",
            "return",
            "r1",
            {"id": "r1", "note": "n"},
            created_at=NOON,
            updated_at=NOON + 1,
            status="OPEN",
            state="requested",
            order_number="#1",
            customer_email="Ada@example.com",
            parent="p1",
            shop="outlet",
            summary={"id": "r1"},
        )
    expected = Row(
        "acme", "shop", "return", "r1", "OPEN", "requested", NOON, NOON + 1, b'{"id":"r1"}',
        b'{"id":"r1","note":"n"}', "#1", "ada@example.com", "p1", "outlet", sequence,
    )  # fmt: skip
    assert store.row("acme", "shop", "return", "r1") == expected


def test_document_without_a_state_uses_its_status(store: Store) -> None:
    with store.change() as change:
        change.put_document("acme", "shop", "shipment", "s1", {}, created_at=NOON, status="in_transit")
    found = store.row("acme", "shop", "shipment", "s1")
    assert found is not None
    assert found.state == "in_transit"


def test_unknown_row_returns_none(store: Store) -> None:
    put(store, row("r1"))
    assert store.row("acme", "shop", "return", "r2") is None
    assert store.document("other", "shop", "return", "r1") is None
    assert store.document("acme", "shop", "shipment", "r1") is None


def test_replaced_row_keeps_its_sequence_and_moves_its_counter(store: Store) -> None:
    put(store, row("r1"), row("r2"))
    put(store, row("r1", status="approved", document=b"2"))
    found = store.row("acme", "shop", "return", "r1")
    assert found is not None
    assert (found.sequence, found.status, found.document) == (1, "approved", b"2")
    assert store.totals("acme", "shop", "return") == {"approved": 1, "pending": 1}


def test_rows_of_other_tenants_and_vendors_are_not_returned(store: Store) -> None:
    put(store, row("r1"), row("r1", tenant="other"), row("r1", vendor="mall"))
    assert store.page("acme", "shop", "return", limit=10) == ([b'"summary of r1"'], 1)
    assert store.totals("other", "shop", "return") == {"pending": 1}


def test_page_orders_equal_times_by_insertion(store: Store) -> None:
    put(store, row("b"), row("a"), row("c", created_at=NOON - 1))
    assert ids(store.page("acme", "shop", "return", limit=9)[0]) == ["a", "b", "c"]
    assert ids(store.page("acme", "shop", "return", limit=9, descending=False)[0]) == ["c", "b", "a"]


def test_page_by_updated_at(store: Store) -> None:
    put(store, row("old", updated_at=NOON + 9), row("new", created_at=NOON + 1))
    found, _ = store.page("acme", "shop", "return", limit=9, order="updated_at")
    assert ids(found) == ["old", "new"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(created_from=NOON), ["r2", "r3"]),
        (Filters(created_after=NOON), ["r3"]),
        (Filters(created_before=NOON), ["r1"]),
        (Filters(created_until=NOON), ["r1", "r2"]),
        (Filters(statuses=("approved", "pending")), ["r1", "r2", "r3"]),
        (Filters(statuses=("approved",)), ["r3"]),
        (Filters(customer_emails=("ADA@Example.com",)), ["r1", "r3"]),
        (Filters(order_numbers=("#A",)), ["r1"]),
        (Filters(order_numbers=("#a",)), []),
        (Filters(order_numbers=("",)), []),
        (Filters(parent="p"), ["r2"]),
        (Filters(statuses=("pending",), customer_emails=("ada@example.com",)), ["r1"]),
    ],
)
def test_filter_matches(store: Store, filters: Filters, expected: list[str]) -> None:
    put(
        store,
        row("r1", created_at=NOON - 1, customer_email="Ada@Example.COM", order_number="#A"),
        row("r2", customer_email="bo@example.com", parent="p"),
        row("r3", created_at=NOON + 1, status="approved", customer_email="ada@example.com"),
    )
    found, total = store.page("acme", "shop", "return", filters, limit=9, descending=False)
    assert (ids(found), total) == (expected, len(expected))
    assert [one.id for one in store.rows("acme", "shop", "return", filters)] == expected


def test_children_are_ordered_oldest_first(store: Store) -> None:
    scans = [row(f"s{age}", kind="scan", parent="r1", created_at=NOON - age) for age in (1, 3, 2)]
    put(store, *scans, row("s9", kind="scan", parent="r2"))
    assert store.children("acme", "shop", "scan", "r1") == [b'"document of s%d"' % age for age in (3, 2, 1)]


def test_failed_change_stores_nothing(store: Store) -> None:
    put(store, row("r1"))

    def fail() -> None:
        with store.change() as change:
            change.put(row("r1", status="approved"))
            change.put(row("r2"))
            change.record("acme", "shop", kind="return.created", subject="r2", at=NOON, body={})
            change.schedule("acme", "shop", due=NOON, step="scan", subject="r2")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert store.totals("acme", "shop", "return") == {"pending": 1}
    assert store.row("acme", "shop", "return", "r2") is None
    assert store.next_due("acme", ("shop",)) is None
    with store.change() as change:
        assert change.record("acme", "shop", kind="return.created", subject="r3", at=NOON, body={}) == 1


def test_change_sees_its_own_writes(store: Store) -> None:
    with store.change() as change:
        change.put(row("r1"))
        assert store.page("acme", "shop", "return", limit=9) == ([b'"summary of r1"'], 1)


def test_change_cannot_be_nested(store: Store) -> None:
    with store.change() as change, pytest.raises(RuntimeError, match="open already"), store.change():
        pass
    with store.change() as change:
        change.put(row("r1"))
    assert store.totals("acme", "shop", "return") == {"pending": 1}


def test_steps_are_ordered_and_of_known_vendors_only(store: Store) -> None:
    with store.change() as change:
        for due, step in ((NOON + 2, "late"), (NOON, "first"), (NOON, "second")):
            change.schedule("acme", "shop", due=due, step=step, subject="r1", body={"n": step})
        change.schedule("acme", "mall", due=NOON - 1, step="elsewhere", subject="r1")
    seen = []
    while found := store.next_step("acme", ("shop",)):
        assert store.next_due("acme", ("shop",)) == found.due
        assert found.body == {"n": found.step}
        seen.append(found.step)
        with store.change() as change:
            change.done(found)
    assert seen == ["first", "second", "late"]
    assert store.next_due("acme", ("shop",)) is None
    assert store.next_due("acme", ("mall", "shop")) == NOON - 1


def test_unscheduled_steps_are_forgotten(store: Store) -> None:
    with store.change() as change:
        change.schedule("acme", "shop", due=NOON, step="scan", subject="r1")
        change.schedule("other", "shop", due=NOON, step="scan", subject="r1")
    with store.change() as change:
        change.unschedule("acme", "shop", "r1")
    assert store.next_due("acme", ("shop",)) is None
    assert store.next_due("other", ("shop",)) == NOON


def test_wiped_tenant_starts_empty_and_others_stay(store: Store) -> None:
    for tenant in ("acme", "other"):
        with store.change() as change:
            change.put(row("r1", tenant=tenant))
            change.record(tenant, "shop", kind="return.created", subject="r1", at=NOON, body={})
    with store.change() as change:
        change.wipe("acme")
        assert change.record("acme", "shop", kind="return.created", subject="r1", at=NOON, body={}) == 1
        assert change.record("other", "shop", kind="return.created", subject="r2", at=NOON, body={}) == 2
    assert store.totals("acme", "shop", "return") == {}
    assert store.totals("other", "shop", "return") == {"pending": 1}


def test_file_survives_the_store(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'sandbox.db'}"
    first = Store.open(url)
    put(first, row("r1"))
    first.close()
    again = Store.open(url)
    assert isinstance(again.row("acme", "shop", "return", "r1"), Row)
    assert (again.in_memory, Store.open("sqlite://").in_memory) == (False, True)
    again.close()


def test_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    theirs = sqlite3.connect(path)
    theirs.execute("CREATE TABLE notes (text)")
    theirs.close()
    with pytest.raises(StoreError, match=r"theirs\.db belongs to another program\. Move the file away"):
        Store.open(f"sqlite:///{path}")


def test_database_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    Store.open(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as old:
        old.execute("UPDATE meta SET value = '0' WHERE name = 'schema'")
    old.close()
    with pytest.raises(StoreError, match=r"another version of the sandbox \(schema 0, this one reads \d+\)"):
        Store.open(f"sqlite:///{path}")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("sqlite:////nowhere/at/all.db", "folder of the database /nowhere/at/all.db does not exist"),
        ("postgresql://localhost/x", "supports SQLite, not postgresql"),
        ("sandbox.db", "is not a database URL"),
    ],
)
def test_impossible_url_is_refused_in_one_sentence(url: str, sentence: str) -> None:
    with pytest.raises(StoreError, match=sentence):
        Store.open(url)


def test_database_in_use_is_refused_and_usable_afterwards(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'sandbox.db'}"
    first = Store.open(url)
    put(first, row("r1"))
    with pytest.raises(StoreError, match="is in use by another sandbox; stop that first"):
        Store.open(url)
    first.close()
    Store.open(url).close()


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear customer, " * 100)
    with pytest.raises(StoreError, match=r"cannot be opened: file is not a database\."):
        Store.open(f"sqlite:///{path}")
