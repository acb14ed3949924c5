"""Polling as a pure function: `(pages, cursor) -> (events, next cursor)`.

`model` holds the types and the page reader, `rows` reads one row, `states` compares states, `problems`
reports unreadable rows and wrong clocks. The strategies are `created_since`, `changed_since`, `snapshot` and
`window_scan`; `strategies` maps their names. Nothing here uses the network, the disk or the clock:
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
