"""Erases a customer's data from rows, ledger, scheduled steps, webhook deliveries and the tenant's shop."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import orjson
import sqlalchemy as sa

from mock_server.erasure.person import Person
from mock_server.shop.kept import drop_unused, keep, kept
from mock_server.store import tables
from mock_server.store.statements import bound
from mock_server.store.vacuum import pending

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from mock_server.journal.entry import Entry
    from mock_server.store import Change
    from mock_server.world import World

_AT_ONCE: Final = 100
"""Maximum number of rows per query; other requests can run in between."""
_MARK: Final = "erased-{}@example.invalid"
_OWNED: Final = {"rows": "id", "ledger": "subject", "steps": "subject"}
"""The column that contains the ID of the record to which a row belongs, keyed by table."""
_KEYS: Final = {
    "rows": ("sequence",),
    "ledger": ("tenant", "sequence"),
    "steps": ("id",),
    "deliveries": ("id",),
}
_COUNTED: Final = {"rows": "rows", "ledger": "events", "steps": "steps"}
"""The field of `Erased` that counts a table's changed rows, keyed by table; deliveries are not included."""
_LINKS: Final = 3
"""Maximum number of passes over all records.

Each pass finds the records that refer to those already found, such as a return's receipt.
"""


@dataclass(slots=True)
class Erased:
    """The number of rows, events, steps, deliveries and requests that contained the customer's data.

    `rewritten` is False if unused pages of the database file may contain the data until the file is closed.
    """

    rows: int = 0
    events: int = 0
    steps: int = 0
    deliveries: int = 0
    requests: int = 0
    rewritten: bool = True


@dataclass(slots=True)
class _Links:
    """The IDs and the order numbers of the customer's records, keyed by vendor."""

    ids: dict[str, set[str]] = field(default_factory=dict)
    orders: dict[str, set[str]] = field(default_factory=dict)

    def add(self, vendor: str, id_: str, order: str) -> bool:
        """Add a record and its order number, which may be ""; return True if the record is new."""
        known = self.ids.setdefault(vendor, set())
        if order:
            self.orders.setdefault(vendor, set()).add(order)
        if id_ in known:
            return False
        known.add(id_)
        return True

    def pattern(self, vendor: str) -> re.Pattern[bytes] | None:
        """Return a pattern that finds the IDs of a vendor's records in JSON, or None if there are no IDs."""
        ids = sorted(self.ids.get(vendor, ()))
        if not ids:
            return None
        return re.compile(
            rb"(?<![\w-])(?:" + b"|".join(re.escape(id_.encode()) for id_ in ids) + rb")(?![\w-])"
        )


@dataclass(frozen=True, slots=True)
class _Edit:
    """New values for some columns of a row, without the customer's data.

    `key` contains the values of the columns that identify the row in its table (see `_KEYS`).
    """

    table: sa.Table
    key: tuple[Any, ...]
    new: dict[str, Any]


async def erase(world: World, tenant: str, email: str) -> Erased:
    """Erase the data of the customer with this e-mail address from a tenant and its snapshots.

    Placeholders replace names, addresses, phone numbers and the e-mail address. Documents stay valid, and the
    ledger keeps its events. The rows are read in slices; meanwhile, the tenant's requests wait, and other
    tenants' requests are served. Then one transaction changes all rows. Finally, the data is also removed
    from unused pages of the database file. If the file is large, this happens only when it is closed.

    The caller must hold the lock of the tenant (`Bulk.exclusive`).
    """
    person, store = Person(email, _mark(world)), world.store
    with world.clocks.hold(tenant), store.watching(store.partition(tenant)) as changed:
        while True:
            edits, deliveries = await _plan(world, tenant, person)
            if not changed():  # a request that started before the hold can still change the tenant
                break
        counts = _apply(world, tenant, person, edits, deliveries)
    counts.requests = forget_requests(world, tenant, person)
    await store.yield_after_commit()
    counts.rewritten = store.vacuum()
    return counts


