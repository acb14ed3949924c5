"""Looks up what a person asks for by key."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from connector.definition.naming import did_you_mean, listed
from connector.errors import UnknownKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.definition.model import Integration

T = TypeVar("T")


def offered(integration: Integration, kind: str, things: Mapping[str, T], key: str) -> T:
    """Return the thing with this key; `UnknownKey` with the nearest right one when there is none."""
    if key not in things:
        guess = did_you_mean(key, things) or f"; there is {listed(things)}."
        raise UnknownKey(f"{integration.vendor.title} has no {kind} {key!r}{guess}")
    return things[key]
