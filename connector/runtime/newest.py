"""Reads the newest records of a trigger's list, for example as samples while a user sets up a workflow."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from connector.runtime.polling.model import ReadPlan
from connector.runtime.polling.rows import OLDEST
from connector.runtime.reading import fetch_page

if TYPE_CHECKING:
    from connector.runtime.polling import Event
    from connector.runtime.triggers import BoundTrigger
    from connector.transport.client import Client


async def newest_events(client: Client, trigger: BoundTrigger) -> tuple[Event, ...]:
    """Read one page of the trigger's list, and return the events of its records, newest first.

    The events have the IDs that a poll returns, but no details; `BoundTrigger.read_details` adds them. No
    cursor is needed or changed. The result is empty if no record on the page has reached the trigger's state.
    The page is the newest one if the vendor can sort the list, and otherwise the first one. Raises any error
    that the request raises.
    """
    poll = trigger.begin(since=OLDEST)
    order = poll.source.order
    plan = ReadPlan(order.newest_first if order else {}, None, 1, lambda _page: True)
    read = await poll.strategy.read(partial(fetch_page, client, poll.source), plan)
    return tuple(reversed(trigger.conclude(poll, read).events))
