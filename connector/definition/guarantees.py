"""Computes each trigger's guarantees: which events it delivers or misses, and how many requests it sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from connector.definition.model import ChangedSince, CreatedSince, Guarantee, Snapshot, WindowScan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from connector.definition.model import Limits, Path, Plan, Provenance, Runtime, Source

Delivers = Literal["every_record", "latest_state", "reached", "while_there"]

WITH_CURSOR: tuple[Runtime, ...] = ("python", "n8n")
"""The runtimes that store a cursor: how far they have read, and the last state of each record."""
OVERLAP = 900
"""The number of seconds before the previous poll that n8n reads again, if the source sets no overlap."""
INTERVAL = 300
HOUR = 3_600
DAY = 86_400
WORST_FIRST: tuple[Provenance, ...] = ("assumed", "observed", "documented")


_UNREAD = (
    "The first poll reads existing records for up to 25 seconds, newest first. A record that it does not"
    " reach can fire for a state from before the Zap was turned on."
)
_UNREMEMBERED = (
    "The states of the 20,000 records that changed last are compared, and the first poll reads for up to a"
    " minute. The next change of another record is not an event if the record is older than the workflow's"
    " activation and its creation time is known; otherwise it is."
)


def guarantees(
    source: Source,
    occurred_at: Path | None,
    pages: Mapping[Runtime, int],
    limits: Limits,
    provenance: Provenance,
    *,
    details: bool = False,
    unseen: str | None = None,
    growing_ids: bool = False,
    end_reported: bool = True,
) -> dict[Runtime, Guarantee]:
    """Compute the guarantees of a trigger, one for each runtime that can offer it.

    `pages` is the largest number of pages per poll in each runtime, and `occurred_at` the path to the event's
    timestamp in a record of the list. `details` is true if each event requires an additional request.
    `unseen` describes changes that the vendor's filter does not return. If `end_reported` is false, the
    vendor does not report where a list ends, so a poll reads pages until one is empty.

    n8n stores a cursor, as Python does, and reads the same number of pages. Make stores only the time or ID
    of the last event. Therefore, a trigger is offered in Make only if one of these conditions is met: the
    records in the list contain the event's timestamp; or each new record is an event, and new records have
    higher IDs than earlier records (`growing_ids`). In Make, triggers do not request details.
    """
    rows: dict[Runtime, Guarantee] = {
        runtime: guarantee(
            source,
            runtime,
            ceiling,
            limits,
            provenance,
            details=details,
            unseen=unseen,
            end_reported=end_reported,
        )
        for runtime, ceiling in pages.items()
        if runtime != "make"
    }
    when = watermark(source, occurred_at)
    if when is None and growing_ids and _delivers(source, "make") == "every_record":
        # Increasing IDs were only observed, so the guarantee is at most as certain as an observation.
        when, provenance = source.id, least_certain([provenance, "observed"])
    if when and "make" in pages:
        rows["make"] = guarantee(
            source, "make", pages["make"], limits, provenance, when, unseen=unseen, end_reported=end_reported
        )
    return {runtime: rows[runtime] for runtime in pages if runtime in rows}


def watermark(source: Source, occurred_at: Path | None) -> Path | None:
    """Return the path to the event's timestamp in a record, or None if records have no such timestamp."""
    if isinstance(source, CreatedSince):
        return source.created
    if isinstance(source, ChangedSince):
        return source.mark or (source.changed if source.reached else None)
    if isinstance(source, Snapshot):
        changed = source.detects == "versions" or source.reached
        return source.created if source.detects == "records" else source.changed if changed else None
    return occurred_at if source.reached and occurred_at != source.created else None


