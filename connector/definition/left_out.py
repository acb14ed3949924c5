"""States why a runtime does not offer a trigger of the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.definition.model import CreatedSince

if TYPE_CHECKING:
    from connector.definition.model import Trigger
    from connector.definition.model.steps import Runtime


def why_left_out(trigger: Trigger, runtime: Runtime) -> str:
    """Return the reason why a runtime does not offer a trigger, as a sentence, or "" if it does."""
    source = trigger.source
    if runtime in trigger.guarantees:
        return ""
    if trigger.runtimes:
        return "It fires on changes of any kind; the other triggers each fire on one kind."
    moment = "this status" if isinstance(source, CreatedSince) or source.reached else "the change"
    return f"A row of the list does not contain the time of {moment}."
