"""What a trigger promises in each runtime, computed from the facts of its source and the vendor's limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from connector.model import CreatedSince, Guarantee, WindowScan

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connector.model import Limits, Path, Plan, Provenance, Runtime

INTERVAL = 300
DAY = 86_400
WORST_FIRST: tuple[Provenance, ...] = ("assumed", "observed", "documented")


def guarantee(
    source: CreatedSince | WindowScan,
    runtime: Runtime,
    pages: int,
    limits: Limits,
    provenance: Provenance,
) -> Guarantee:
    """Compute one row of the guarantee table; `pages` is the runtime's ceiling of pages in one poll."""
    return Guarantee(
        runtime=runtime,
        delivers=_delivers(source),
        look_back=_look_back(source, runtime),
        page_size=source.page_size,
        pages=pages,
        items_per_poll=pages * source.page_size,
        order=_order(source, runtime),
        calls_per_poll=pages,
        interval=INTERVAL,
        calls_per_day=pages * DAY // INTERVAL,
        calls_per_day_quiet=DAY // INTERVAL,
        shortest_interval={plan.name: shortest_interval(plan, pages) for plan in limits.plans},
        dedupe=_dedupe(source),
        provenance=provenance,
        loses=_loses(source, runtime, pages * source.page_size),
    )


def shortest_interval(plan: Plan, calls: int) -> int:
    """Return the seconds between polls of `calls` requests that no window of the plan forbids."""
    return max((-(-calls * window.seconds // window.requests) for window in plan.windows), default=1)


def least_certain(provenances: Iterable[Provenance]) -> Provenance:
    """Return the weakest of what a promise rests on."""
    found = set(provenances)
    return next((one for one in WORST_FIRST if one in found), "documented")


def _delivers(source: CreatedSince | WindowScan) -> Literal["every_record", "latest_state", "reached"]:
    if isinstance(source, CreatedSince):
        return "every_record"
    return "latest_state" if source.reached is None else "reached"


def _look_back(source: CreatedSince | WindowScan, runtime: Runtime) -> int | None:
    if isinstance(source, WindowScan):
        return source.look_back
    return source.overlap if runtime == "python" else None


def _order(source: CreatedSince | WindowScan, runtime: Runtime) -> Literal["oldest_first", "newest_first"]:
    return "oldest_first" if runtime == "python" and source.since else "newest_first"


def _dedupe(source: CreatedSince | WindowScan) -> tuple[Path, ...]:
    if isinstance(source, WindowScan) and source.reached is None:
        return (source.id, source.state)
    return (source.id,)


def _loses(source: CreatedSince | WindowScan, runtime: Runtime, items: int) -> str:
    if isinstance(source, CreatedSince):
        if runtime == "python":
            return f"Records that become visible more than {_span(source.overlap)} after newer ones."
        return f"All but the newest {items:,} records when more arrive between two polls."
    days = _span(source.look_back)
    ceiling = "" if runtime == "python" else f" Only the newest {items:,} records are compared."
    if source.reached is None:
        return (
            f"States passed through between two polls, and changes of records older than {days}."
            f"{ceiling if runtime == 'python' else ' Entering the same state again.' + ceiling}"
        )
    return f"Changes of records older than {days}, and a state left for one not listed as later.{ceiling}"


def _span(seconds: int) -> str:
    if seconds % DAY == 0:
        return f"{seconds // DAY} days"
    return f"{seconds // 60} minutes"