def guarantee(
    source: Source,
    runtime: Runtime,
    pages: int,
    limits: Limits,
    provenance: Provenance,
    when: Path | None = None,
    *,
    details: bool = False,
    unseen: str | None = None,
    end_reported: bool = True,
) -> Guarantee:
    """Compute the guarantee of a trigger in one runtime.

    `when` is set if the runtime stores only the time or ID of the last event; it is the path to this time or
    ID in a record. `when` is None if the runtime stores which records it has already read. `pages` is the
    largest number of pages per poll. The other arguments are the same as in `guarantees`.
    """
    misses = _loses(source, runtime, pages * source.page_size, by_id=when == source.id)
    # A list that fits on one page needs a second request if only an empty page shows that it has ended.
    quiet = 1 if end_reported else min(2, pages)
    return Guarantee(
        runtime=runtime,
        delivers=_delivers(source, runtime),
        look_back=_look_back(source, runtime),
        page_size=source.page_size,
        pages=pages,
        items_per_poll=pages * source.page_size,
        order=_order(source, runtime),
        calls_per_poll=pages,
        calls_per_poll_quiet=quiet,
        calls_per_event=int(details),
        interval=INTERVAL,
        calls_per_day=pages * DAY // INTERVAL,
        calls_per_day_quiet=quiet * DAY // INTERVAL,
        shortest_interval={plan.name: shortest_interval(plan, pages) for plan in limits.plans},
        dedupe=tuple(dict.fromkeys((when, source.id))) if when else _dedupe(source),
        watermark=when,
        provenance=provenance,
        loses=" ".join(filter(None, (misses, unseen))),
    )


