"""Determines whether a trigger relies on requests or filters whose provenance is "assumed"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.definition.model import Snapshot

if TYPE_CHECKING:
    from connector.definition.model import Integration, Trigger


def is_assumed(integration: Integration, trigger: Trigger) -> bool:
    """Return True if the provenance of a request or of the time filter of the trigger is "assumed"."""
    source = trigger.source
    requests = [source.operation, *([trigger.details.operation] if trigger.details else [])]
    since = None if isinstance(source, Snapshot) else source.since
    parameter = integration.operations[source.operation].parameter(since) if since else None
    provenances = [integration.operations[name].provenance for name in requests]
    return "assumed" in [*provenances, *([parameter.field.provenance] if parameter else [])]
