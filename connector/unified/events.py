"""Which trigger of each vendor tells of an event, whatever the vendor's catalog calls it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from connector.definition.model import EventKind
from connector.definition.provenance import is_assumed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connector.definition.model import Integration


@dataclass(frozen=True, slots=True)
class Choice:
    """The trigger to poll, or why there is none: the end of a sentence that begins with the vendor."""

    trigger: str | None
    why: str = ""
    assumed: bool = False


def names(integrations: Iterable[Integration]) -> set[str]:
    """Return all names that can be asked for: keys of triggers, and kinds of events that any tells of."""
    tables = [one.unified.events for one in integrations if one.unified]
    return {name for table in tables for pair in table.items() for name in pair} - {"other"}


def meant(asked: str, integrations: Iterable[Integration]) -> str | None:
    """Return the kind of event that a trigger's key, or a kind itself, stands for.

    None where nothing has that name, or where catalogs mean different things by it.
    """
    tables = [one.unified.events for one in integrations if one.unified]
    kinds = {table[asked] for table in tables if asked in table}
    if not kinds and asked in get_args(EventKind):
        return asked
    return kinds.pop() if len(kinds) == 1 else None


def choose(integration: Integration, asked: str, kind: str | None, *, include_assumed: bool) -> Choice:
    """Choose the vendor's trigger of that key or, where it has none, of that kind.

    One whose requests are only assumed is not chosen unless `include_assumed`.
    """
    events = integration.unified.events if integration.unified else {}
    known = kind not in (None, "other")
    of_kind = next((key for key, one in events.items() if one == kind and known), None)
    key = asked if asked in integration.triggers else of_kind
    if key is None:
        return Choice(None, f"has no trigger {asked}")
    if is_assumed(integration, integration.triggers[key]) and not include_assumed:
        return Choice(None, f"tells of it by {key}, which is only assumed,", assumed=True)
    return Choice(key)
