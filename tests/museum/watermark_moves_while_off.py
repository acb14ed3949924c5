"""The watermark follows the clock instead of what was read, so a pause between two polls loses its rows."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from support.certificate.exhibits import Exhibit
from support.certificate.python import Python

from connector.runtime.polling import ReadPlan, Strategy
from connector.runtime.polling.rows import micros


def follows_the_clock(strategy: Strategy) -> Strategy:
    def moved(cursor: Any, now: datetime) -> Any:
        return cursor and {**cursor, "watermark": max(cursor["watermark"] or 0, micros(now))}

    def plan(source: Any, cursor: Any, now: datetime, since: Any) -> ReadPlan:
        return strategy.plan(source, moved(cursor, now), now, since)

    def fold(about: Any, source: Any, cursor: Any, read: Any, now: datetime, since: Any) -> Any:
        return strategy.fold(about, source, moved(cursor, now), read, now, since)

    return replace(strategy, plan=plan, fold=fold)


EXHIBIT = Exhibit(
    cited=("ldbumble/taskuary#17",),
    vendor="returnlogic",
    trigger="new_rma",
    caught_by="nothing_lost",
    polling=Python(strategy=follows_the_clock),
)
