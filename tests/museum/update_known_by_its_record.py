"""A trigger for changes identifies an event by its record, so only the first change is delivered."""

from dataclasses import replace
from typing import Any

from support.certificate.exhibits import Exhibit
from support.certificate.python import Python

from connector.runtime.polling import Strategy
from connector.runtime.polling.rows import row_id


def once_per_record(strategy: Strategy) -> Strategy:
    def fold(about: Any, source: Any, cursor: Any, *rest: Any) -> Any:
        poll = strategy.fold(about, source, cursor, *rest)
        seen = list((cursor or {}).get("delivered", []))
        fresh = [event for event in poll.events if row_id(event.data, source.id) not in seen]
        known = [*seen, *(row_id(event.data, source.id) for event in fresh)]
        return replace(poll, events=tuple(fresh), cursor={**poll.cursor, "delivered": known})

    return replace(strategy, fold=fold)


EXHIBIT = Exhibit(
    cited=("zapier/zapier-platform#552", "zapier/zapier-platform-cli#414"),
    vendor="swap",
    trigger="return_updated",
    caught_by="nothing_lost",
    polling=Python(strategy=once_per_record),
)
