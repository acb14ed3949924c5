"""Groups a vendor's triggers by the list that they read, so that one poll serves all triggers of a group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.definition.model import Integration, Source, Trigger

FOLDED = ("state", "mark", "reached", "initial", "detects", "version", "created", "changed", "window")
"""Fields of a source that decide which events its rows create, not which rows are read."""
REMEMBERED = {"changed_since": ("look_back",)}
"""Fields that decide how long a strategy remembers a record; a poll after the first does not read more."""


@dataclass(frozen=True, slots=True)
class PolledList:
    """A list of a vendor's API with one filter, and the triggers that find events in it.

    `name` consists of the list's operation and filter, such as `list_rmas by rma_updated_at`. `calls` is the
    number of requests for a poll in which the rows fit on one page. `calls_per_event` is the number of
    requests for the details of an event's record.
    """

    name: str
    triggers: Mapping[str, Trigger]

    @property
    def calls(self) -> int:
        readings = {_reading(trigger.source): trigger for trigger in self.triggers.values()}
        return sum(trigger.guarantees["python"].calls_per_poll_quiet for trigger in readings.values())

    @property
    def calls_per_event(self) -> int:
        return max(trigger.guarantees["python"].calls_per_event for trigger in self.triggers.values())


def polled_lists(integration: Integration) -> dict[str, PolledList]:
    """Group the vendor's triggers by the list that they read; return the lists keyed by name."""
    groups: dict[str, dict[str, Trigger]] = {}
    for key, trigger in integration.triggers.items():
        groups.setdefault(list_name(trigger), {})[key] = trigger
    return {name: PolledList(name, triggers) for name, triggers in groups.items()}


def list_name(trigger: Trigger) -> str:
    """Return the name of the list that a trigger reads, such as `list_rmas by rma_updated_at`."""
    source = trigger.source
    return f"{source.operation} by {source.since}" if source.since else source.operation


def _reading(source: Source) -> str:
    """Build a key that is equal for two sources if reading the list once serves both of them."""
    left_out = {*FOLDED, *REMEMBERED.get(source.strategy, ())}
    return source.model_dump_json(exclude=left_out)
