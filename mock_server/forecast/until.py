"""Predicts when a return reaches a status, or explains why it never does."""

from collections.abc import Set as AbstractSet

from mock_server.clock import timestamp
from mock_server.forecast.rehearsal import rehearsal
from mock_server.forecast.steps import next_step_of
from mock_server.store import Row
from mock_server.vendors import Vendor
from mock_server.world import World


class NeverReachedError(Exception):
    """Raised if a return does not reach a status by a given time.

    The message is a complete sentence that can be shown to the user.
    """


def reached(world: World, vendor: Vendor, row: Row, statuses: AbstractSet[str], *, latest: int) -> int | None:
    """Return the time (µs) at which a return reaches one of the statuses; None if it already has one.

    Rehearses the scheduled steps of the return and its shipments. Raises `NeverReachedError` if no step leads
    to such a status, or if the return reaches it only after the time `latest` (µs).
    """
    if row.status in statuses:
        return None
    status, changed_at = row.status, 0
    with rehearsal(world.store) as change:
        while step := next_step_of(world.store, row):
            world.clocks.rehearse(change, step)
            after = world.store.row(row.tenant, row.vendor, "return", row.id)
            if after is not None and after.status != status:
                status, changed_at = after.status, step.due
            if status in statuses:
                if step.due > latest:
                    raise NeverReachedError(_too_late(row.id, status, step.due))
                return step.due
    raise NeverReachedError(_never(vendor, row, statuses, status, changed_at))


def _too_late(id_: str, status: str, due: int) -> str:
    return (
        f"The return {id_} becomes {status} at {timestamp(due)}, "
        "which is after the latest time of this request; raise within_days."
    )


def _never(vendor: Vendor, row: Row, statuses: AbstractSet[str], status: str, changed_at: int) -> str:
    if changed_at:
        story = f"The return {row.id} becomes {status} at {timestamp(changed_at)} and stays so"
    else:
        story = f"The return {row.id} stays {status}"
    possible = [word for word in vendor.lifecycle.transitions.get(status, ()) if word in statuses]
    advice = f" Move it to {' or '.join(possible)} first." if possible else ""
    return f"{story}: nothing {'else ' if changed_at else ''}is scheduled for it.{advice}"
