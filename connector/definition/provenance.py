"""Whether what a trigger asks of a vendor is known, or only assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.definition.model import Snapshot

if TYPE_CHECKING:
    from connector.definition.model import Integration, Trigger


def is_assumed(integration: Integration, trigger: Trigger) -> bool:
    """Say whether a request of the trigger, or the filter that finds what is new, is only assumed."""
    source = trigger.source
    requests = [source.operation, *([trigger.details.operation] if trigger.details else [])]
    since = None if isinstance(source, Snapshot) else source.since
    parameter = integration.operations[source.operation].parameter(since) if since else None
    found = [integration.operations[one].provenance for one in requests]
    return "assumed" in [*found, *([parameter.field.provenance] if parameter else [])]
