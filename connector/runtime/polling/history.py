"""Finds the time at which a record reached a state in the record's history, and adds it as a field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.definition.paths import at_path
from connector.runtime.polling.rows import occurred_at

if TYPE_CHECKING:
    from connector.definition.model import ReachedAt
    from connector.runtime.polling.rows import Row


def with_reached_at(row: Row, rule: ReachedAt | None) -> Row:
    """Return a copy of the row with the field that `rule` adds, or `row` itself if there is no rule.

    The field contains the latest valid time among the history entries whose member `rule.name` equals
    `rule.value`. It is null if there is no such entry.
    """
    if rule is None:
        return row
    history = at_path(row, rule.history)
    entries = [entry for entry in history if isinstance(entry, dict)] if isinstance(history, list) else []
    times: dict[Any, Any] = {
        occurred_at(entry, (rule.time,)): entry[rule.time]
        for entry in entries
        if entry.get(rule.name) == rule.value
    }
    times.pop(None, None)
    return {**row, rule.field: times[max(times)] if times else None}
