"""Saves a tenant's faults for a snapshot, restores them, and copies them to a clone."""

from typing import Any, Final

import orjson
import sqlalchemy as sa

from mock_server.store import Change, Store, tables

_TABLE: Final = tables.faults
_JSON: Final = [str(column.name) for column in _TABLE.c if isinstance(column.type, sa.LargeBinary)]


def read_faults(store: Store, tenant: str) -> bytes:
    """Return a tenant's faults as JSON: a list of objects with all columns of the table except `tenant`."""
    names = [str(column.name) for column in _TABLE.c if column.name != "tenant"]
    rows = []
    for values in sorted(store.tenant_rows(_TABLE, tenant, *names)):
        row = dict(zip(names, values, strict=True))
        rows.append(row | {name: orjson.loads(row[name]) for name in _JSON})
    return orjson.dumps(rows)


def write_faults(change: Change, tenant: str, saved: bytes, *, keep_ids: bool) -> None:
    """Insert saved faults for a tenant that has no faults.

    If `keep_ids` is False, the faults get new IDs in the same order.
    """
    for saved_row in orjson.loads(saved):
        row: dict[str, Any] = saved_row | {name: orjson.dumps(saved_row[name]) for name in _JSON}
        if not keep_ids:
            del row["id"]
        change.run_for(tenant, sa.insert(_TABLE).values(tenant=tenant, **row))
