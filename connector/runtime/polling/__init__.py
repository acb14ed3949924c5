"""Polling strategies as pure functions: `(pages, cursor) -> (events, next cursor)`.

`model` contains the types and the page reader, `rows` reads the fields of a row, `states` detects state
changes, and `problems` reports unreadable rows and clock differences. The strategies are `created_since`,
`changed_since`, `snapshot` and `window_scan`; `strategies` maps their names to their functions. The
strategies do not use the network, the disk or the clock; `connector.runtime.triggers` passes in pages and
times.
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
