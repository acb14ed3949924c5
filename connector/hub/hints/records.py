"""Finds out which records a vendor's webhook is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.definition.paths import at_path
from connector.hub.texts import storable

if TYPE_CHECKING:
    from connector.definition.model import Integration
    from connector.webhooks import Webhook

LONGEST = 200
"""The longest ID in characters."""

Hint = tuple[str, str]
"""A resource, and the ID of a record or "" if it is unknown."""


def records(integration: Integration, webhook: Webhook) -> set[Hint]:
    """Return the records that a webhook can be about.

    These are the records whose ID the webhook contains at the place where the vendor's lists have it, and an
    unknown record of each resource whose trigger has the webhook's event type.
    """
    kinds = integration.unified.events if integration.unified else {}
    found: set[Hint] = set()
    expected = set()
    for key, trigger in integration.triggers.items():
        value = at_path(webhook.record, trigger.source.id)
        if isinstance(value, str | int) and not isinstance(value, bool) and 0 < len(str(value)) <= LONGEST:
            found.add((trigger.resource, storable(str(value))[:LONGEST]))
        if kinds.get(key) == webhook.unified.kind:
            expected.add(trigger.resource)
    return found | {(resource, "") for resource in expected - {resource for resource, _ in found}}
