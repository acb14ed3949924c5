"""Polling as a pure function: `(pages, cursor) -> (events, next cursor)`.

`parts` has the words, `created_since`, `changed_since`, `snapshot` and `window_scan` the strategies,
`strategies` the table of them. Nothing here reads the network, the disk or the clock;
`connector.runtime.triggers` does.
"""

from connector.runtime.polling.model import (
    Cursor,
    Event,
    Fetch,
    FoldResult,
    Page,
    ReadPlan,
    ReadResult,
    Strategy,
    read_pages,
)
from connector.runtime.polling.strategies import STRATEGIES

__all__ = [
    "STRATEGIES",
    "Cursor",
    "Event",
    "Fetch",
    "FoldResult",
    "Page",
    "ReadPlan",
    "ReadResult",
    "Strategy",
    "read_pages",
]
