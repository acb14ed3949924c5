"""The carrier's future scans of a parcel, and their times."""

import pytest
import sqlalchemy as sa
from support.worlds import HOUR, NOON

from mock_server.carrier import schedule_scans
from mock_server.store import Store, tables

SCANS = ((20 * HOUR, "moving"), (70 * HOUR, "there"))


@pytest.mark.parametrize(
    ("last", "start", "expected"),
    [
        ("", NOON, [(NOON + 20 * HOUR, "moving"), (NOON + 70 * HOUR, "there")]),
        ("moving", NOON, [(NOON + 70 * HOUR, "there")]),
        ("there", NOON, []),
        ("", NOON + 90 * HOUR, [(NOON + 110 * HOUR, "moving"), (NOON + 130 * HOUR, "there")]),
    ],
    ids=["new", "under-way", "arrived", "overdue"],
)
def test_future_scans_of_a_parcel(last: str, start: int, expected: list[tuple[int, str]]) -> None:
    store = Store.open("sqlite://")
    with store.change() as change:
        schedule_scans(change, "acme", "shop", "s1", SCANS, last=last, made=NOON, start=start)
    columns = tables.steps.c
    found = store.select(sa.select(columns.due, columns.step, columns.subject, columns.body))
    assert found == [(due, "scan", "s1", b'{"status":"%s"}' % word.encode()) for due, word in expected]
    store.close()
