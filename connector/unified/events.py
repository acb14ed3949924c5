"""Finds each vendor's trigger for an event type or a trigger key.

An event type, such as `return_created`, is common to all vendors. A trigger key, such as `new_return`, is
from a vendor's catalog.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from connector.definition.model import EventKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connector.definition.model import Integration


@dataclass(frozen=True, slots=True)
class TriggerChoice:
    """The result of `choose_trigger` for one vendor.

    `trigger` is the key of the trigger to poll. If it is None, `why` is the reason, as the rest of a sentence
    that begins with the vendor's name. `assumed` is true if the vendor has such a trigger, but it was
    not chosen because its requests or its time filter are only assumed to exist.
    """

    trigger: str | None
    why: str = ""
    assumed: bool = False


def event_names(integrations: Iterable[Integration]) -> set[str]:
    """Return the keys of all triggers that can be polled for events, and the triggers' event types.

    The event type "other" is left out, because it does not identify a trigger.
    """
    tables = [integration.unified.events for integration in integrations if integration.unified]
    return {name for table in tables for pair in table.items() for name in pair} - {"other"}


def event_kind(name: str, integrations: Iterable[Integration]) -> str | None:
    """Return the event type for `name`, which is a trigger's key or an event type itself.

    Returns None if no catalog contains the name, or if catalogs use it for different event types.
    """
    tables = [integration.unified.events for integration in integrations if integration.unified]
    kinds = {table[name] for table in tables if name in table}
    if not kinds and name in get_args(EventKind):
        return name
    return kinds.pop() if len(kinds) == 1 else None


def choose_trigger(
    integration: Integration, name: str, kind: str | None, *, include_assumed: bool
) -> TriggerChoice:
    """Choose the vendor's trigger with the key `name`, or else a trigger with the event type `kind`.

    If the trigger's requests or its time filter are only assumed to exist (their provenance is "assumed"), it
    is chosen only if `include_assumed` is true.
    """
    events = integration.unified.events if integration.unified else {}
    has_kind = kind not in (None, "other")
    of_kind = next((key for key, other in events.items() if other == kind and has_kind), None)
    key = name if name in integration.triggers else of_kind
    if key is None:
        return TriggerChoice(None, f"has no trigger {name}")
    if integration.triggers[key].preview and not include_assumed:
        return TriggerChoice(None, f"has {key}, which is only assumed,", assumed=True)
    return TriggerChoice(key)
