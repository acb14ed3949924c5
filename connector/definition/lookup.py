"""Looks up a trigger, action or search by its key, and suggests a similar key if the key is unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from connector.definition.spelling import unknown
from connector.errors import UnknownKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.definition.model import Integration

T = TypeVar("T")

NAMES = {"trigger": "a trigger", "action": "an action", "search": "a search"}


def by_key(integration: Integration, kind: str, offers: Mapping[str, T], key: str) -> T:
    """Return the trigger, action or search in `offers` that has the given key.

    Raises `UnknownKey` if no entry has this key; the message says that the key is of another kind, suggests a
    similar key, or lists all keys. `kind` is the word that the message uses for an entry, such as "trigger".
    """
    if key not in offers:
        if other := _kind(integration, key):
            title = integration.vendor.title
            raise UnknownKey(f'"{key}" is {other} of {title}, not {NAMES.get(kind, kind)}.')
        raise UnknownKey(unknown(f"{kind} of {integration.vendor.title}", key, offers))
    return offers[key]


def _kind(integration: Integration, key: str) -> str:
    """Return what the key names, such as "a search"; return "" if it names nothing."""
    entries = {
        "trigger": integration.triggers,
        "action": integration.actions,
        "search": integration.searches,
    }
    return next((NAMES[kind] for kind, offers in entries.items() if key in offers), "")
