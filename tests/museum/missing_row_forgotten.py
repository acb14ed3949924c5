"""A row that one reading missed counts as deleted, so it is delivered again when it is read again."""

from dataclasses import replace
from typing import Any

from support.certificate.exhibits import Exhibit
from support.certificate.python import Python

from connector.definition.paths import at_path
from connector.runtime.polling import ReadResult, Strategy


def forgets_missing_rows(strategy: Strategy) -> Strategy:
    def fold(about: Any, source: Any, cursor: Any, read: ReadResult, *rest: Any) -> Any:
        poll = strategy.fold(about, source, cursor, read, *rest)
        met = {str(at_path(row, source.id)) for row in read.rows}
        rows = {key: entry for key, entry in poll.cursor["rows"].items() if key in met}
        return replace(poll, cursor={**poll.cursor, "rows": rows})

    return replace(strategy, fold=fold)


EXHIBIT = Exhibit(
    cited=("NangoHQ/integration-templates#644", "NangoHQ/integration-templates#649"),
    vendor="exsited",
    trigger="return_updated",
    caught_by="nothing_twice",
    polling=Python(strategy=forgets_missing_rows),
)
