"""Finds the next scheduled step of a return, and the return that a step belongs to."""

from collections.abc import Iterable

import orjson
import sqlalchemy as sa

from mock_server.store import Filters, Row, Step, Store, tables

_PARTS = ("shipment",)
"""Kinds of rows that are parts of a return; a scheduled step can be about a part."""


def next_step_of(store: Store, row: Row) -> Step | None:
    """Fetch the next scheduled step of a return or its shipments; return None if no step is scheduled."""
    subjects = {row.id, *(part.id for kind in _PARTS for part in _parts(store, row, kind))}
    steps = tables.steps
    found = store.select(
        sa.select(steps.c.due, steps.c.step, steps.c.subject, steps.c.body, steps.c.id)
        .where(
            steps.c.tenant == store.partition(row.tenant),
            steps.c.vendor == row.vendor,
            steps.c.subject.in_(sorted(subjects)),
        )
        .order_by(steps.c.due, steps.c.id)
        .limit(1)
    )
    if not found:
        return None
    due, step, subject, body, id_ = found[0]
    return Step(row.tenant, row.vendor, due, step, subject, orjson.loads(body), id_)


def owner_of(store: Store, step: Step) -> Row | None:
    """Look up the return that a step is about; the step can be about the return or one of its parts.

    Returns None if there is no such return.
    """
    row = store.row(step.tenant, step.vendor, "return", step.subject)
    for kind in _PARTS:
        if row is None and (part := store.row(step.tenant, step.vendor, kind, step.subject)):
            row = store.row(step.tenant, step.vendor, "return", part.parent)
    return row


def _parts(store: Store, row: Row, kind: str) -> Iterable[Row]:
    return store.rows(row.tenant, row.vendor, kind, Filters(parent=row.id))
