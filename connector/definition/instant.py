"""Adds instant triggers, which receive a vendor's webhook deliveries, to the triggers that poll.

A delivery that does not arrive is lost, so an instant trigger never replaces the trigger that polls.
Generated apps offer both; the Python connector only polls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.definition.model import Guarantee

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connector.definition.model import Integration, Runtime, Trigger

SUFFIX = "_instant"
LABEL = " (Instant, May Miss)"
TOGETHER = "All instant triggers"
"""What READMEs call the instant triggers of an app where a sentence concerns all of them."""
POSTED: tuple[Runtime, ...] = ("zapier", "make")


def with_instant(integration: Integration) -> Integration:
    """Return a copy in which every trigger polls, followed by an instant one for each that has a webhook."""
    given = integration.triggers.items()
    polling = {key: trigger.model_copy(update={"hook": None}) for key, trigger in given}
    instant = {key + SUFFIX: _instant(trigger) for key, trigger in given if trigger.hook}
    return integration.model_copy(update={"triggers": polling | instant})


def is_instant(trigger: Trigger) -> bool:
    """Return True if a trigger from `with_instant` waits for webhook deliveries instead of polling."""
    return trigger.hook is not None and trigger.key.endswith(SUFFIX)


def _instant(trigger: Trigger) -> Trigger:
    update = {"key": trigger.key + SUFFIX, "label": trigger.label + LABEL, "labels": {}}
    return trigger.model_copy(update=update)


def promises(integration: Integration, trigger: Trigger) -> Iterator[Guarantee]:
    """Yield the guarantees of a trigger from `with_instant`, one for each runtime that offers it.

    An instant trigger polls in no runtime, so its requests per poll and per day are 0.
    """
    if trigger.hook is None:
        yield from trigger.guarantees.values()
        return
    polled = trigger.guarantees["zapier"]
    for runtime in POSTED:
        yield Guarantee(
            runtime=runtime,
            delivers="posted",
            look_back=0,
            page_size=0,
            pages=0,
            items_per_poll=0,
            order="any",
            calls_per_poll=0,
            calls_per_poll_quiet=0,
            calls_per_event=1 if trigger.hook.read else 0,
            interval=polled.interval,
            calls_per_day=0,
            calls_per_day_quiet=0,
            shortest_interval=dict.fromkeys(polled.shortest_interval, 0),
            dedupe=(trigger.source.id,),
            provenance=trigger.hook.provenance,
            loses=misses(integration),
        )


def misses(integration: Integration) -> str:
    """Describe the events that an instant trigger misses."""
    title = integration.vendor.title
    return f"Events that {title} does not post, and posts that do not arrive. The app does not poll for them."
