"""Looks up a trigger, action or search by its key, and suggests a similar key if the key is unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from connector.definition.spelling import unknown
from connector.errors import UnknownKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.definition.model import Integration

T = TypeVar("T")


def by_key(integration: Integration, kind: str, offers: Mapping[str, T], key: str) -> T:
    """Return the trigger, action or search in `offers` that has the given key.

    Raises `UnknownKey` if no entry has this key; the message suggests a similar key or lists all keys. `kind`
    is the word that the message uses for an entry, such as "trigger".
    """
    if key not in offers:
        raise UnknownKey(unknown(f"{kind} of {integration.vendor.title}", key, offers))
    return offers[key]
