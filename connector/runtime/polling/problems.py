"""What a poll reports besides events: rows that cannot be read, clocks that differ, lists that keep changing.

Each is reported once; what was reported is kept in the cursor. A row that cannot be read is tried again in
every reading that still holds it. When readings do not hold it any more, it is set aside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connector.runtime.polling.model import SECOND, micros

if TYPE_CHECKING:
    from datetime import datetime

    from connector.runtime.polling.model import ReadResult, UnreadableRow

GRACE = 900 * SECOND
"""So long (µs) a row must be missing from the readings before it counts as set aside."""
MOST_ODD = 1_000
MOST_SENTENCES = 5
TOLERANCE = 300
"""Seconds by which two clocks may differ before it is reported."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """`kept` goes into the cursor; `notes` are sentences to report, `set_aside` those of rows given up."""

    kept: dict[str, Any]
    notes: tuple[str, ...] = ()
    set_aside: tuple[str, ...] = ()


def waiting_ids(kept: Any) -> frozenset[str]:
    """Return the ids of records that polls after the first one could not read."""
    rows = _rows(kept)
    return frozenset(key for key, (_when, _said, news) in rows.items() if news and not key.startswith("\0"))


def reported(
    kept: Any, read: ReadResult, now: datetime, *, title: str, operation: str, first: bool, doubtful: bool
) -> Trouble:
    """Compare what was read with what was reported before; `first` says that there was no cursor yet."""
    rows, moment = _rows(kept), micros(now)
    good = {str(key) for key in read.good}
    notes: list[str] = []
    found: dict[str, list[Any]] = {}
    for one in read.odd:
        known = rows.get(one.key)
        said = known[1] if known else f"{title}: {_sentence(operation, one)}"
        if known is None and one.key not in found:
            notes.append(said)
        found.setdefault(one.key, [moment, said, known[2] if known else not first])
    notes = [f"{note} It is tried again in every poll that still reads it." for note in notes]
    missing = {key: entry for key, entry in rows.items() if key not in found and key not in good}
    passed = {key for key, entry in missing.items() if read.complete and entry[0] + GRACE < moment}
    rest = {**{key: entry for key, entry in missing.items() if key not in passed}, **found}
    newest = sorted(rest.items(), key=lambda pair: pair[1][0], reverse=True)[:MOST_ODD]
    said_clocks = bool(isinstance(kept, dict) and kept.get("clocks"))
    differ = None if read.at is None else (read.at - now).total_seconds()
    apart = differ is not None and abs(differ) > TOLERANCE
    if apart and not said_clocks and differ is not None:
        notes.append(_clocks(title, differ))
    said_doubt = bool(isinstance(kept, dict) and kept.get("doubt"))
    if doubtful and not said_doubt:
        notes.append(
            f"{title}: {operation} did not return as many records as it counts, although it was read six"
            " times; records may be missing."
        )
    return Trouble(
        kept={
            **({"rows": dict(newest)} if newest else {}),
            **({"clocks": True} if apart or said_clocks else {}),
            **({"doubt": True} if doubtful or said_doubt else {}),
        },
        notes=_shortened(notes, title),
        set_aside=tuple(rows[key][1] for key in sorted(passed)),
    )


def _sentence(operation: str, odd: UnreadableRow) -> str:
    return f"{operation}, page {odd.page}, row {odd.row} cannot be read: {odd.why}."


def _shortened(notes: list[str], title: str) -> tuple[str, ...]:
    if len(notes) <= MOST_SENTENCES:
        return tuple(notes)
    return (*notes[:MOST_SENTENCES], f"{title}: {len(notes) - MOST_SENTENCES:,} more rows cannot be read.")


def _clocks(title: str, seconds: float) -> str:
    minutes = round(abs(seconds) / 60)
    hours, rest = divmod(minutes, 60)
    length = f"{hours} h {rest} min" if hours else f"{rest} min"
    where = "ahead of" if seconds > 0 else "behind"
    return (
        f"{title}'s clock is {length} {where} the clock of this machine; one of them is wrong. Nothing is"
        " lost by it, but records are read again for as long as the clocks differ."
    )


def _rows(kept: Any) -> dict[str, list[Any]]:
    found = kept.get("rows") if isinstance(kept, dict) else None
    return dict(found) if isinstance(found, dict) else {}
