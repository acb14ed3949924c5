"""The first poll delivers what it finds, although all of it happened before the trigger was switched on."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from support.certificate.exhibits import Exhibit
from support.certificate.python import Python

from connector.runtime.polling import Strategy

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def delivers_at_first(strategy: Strategy) -> Strategy:
    def fold(about: Any, source: Any, cursor: Any, read: Any, now: datetime, since: Any) -> Any:
        return strategy.fold(about, source, cursor, read, now, since or LONG_AGO)

    return replace(strategy, fold=fold)


EXHIBIT = Exhibit(
    cited=("n8n-io/n8n#35251", "bytechef/bytechef#1708"),
    vendor="exsited",
    trigger="new_return",
    caught_by="nothing_from_before_the_start",
    polling=Python(strategy=delivers_at_first),
)
