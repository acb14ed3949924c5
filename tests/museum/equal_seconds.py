"""Only a row with a greater time than any before is new, so a second row of the same second is lost."""

from dataclasses import replace
from typing import Any

from support.certificate.exhibits import Exhibit
from support.certificate.python import Python

from connector.runtime.polling import ReadResult, Strategy
from connector.runtime.polling.rows import time_at


def greatest_time(strategy: Strategy) -> Strategy:
    def fold(about: Any, source: Any, cursor: Any, read: ReadResult, *rest: Any) -> Any:
        greatest = cursor and cursor["watermark"]
        rows = [row for row in read.rows if greatest is None or time_at(row, source.created) > greatest]
        return strategy.fold(about, source, cursor, replace(read, rows=tuple(rows), total=len(rows)), *rest)

    return replace(strategy, fold=fold)


EXHIBIT = Exhibit(
    cited=("PipedreamHQ/pipedream#9712",),
    vendor="returnmate",
    trigger="new_return",
    caught_by="nothing_lost",
    polling=Python(strategy=greatest_time),
)
