"""Records that reached a status at a chosen time, for triggers that read this time from a history."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from connector.definition.model import ReachedAt
from connector.definition.paths import at_path


def with_history(record: Mapping[str, Any], rule: ReachedAt, when: Any) -> dict[str, Any]:
    """Return a copy of the record, as the vendor sends it, whose history has one entry for the status."""
    made = deepcopy(dict(record))
    made.pop(rule.field, None)
    *above, last = rule.history
    holder = at_path(made, tuple(above)) if above else made
    template = holder[last][0]
    holder[last] = [{**template, rule.name: rule.value, rule.time: when}]
    return made