async def _plan(world: World, tenant: str, person: Person) -> tuple[list[_Edit], list[tuple[int, _Links]]]:
    """Return the edits that erase the customer, and the IDs of the deliveries with the customer's data.

    Deliveries are read again when they are changed, because attempts change them at any time.
    """
    edits: list[_Edit] = []
    deliveries: list[tuple[int, _Links]] = []
    partitions = {
        partition: await _links(world, partition, person) for partition in _partitions(world, tenant)
    }
    for partition, links in partitions.items():
        for table in (tables.rows, tables.ledger, tables.steps):
            async for row in _read(world, table, partition):
                new = _erased(row, table, person, links)
                if new != row:
                    key = tuple(row[name] for name in _KEYS[table.name])
                    edits.append(
                        _Edit(table, key, {name: new[name] for name in new if new[name] != row[name]})
                    )
        deliveries += [
            (row["id"], links)
            async for row in _read(world, tables.deliveries, partition)
            if _erased(row, tables.deliveries, person, links) != row
        ]
    return edits, deliveries


def _apply(
    world: World, tenant: str, person: Person, edits: list[_Edit], deliveries: list[tuple[int, _Links]]
) -> Erased:
    """Erase a person from rows and from the tenant's shop in one transaction; return the number of rows."""
    counts = Erased()
    with world.store.change() as change:
        for edit in edits:
            _run(change, edit)
            setattr(counts, _COUNTED[edit.table.name], getattr(counts, _COUNTED[edit.table.name]) + 1)
        for id_, links in deliveries:
            table = tables.deliveries
            for found in world.store.select(sa.select(*table.c).where(table.c.id == id_)):
                row = dict(zip(table.c.keys(), found, strict=True))
                new = _erased(row, table, person, links)
                _run(
                    change, _Edit(table, (id_,), {name: new[name] for name in new if new[name] != row[name]})
                )
                counts.deliveries += 1
        _erase_shop(world, change, tenant, person)
        for partition in _partitions(world, tenant):
            change.touch(partition)
        if edits or deliveries:
            change.run(pending())
    return counts


def _run(change: Change, edit: _Edit) -> None:
    if edit.new:
        sql, order = _update(edit.table.name, tuple(edit.new))
        values = {**edit.new, **dict(zip(map(_key, _KEYS[edit.table.name]), edit.key, strict=True))}
        change.run_many(sql, [tuple(values[name] for name in order)])


