"""Erases a customer's data from rows, ledger, scheduled steps, webhook deliveries and the tenant's shop."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson
import sqlalchemy as sa

from mock_server.erasure.person import Person
from mock_server.shop.kept import drop_unused, keep, kept
from mock_server.store import tables

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from mock_server.journal.entry import Entry
    from mock_server.world import World

_AT_ONCE: Final = 100
"""Maximum number of rows per query and per transaction; other requests can run in between."""
_MARK: Final = "erased-{}@example.invalid"
_OWNED: Final = {"rows": "id", "ledger": "subject", "steps": "subject"}
"""The column that contains the ID of the record to which a row belongs, keyed by table."""
_KEYS: Final = {
    "rows": ("sequence",),
    "ledger": ("tenant", "sequence"),
    "steps": ("id",),
    "deliveries": ("id",),
}
_LINKS: Final = 3
"""Maximum number of passes; each finds records linked to those already found, such as a return's receipt."""


@dataclass(slots=True)
class Erased:
    """The number of rows, events, steps, deliveries and requests that contained the customer's data."""

    rows: int = 0
    events: int = 0
    steps: int = 0
    deliveries: int = 0
    requests: int = 0


@dataclass(slots=True)
class _Links:
    """The IDs and the order numbers of the customer's records, per vendor."""

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


async def erase(world: World, tenant: str, email: str) -> Erased:
    """Erase the data of the customer with this e-mail address from a tenant and its snapshots.

    Placeholders replace names, addresses, phone numbers and the e-mail address. Documents stay valid, and the
    ledger keeps its events. At the end, a vacuum removes the data from unused pages of the database file.
    """
    person, counts = Person(email, _mark(world)), Erased()
    for partition in _partitions(world, tenant):
        await _erase_partition(world, partition, person, counts)
    _erase_shop(world, tenant, person)
    counts.requests = forget_requests(world, tenant, person)
    await world.store.yield_after_commit()
    world.store.vacuum()
    return counts


def forget_requests(world: World, tenant: str, person: Person) -> int:
    """Delete the recorded requests that contain the e-mail address, and return how many were deleted."""

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


async def _erase_partition(world: World, partition: str, person: Person, counts: Erased) -> None:
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
    counts.rows += await _rewrite(world, tables.rows, partition, person, links)
    counts.events += await _rewrite(world, tables.ledger, partition, person, links)
    counts.steps += await _rewrite(world, tables.steps, partition, person, links)
    counts.deliveries += await _rewrite(world, tables.deliveries, partition, person, links)


async def _read(world: World, table: sa.Table, partition: str) -> AsyncIterator[dict[str, Any]]:
    """Yield the rows of a table in a partition as dictionaries; other requests can run between queries."""
    key = table.c[_KEYS[table.name][-1]]
    last = 0
    while True:
        query = sa.select(*table.c).where(table.c.tenant == partition, key > last).order_by(key)
        found = world.store.select(query.limit(_AT_ONCE))
        for values in found:
            yield dict(zip(table.c.keys(), values, strict=True))
        if len(found) < _AT_ONCE:
            return
        last = found[-1][list(table.c.keys()).index(key.name)]
        await world.store.yield_after_commit()


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


async def _rewrite(world: World, table: sa.Table, partition: str, person: Person, links: _Links) -> int:
    """Erase the customer's data in all rows of a table, and return the number of changed rows."""
    total = 0
    rows = [row async for row in _read(world, table, partition)]
    for start in range(0, len(rows), _AT_ONCE):
        changed = [
            (row, new)
            for row in rows[start : start + _AT_ONCE]
            if (new := _erased(row, table, person, links)) != row
        ]
        if changed:
            with world.store.change() as change:
                for row, new in changed:
                    same = [table.c[name] == row[name] for name in _KEYS[table.name]]
                    values = {name: value for name, value in new.items() if value != row[name]}
                    change.run(sa.update(table).where(*same).values(values))
                change.touch(partition)
        total += len(changed)
        await world.store.yield_after_commit()
    return total


def _erased(row: dict[str, Any], table: sa.Table, person: Person, links: _Links) -> dict[str, Any]:
    """Return a copy of a row without the customer's data."""
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


def _erase_shop(world: World, tenant: str, person: Person) -> None:
    """Erase the customer's data from the tenant's own shop, if the tenant has one."""
    table = tables.tenants
    ((id_,),) = world.store.select(sa.select(table.c.shop).where(table.c.name == tenant))
    shop = kept(world.store, id_)
    if shop is None:
        return
    content = shop.model_dump(mode="json", exclude_defaults=True)
    erased = person.erased(content, own=person.is_in(orjson.dumps(content).decode()))
    if erased != content:
        with world.store.change() as change:
            new = keep(change, world.store, type(shop).model_validate(erased))
            change.run_for(tenant, sa.update(table).where(table.c.name == tenant).values(shop=new))
            drop_unused(change)
