"""Maps the polling strategies that a catalog can name to the functions that implement them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.runtime.polling import changed_since, created_since, snapshot, window_scan
from connector.runtime.polling.model import Strategy, read_pages

if TYPE_CHECKING:
    from collections.abc import Mapping

STRATEGIES: Mapping[str, Strategy] = {
    "created_since": Strategy(created_since.plan, read_pages, created_since.fold, created_since.check),
    "changed_since": Strategy(
        changed_since.plan, read_pages, changed_since.fold, changed_since.check, changed_since.widened
    ),
    "snapshot": Strategy(snapshot.plan, read_pages, snapshot.fold, snapshot.check),
    "window_scan": Strategy(window_scan.plan, read_pages, window_scan.fold, window_scan.check),
}