@cache
def _update(name: str, columns: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Compile the statement that changes columns of a row; return it with the names of its parameters."""
    table = tables.metadata.tables[name]
    same = [table.c[key] == sa.bindparam(None, _key(key), type_=sa.Text) for key in _KEYS[name]]
    values = {column: sa.bindparam(None, column, type_=sa.Text) for column in columns}
    sql, order = bound(sa.update(table).where(*same).values(values))
    return sql, tuple(order)


def _key(column: str) -> str:
    return f"key {column}"


async def _links(world: World, partition: str, person: Person) -> _Links:
    """Find the records of the customer `person` in a partition, and return their IDs and order numbers.

    Also makes `person` learn the names, streets and phone numbers in the customer's own records.
    """
    links = _Links()
    for step in range(_LINKS):
        grown = False
        async for row in _read(world, tables.rows, partition):
            own = _is_own(row, person)
            if own and step == 0:
                for document in (row["document"], row["summary"]):
                    person.learn(orjson.loads(document), row["kind"])
            if own or _is_linked(row, links):
                grown |= links.add(row["vendor"], row["id"], row["order_number"])
        if not grown:
            break
    return links


def forget_requests(world: World, tenant: str, person: Person) -> int:
    """Delete a tenant's recorded requests that contain the customer's e-mail address; return their number."""

    def concerns(entry: Entry) -> bool:
        headers = (*entry.scope["headers"], *entry.headers)
        parts = [entry.path, entry.scope["query_string"], entry.state.body, entry.body]
        parts += [value for _, value in headers]
        return any(person.is_in(part.decode("utf-8", "replace")) for part in parts)

    return world.journal.remove((tenant, ""), concerns)


def _mark(world: World) -> str:
    """Return an unused placeholder address, so that erased customers remain distinguishable."""
    used = world.store.select(
        sa.select(sa.func.distinct(tables.rows.c.customer_email)).where(
            tables.rows.c.customer_email.like(_MARK.format("%"))
        )
    )
    taken = {address for (address,) in used}
    number = 1
    while _MARK.format(number) in taken:
        number += 1
    return _MARK.format(number)


def _partitions(world: World, tenant: str) -> list[str]:
    table = tables.snapshots
    snapshots = world.store.select(sa.select(table.c.partition).where(table.c.tenant == tenant))
    return [world.store.partition(tenant), *(partition for (partition,) in snapshots)]


async def _read(world: World, table: sa.Table, partition: str) -> AsyncIterator[dict[str, Any]]:
    """Yield the rows of a table in a partition as dictionaries; other requests can run between queries."""
    key = table.c[_KEYS[table.name][-1]]
    last = 0
    while True:
        query = sa.select(*table.c).where(table.c.tenant == partition, key > last).order_by(key)
        found = world.store.select(query.limit(_AT_ONCE))
        for values in found:
            yield dict(zip(table.c.keys(), values, strict=True))
        await world.store.yield_after_commit()
        if len(found) < _AT_ONCE:
            return
        last = found[-1][list(table.c.keys()).index(key.name)]


def _is_own(row: dict[str, Any], person: Person) -> bool:
    return any(person.is_in(text) for text in _texts(row))


def _texts(row: dict[str, Any]) -> Iterator[str]:
    for value in row.values():
        if isinstance(value, bytes):
            yield value.decode("utf-8", "replace")
        elif isinstance(value, str):
            yield value


def _is_linked(row: dict[str, Any], links: _Links) -> bool:
    """Return True if a record without an e-mail address refers to a record of the customer."""
    vendor = row["vendor"]
    if row.get("customer_email"):
        return False
    if row.get("parent") in links.ids.get(vendor, ()):
        return True
    if row.get("order_number") and row["order_number"] in links.orders.get(vendor, ()):
        return True
    pattern = links.pattern(vendor)
    return pattern is not None and any(
        pattern.search(value) for value in row.values() if isinstance(value, bytes)
    )


def _erased(row: dict[str, Any], table: sa.Table, person: Person, links: _Links) -> dict[str, Any]:
    """Return a copy of a row of `table` without the data of the customer `person`.

    In rows that contain the customer's e-mail address, all personal data is replaced. In rows that belong to
    a record in `links` or refer to one, the values that `person` has learned are replaced. Other rows stay
    the same.
    """
    own = _is_own(row, person)
    known = links.ids.get(row["vendor"], set())
    belongs = own or row.get(_OWNED.get(table.name, "")) in known or _is_linked(row, links)
    of_text: Callable[[str], str] = person.erased_text if belongs else person.erased_address
    new: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, bytes):
            kind = row.get("kind", "")
            new[name] = _erased_document(value, person, kind, own=own) if belongs else value
        elif isinstance(value, str) and name not in {"tenant", "vendor", "kind"}:
            new[name] = of_text(value)
        else:
            new[name] = value
    return new


def _erased_document(document: bytes, person: Person, kind: str, *, own: bool) -> bytes:
    try:
        content = orjson.loads(document)
    except orjson.JSONDecodeError:
        return person.erased_text(document.decode("utf-8", "surrogateescape")).encode(
            "utf-8", "surrogateescape"
        )
    erased = person.erased(content, own=own, parent=kind)
    return document if erased == content else orjson.dumps(erased)


def _erase_shop(world: World, change: Change, tenant: str, person: Person) -> None:
    """Erase the customer's data from the tenant's own shop, if the tenant has one."""
    table = tables.tenants
    ((id_,),) = world.store.select(sa.select(table.c.shop).where(table.c.name == tenant))
    shop = kept(world.store, id_)
    if shop is None:
        return
    content = shop.model_dump(mode="json", exclude_defaults=True)
    erased = person.erased(content, own=person.is_in(orjson.dumps(content).decode()))
    if erased != content:
        new = keep(change, world.store, type(shop).model_validate(erased))
        change.run_for(tenant, sa.update(table).where(table.c.name == tenant).values(shop=new))
        drop_unused(change)
        change.run(pending())
