"""Reports problems found by a poll: unreadable rows, clock differences, and lists that keep changing.

Each problem is reported once: the cursor records which problems have been reported. An unreadable row is
tried again in every poll that returns it. Once it has been missing from the list for 15 minutes, it is set
aside (moved to the skipped entries).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connector.runtime.polling.rows import SECOND, micros

if TYPE_CHECKING:
    from datetime import datetime

    from connector.runtime.polling.model import ReadResult, UnreadableRow

GRACE = 900 * SECOND
"""How long, in microseconds, a row must be missing from the list before it is set aside.

A row can be missing from a single poll because rows shifted between pages, so one poll is not enough.
"""
MAX_UNREADABLE = 1_000
"""The maximum number of unreadable rows that are recorded in a cursor."""
MAX_NOTES = 5
"""The maximum number of notes that a poll reports in full; the others are counted in one more note."""
TOLERANCE = 300
"""Clock differences of up to this many seconds (vendor's clock and local clock) are not reported."""


@dataclass(frozen=True, slots=True)
class Problems:
    """The problems found by a poll.

    `notes` are complete sentences about new problems, which can be shown to the user. `set_aside` are
    sentences about unreadable rows that are no longer retried. `remembered` is stored in the cursor, so that
    the next poll does not report the same problems again.
    """

    remembered: dict[str, Any]
    notes: tuple[str, ...] = ()
    set_aside: tuple[str, ...] = ()


def unreadable_ids(remembered: Any) -> frozenset[str]:
    """Return the IDs of unreadable records that were discovered after the trigger's first poll.

    When one of these records becomes readable, an event is emitted for it, even if the record is old.
    """
    rows = _rows(remembered)
    return frozenset(
        key for key, (_when, _note, is_new) in rows.items() if is_new and not key.startswith("\0")
    )


def report_problems(
    remembered: Any,
    read: ReadResult,
    now: datetime,
    *,
    title: str,
    operation: str,
    first: bool,
    doubtful: bool,
) -> Problems:
    """Find the new problems in a poll, and the problems to remember for the next poll.

    `remembered` contains the problems that earlier polls reported. The messages name the vendor by its
    `title` and the operation by its ID, `operation`. `first` is true in the first poll, and `doubtful` is
    `FoldResult.doubtful`.
    """
    rows, moment = _rows(remembered), micros(now)
    readable = {str(key) for key in read.readable_ids}
    notes: list[str] = []
    current: dict[str, list[Any]] = {}
    for row in read.unreadable:
        known = rows.get(row.key)
        note = known[1] if known else f"{title}: {_sentence(operation, row)}"
        if known is None and row.key not in current:
            notes.append(note)
        current.setdefault(row.key, [moment, note, known[2] if known else not first])
    notes = [f"{note} The row is tried again in every poll that returns it." for note in notes]
    missing = {key: entry for key, entry in rows.items() if key not in current and key not in readable}
    # Only a poll that read the whole list shows that a row is gone; others may not have reached its page.
    passed = {key for key, entry in missing.items() if read.complete and entry[0] + GRACE < moment}
    rest = {**{key: entry for key, entry in missing.items() if key not in passed}, **current}
    newest = sorted(rest.items(), key=lambda pair: pair[1][0], reverse=True)[:MAX_UNREADABLE]
    clocks_reported = bool(isinstance(remembered, dict) and remembered.get("clocks"))
    differ = None if read.at is None else (read.at - now).total_seconds()
    apart = differ is not None and abs(differ) > TOLERANCE
    if apart and not clocks_reported and differ is not None:
        notes.append(_clocks(title, differ))
    doubt_reported = bool(isinstance(remembered, dict) and remembered.get("doubt"))
    if doubtful and not doubt_reported:
        notes.append(
            f"{title}: {operation} was read six times and each time returned fewer records than it counts;"
            " records may be missing."
        )
    return Problems(
        remembered={
            **({"rows": dict(newest)} if newest else {}),
            **({"clocks": True} if apart or clocks_reported else {}),
            **({"doubt": True} if doubtful or doubt_reported else {}),
        },
        notes=_shortened(notes, title),
        set_aside=tuple(rows[key][1] for key in sorted(passed)),
    )


def _sentence(operation: str, row: UnreadableRow) -> str:
    return f"{operation}, page {row.page}, row {row.row} cannot be read: {row.why}."


def _shortened(notes: list[str], title: str) -> tuple[str, ...]:
    if len(notes) <= MAX_NOTES:
        return tuple(notes)
    return (*notes[:MAX_NOTES], f"{title}: {len(notes) - MAX_NOTES:,} more rows cannot be read.")


def _clocks(title: str, seconds: float) -> str:
    minutes = round(abs(seconds) / 60)
    hours, rest = divmod(minutes, 60)
    length = f"{hours} h {rest} min" if hours else f"{rest} min"
    where = "ahead of" if seconds > 0 else "behind"
    return (
        f"{title}'s clock is {length} {where} the clock of this machine; one of them is wrong. No event"
        " is lost, but records are read again as long as the clocks differ."
    )


def _rows(remembered: Any) -> dict[str, list[Any]]:
    rows = remembered.get("rows") if isinstance(remembered, dict) else None
    return dict(rows) if isinstance(rows, dict) else {}