def shortest_interval(plan: Plan, calls: int) -> int:
    """Return the shortest time between two polls, in whole seconds, that a plan's rate limits allow.

    Each poll sends `calls` requests. In a window of `seconds` seconds, polling therefore sends
    `calls * seconds / interval` requests, which must not exceed the window's `requests`.
    """
    return max((-(-calls * window.seconds // window.requests) for window in plan.windows), default=1)


def least_certain(provenances: Iterable[Provenance]) -> Provenance:
    """Return the least certain of the given provenances, or "documented" if none is given."""
    given = set(provenances)
    return next((provenance for provenance in WORST_FIRST if provenance in given), "documented")


def _delivers(source: Source, runtime: Runtime) -> Delivers:
    if isinstance(source, CreatedSince):
        return "every_record"
    if isinstance(source, ChangedSince) and source.mark is None and source.state is None:
        return "every_record"
    if isinstance(source, Snapshot) and source.detects == "records":
        return "every_record"
    # Make does not store states: it sees that a record in this state has changed, but not whether the record
    # has just reached the state.
    if runtime == "make" and _has_no_time(source):
        return "while_there"
    # The time of the last change overwrites earlier times, the creation time never changes, and any other
    # mark is a time that is set when a state is reached.
    if isinstance(source, ChangedSince) and source.mark is not None:
        kinds = {source.changed: "latest_state", source.created: "every_record"}
        return cast("Delivers", kinds.get(source.mark, "reached"))
    return "latest_state" if source.reached is None else "reached"


def _has_no_time(source: Source) -> bool:
    """Return True if records contain the time of their last change, but not the time of the event."""
    if isinstance(source, ChangedSince):
        return source.mark is None
    return isinstance(source, Snapshot) and source.detects == "states"


def _look_back(source: Source, runtime: Runtime) -> int | None:
    if runtime == "make":
        return 0
    if isinstance(source, WindowScan):
        return source.look_back
    if isinstance(source, Snapshot):
        return OVERLAP if _reads_new_only(source, runtime) else None
    # Python and n8n continue from a cursor. Zapier has none: it reads the whole window and drops known IDs.
    return source.overlap if runtime in WITH_CURSOR else source.window


def _reads_new_only(source: Snapshot, runtime: Runtime) -> bool:
    """Return True if a runtime reads only the newest records of a list, which is sorted by creation time."""
    return runtime == "n8n" and source.detects == "records"


def _order(source: Source, runtime: Runtime) -> Literal["oldest_first", "newest_first", "any"]:
    if isinstance(source, ChangedSince) or not source.order.newest_first:
        return "any"
    if isinstance(source, Snapshot):
        return "newest_first"
    return "oldest_first" if runtime in WITH_CURSOR and source.since else "newest_first"


def _dedupe(source: Source) -> tuple[Path, ...]:
    # If a record can produce several events, a second path must distinguish these events.
    if isinstance(source, ChangedSince) and source.mark is not None:
        return (source.id,) if source.mark == source.created else (source.id, source.mark)
    if isinstance(source, Snapshot) and source.detects == "versions":
        return (source.id, source.version)
    if not isinstance(source, CreatedSince) and source.state and source.reached is None:
        return (source.id, source.state)
    return (source.id,)


def _loses(source: Source, runtime: Runtime, items: int, *, by_id: bool) -> str:
    if runtime == "make":
        return _loses_after_a_time(source, items, by_id=by_id)
    if isinstance(source, CreatedSince):
        if runtime in WITH_CURSOR:
            return f"Records that appear more than {_span(source.overlap)} after newer ones."
        late = f"Records that appear more than {_span(source.window)} after they were created"
        return f"{late}, and all but the newest {items:,} records if more arrive between two polls."
    if isinstance(source, ChangedSince):
        misses = _loses_changes(source, runtime, items)
    elif isinstance(source, Snapshot):
        misses = _loses_of_snapshot(source, runtime, items)
    else:
        misses = _loses_of_window(source, runtime, items)
    if runtime == "zapier" and source.state is not None and getattr(source, "mark", None) is None:
        return f"{misses} {_UNREAD}"
    return misses


def _loses_of_window(source: WindowScan, runtime: Runtime, items: int) -> str:
    days = _span(source.look_back)
    newest = "newest" if source.order.newest_first else "first"
    ceiling = "" if runtime in WITH_CURSOR else f" Only the {newest} {items:,} records are compared."
    if source.reached is None:
        return (
            f"States passed through between two polls, and changes of records older than {days}."
            f"{ceiling if runtime in WITH_CURSOR else ' Entering the same state again.' + ceiling}"
        )
    left = "records that leave the state between two polls for an earlier or unrelated one"
    return f"Changes of records older than {days}, and {left}.{ceiling}"


def _loses_after_a_time(source: Source, items: int, *, by_id: bool) -> str:
    """Describe the events that a platform can miss if it remembers only the last event's time or ID."""
    if by_id:
        return f"Records without a higher ID than the last one delivered, and all but the first {items:,}."
    late = "Records that appear after a newer one was delivered"
    if isinstance(source, CreatedSince):
        return f"{late}, and all but the newest {items:,} records if more arrive between two polls."
    if isinstance(source, WindowScan):
        since = f" or are older than {_span(source.look_back)}" if source.since else ""
        return f"{late}, and records that are not among the newest {items:,}{since}."
    beyond = f"{late}, that move while pages are read, or that are not among the first {items:,}"
    if isinstance(source, Snapshot) and source.detects != "states":
        return f"{beyond}{'; versions between two polls' if source.detects == 'versions' else ''}."
    if isinstance(source, Snapshot) or source.mark is None:
        return f"{beyond}. A record that changes again while in this state is delivered again."
    latest = source.mark == source.changed != source.created
    return f"{beyond}{'; versions between two polls' if latest else ''}."


def _loses_changes(source: ChangedSince, runtime: Runtime, items: int) -> str:
    """Describe the events that can be missed when polling for records changed since a given time."""
    if runtime in WITH_CURSOR:
        late = f"Changes that appear more than {_span(source.overlap)} after newer ones"
        young = (
            f"A record unchanged for {_span(source.look_back)} counts as new when it changes."
            if runtime == "python"
            else _UNREMEMBERED
        )
    else:
        late = (
            f"Changes more than {_span(source.window)} before a poll, and all but the first {items:,} records"
        )
        young = ""
    if source.mark is None and source.state is None:
        return f"{late}."
    if source.mark is not None:
        between = "; versions between two polls, and a second change within one second"
        latest = source.mark == source.changed != source.created
        return f"{late}{between if latest else ''}."
    between = "" if source.reached else "; states passed through between two polls"
    again = "; entering the same state again" if runtime == "zapier" and not source.reached else ""
    return " ".join(filter(None, (f"{late}{between}{again}.", young)))


def _loses_of_snapshot(source: Snapshot, runtime: Runtime, items: int) -> str:
    """Describe the events that can be missed when a poll compares a complete list with the previous one."""
    if _reads_new_only(source, runtime):
        return f"Records that appear more than {_span(OVERLAP)} after newer ones."
    between = {
        "records": "",
        "versions": "Versions between two polls. ",
        "states": "" if source.reached else "States passed through between two polls. ",
    }[source.detects]
    if runtime in WITH_CURSOR:
        return f"{between}A list of more than {source.most_records:,} records raises an error."
    again = "Entering the same state again. " if source.detects == "states" and not source.reached else ""
    return f"{between}{again}Only the newest {items:,} records are read."


def _span(seconds: int) -> str:
    if seconds % DAY == 0:
        return "a day" if seconds == DAY else f"{seconds // DAY} days"
    return f"{seconds // HOUR} hours" if seconds % HOUR == 0 else f"{seconds // 60} minutes"
