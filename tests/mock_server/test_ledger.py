"""The ledger: order, reading from a sequence number, and agreement with the rows."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.worlds import NOON, row

from mock_server import ledger
from mock_server.ledger import Event, Ledger, rebuild
from mock_server.lifecycle import IllegalMove, Lifecycle
from mock_server.store import Store

TABLE = Lifecycle(
    {"new": "requested", "ok": "approved", "no": "rejected", "done": "completed"},
    {"new": ("ok", "no"), "ok": ("done", "no")},
    "new",
)


def record(store: Store, *subjects: str, tenant: str = "acme", **changes: Any) -> None:
    with store.change() as change:
        for subject in subjects:
            event: dict[str, Any] = {
                "kind": ledger.RETURN_CREATED,
                "subject": subject,
                "at": NOON,
                "body": {},
            }
            change.record(tenant, changes.pop("vendor", "shop"), **{**event, **changes})


def test_sequence_counts_per_tenant_without_gaps() -> None:
    store = Store.open("sqlite://")
    record(store, "r1", "r2")
    record(store, "x1", tenant="other")
    record(store, "r3")
    read = Ledger(store)
    assert [(event.sequence, event.subject) for event in read.events("acme")] == [
        (1, "r1"),
        (2, "r2"),
        (3, "r3"),
    ]
    assert [event.sequence for event in read.events("other")] == [1]
    assert (read.last("acme"), read.last("unknown")) == (3, 0)


@pytest.mark.parametrize("last", [None, 1, 4, 50])
@pytest.mark.parametrize("limit", [1, 4, 50])
@pytest.mark.parametrize("vendor", [None, "mall"])
def test_long_ledger_is_searched_in_slices_with_the_same_result(
    monkeypatch: pytest.MonkeyPatch, last: int | None, limit: int, vendor: str | None
) -> None:
    monkeypatch.setattr(ledger, "_AT_ONCE", 3)
    store = Store.open("sqlite://")
    for number in range(20):
        record(store, f"r{number}", vendor="mall" if number % 7 == 2 else "shop")
    read, turns = Ledger(store), 0
    yield_after_commit = store.yield_after_commit

    async def counted() -> None:
        nonlocal turns
        turns += 1
        await yield_after_commit()

    monkeypatch.setattr(store, "yield_after_commit", counted)
    for after in (0, 5, 19, 20, 10**15):
        options = {"after": after, "limit": limit, "last": last, "kind": None, "vendor": vendor}
        found = asyncio.run(read.search("acme", **options))  # type: ignore[arg-type]
        assert found == read.events("acme", **options)  # type: ignore[arg-type]
    assert turns or limit == 1 or last == 1


def test_reading_continues_after_a_sequence_number() -> None:
    store = Store.open("sqlite://")
    record(store, *(f"r{n}" for n in range(1, 8)))
    read, after, seen = Ledger(store), 0, []
    while page := read.events("acme", after=after, limit=3):
        assert len(page) <= 3
        seen += [event.subject for event in page]
        after = page[-1].sequence
    assert seen == [f"r{n}" for n in range(1, 8)]


def test_events_are_filtered_by_kind_and_vendor() -> None:
    store = Store.open("sqlite://")
    record(store, "r1")
    record(store, "s1", kind=ledger.SHIPMENT_CREATED)
    record(store, "m1", vendor="mall")
    read = Ledger(store)
    assert [event.subject for event in read.events("acme", kind=ledger.SHIPMENT_CREATED)] == ["s1"]
    assert [event.subject for event in read.events("acme", vendor="mall")] == ["m1"]


def test_body_is_returned_as_recorded() -> None:
    store = Store.open("sqlite://")
    record(store, "r1", body={"amount": "12.50", "list": [1, None]})
    assert Ledger(store).events("acme")[0].body == {"amount": "12.50", "list": [1, None]}


def test_rebuild_refuses_contradictory_events() -> None:
    made = Event(1, "shop", ledger.RETURN_CREATED, "r1", NOON, {"status": "new"})
    moved = Event(2, "shop", ledger.RETURN_STATE_CHANGED, "r1", NOON, {"from": "ok", "to": "done"})
    with pytest.raises(ValueError, match="Event 2 moves r1 from 'ok', but its status was 'new'"):
        rebuild([made, moved])
    with pytest.raises(ValueError, match="creates r1 a second time"):
        rebuild([made, made])


@settings(deadline=None)
@given(
    operations=st.lists(
        st.one_of(
            st.just("create"),
            st.tuples(st.integers(0, 6), st.sampled_from(sorted(TABLE.states)), st.booleans()),
        ),
        max_size=40,
    )
)
def test_ledger_agrees_with_rows_and_counters(operations: list[Any]) -> None:
    """With creates, legal and illegal moves, and changes that fail half-way."""
    store = Store.open("sqlite://")
    made = 0
    for operation in operations:
        if operation == "create":
            made += 1
            with store.change() as change:
                change.put(row(f"r{made}", status="new"))
                body = {"status": "new", "state": "requested"}
                change.record(
                    "acme", "shop", kind=ledger.RETURN_CREATED, subject=f"r{made}", at=NOON, body=body
                )
            continue
        number, wanted, fails = operation
        current = store.row("acme", "shop", "return", f"r{number}")
        if current is not None:
            move(store, current.id, current.status, wanted, fails=fails)
    rebuilt = rebuild(Ledger(store).events("acme"))
    rows = {("shop", one.id): one.status for one in store.rows("acme", "shop", "return")}
    assert rebuilt == rows
    assert len(rows) == made
    assert store.totals("acme", "shop", "return") == Counter(rebuilt.values())
    store.close()


def break_off(*, fails: bool) -> None:
    if fails:
        raise InterruptedError


def move(store: Store, id_: str, current: str, wanted: str, *, fails: bool) -> None:
    try:
        with store.change() as change:
            change.put(row(id_, status=wanted))
            TABLE.check(current, wanted)
            body = {"from": current, "to": wanted, "state": TABLE.states[wanted]}
            change.record("acme", "shop", kind=ledger.RETURN_STATE_CHANGED, subject=id_, at=NOON, body=body)
            break_off(fails=fails)
    except (IllegalMove, InterruptedError):
        pass
