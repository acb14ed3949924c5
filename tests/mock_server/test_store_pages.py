"""Pages compared with a plain list, for any rows, filter and page size."""

from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support.worlds import NOON, put, row

from mock_server.store import Filters, Order, Row, Store

STATUSES = ("pending", "approved", "closed")
EMAILS = ("ada@example.com", "Bo@example.com", "")
ORDERS = ("#1", "#2", "")
times = st.integers(NOON - 3, NOON + 3)


@st.composite
def stored(draw: st.DrawFn) -> list[Row]:
    """Rows with many equal timestamps, some of them replaced later."""
    writes = draw(
        st.lists(
            st.tuples(
                st.integers(0, 12),
                st.sampled_from(STATUSES),
                times,
                st.sampled_from(EMAILS),
                st.sampled_from(ORDERS),
                st.sampled_from(("", "p1", "p2")),
                times,
            ),
            max_size=25,
        )
    )
    return [
        row(
            f"r{n}",
            status=status,
            created_at=at,
            customer_email=email,
            order_number=order,
            parent=parent,
            updated_at=updated,
        )
        for n, status, at, email, order, parent, updated in writes
    ]


@st.composite
def filters(draw: st.DrawFn) -> Filters:
    some: dict[str, Any] = {
        "statuses": st.lists(st.sampled_from(STATUSES), max_size=3).map(tuple),
        "customer_emails": st.lists(st.sampled_from(("ADA@example.com", "bo@example.com")), max_size=2).map(
            tuple
        ),
        "order_numbers": st.lists(st.sampled_from(("#1", "#2", "#3")), max_size=2).map(tuple),
        "parent": st.sampled_from(("p1", "p2")),
        **dict.fromkeys(("created_from", "created_after", "created_before", "created_until"), times),
        "updated_after": times,
        "ids": st.lists(st.integers(0, 13).map("r{}".format), max_size=3).map(tuple),
    }
    return Filters(**draw(st.fixed_dictionaries({}, optional=some)))


def holds(filters: Filters, one: Row) -> bool:
    """Apply a filter in Python, as the store does."""
    emails = [email.lower() for email in filters.customer_emails]
    return all(
        (
            not filters.statuses or one.status in filters.statuses,
            not emails or one.customer_email.lower() in emails,
            not filters.ids or one.id in filters.ids,
            filters.updated_after is None or one.updated_at > filters.updated_after,
            not filters.order_numbers or one.order_number in filters.order_numbers,
            filters.parent is None or one.parent == filters.parent,
            filters.created_from is None or one.created_at >= filters.created_from,
            filters.created_after is None or one.created_at > filters.created_after,
            filters.created_before is None or one.created_at < filters.created_before,
            filters.created_until is None or one.created_at <= filters.created_until,
        )
    )


@dataclass
class Expected:
    rows: dict[str, Row]

    @classmethod
    def after(cls, writes: list[Row]) -> "Expected":
        return cls({one.id: one for one in writes})

    def listed(self, filters: Filters, order: Order, *, descending: bool) -> list[bytes]:
        held = [one for one in self.rows.values() if holds(filters, one)]
        held.sort(key=lambda one: (getattr(one, order), one.sequence), reverse=descending)
        return [one.summary for one in held]


@settings(deadline=None)
@given(
    writes=stored(),
    filters=filters(),
    size=st.integers(1, 7),
    order=st.sampled_from(("created_at", "updated_at")),
    descending=st.booleans(),
)
def test_pages_contain_every_row_exactly_once(
    writes: list[Row], filters: Filters, size: int, order: Order, descending: bool
) -> None:
    store = Store.open("sqlite://")
    put(store, *writes)
    expected = Expected.after(writes).listed(filters, order, descending=descending)
    read: list[bytes] = []
    while True:
        page, total = store.page(
            "acme",
            "shop",
            "return",
            filters,
            order=order,
            descending=descending,
            limit=size,
            offset=len(read),
        )
        assert total == len(expected)
        if not page:
            break
        read += page
    assert read == expected
    store.close()


@settings(deadline=None)
@given(writes=stored())
def test_counters_equal_the_number_of_rows(writes: list[Row]) -> None:
    store = Store.open("sqlite://")
    for one in writes:
        put(store, one)
    standing = Expected.after(writes).rows.values()
    counted = {status: sum(one.status == status for one in standing) for status in STATUSES}
    assert store.totals("acme", "shop", "return") == {word: n for word, n in counted.items() if n}
    store.close()
