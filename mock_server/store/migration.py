"""Converts a database that the previous version of the sandbox wrote."""

import sqlite3
from collections.abc import Iterator
from typing import Any, Final

import orjson
import sqlalchemy as sa

from mock_server.store import statements
from mock_server.store.tables import SCHEMA_VERSION, deliveries, meta, rows

OLDEST: Final = "4"
"""The oldest schema that can be converted: its deliveries do not have the column `return_id`."""


def migrate(connection: sqlite3.Connection) -> None:
    """Convert a database with the schema version `OLDEST`, in the open transaction.

    Stores the ID of the return with each webhook delivery. This ID is the first string in the payload that
    is a return's ID, because vendors use different fields for it.
    """
    execute = connection.execute
    execute("ALTER TABLE deliveries ADD COLUMN return_id TEXT NOT NULL DEFAULT ''")
    columns = [deliveries.c[name] for name in ("id", "tenant", "vendor", "body")]
    found = execute(*statements.bound(sa.select(*columns).where(deliveries.c.test.is_(False)))).fetchall()
    for id_, partition, vendor, body in found:
        values = (
            value for value in _texts(orjson.loads(body)) if _is_return(connection, partition, vendor, value)
        )
        update = sa.update(deliveries).where(deliveries.c.id == id_).values(return_id=next(values, ""))
        execute(*statements.bound(update))
    execute(*statements.bound(sa.update(meta).where(meta.c.name == "schema").values(value=SCHEMA_VERSION)))


def _is_return(connection: sqlite3.Connection, partition: str, vendor: str, id_: str) -> bool:
    key = {"tenant": partition, "vendor": vendor, "kind": "return", "id": id_}
    query = sa.select(rows.c.id).where(*(rows.c[name] == value for name, value in key.items()))
    return connection.execute(*statements.bound(query)).fetchone() is not None


def _texts(node: Any) -> Iterator[str]:
    """Yield all strings in a JSON value, in the order in which they occur."""
    if isinstance(node, dict):
        node = list(node.values())
    if isinstance(node, list):
        for member in node:
            yield from _texts(member)
    elif isinstance(node, str):
        yield node
