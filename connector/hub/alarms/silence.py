"""Finds lists that report nothing for longer than usual, although the vendor answers the polls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import sqlalchemy as sa

from connector.hub.lists import polled_lists
from connector.hub.moments import SECOND, micros, moment
from connector.hub.tables import connections, events, lists

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connector.definition.model import Integration

KNOWN = timedelta(days=30)
"""How far back a list's usual pauses are computed."""
LEAST = timedelta(days=7)
"""How long events must be known: a week contains the pauses of nights and weekends."""
LEAST_HOURS = 20
"""In how many hours of this time there must have been events."""
FACTOR = 2
"""How many times longer than the longest known pause a silence must be."""
HOUR = 3_600 * SECOND


@dataclass(frozen=True, slots=True)
class Silent:
    """A list that has been silent since `since`; `usual` is its longest pause in hours until then."""

    connection: str
    name: str
    vendor: str
    list: str
    since: datetime
    usual: int


def silent_lists(
    connection: sa.Connection, integrations: Mapping[str, Integration], now: datetime
) -> list[Silent]:
    """Return the lists that have been silent for longer than usual; lists that fail are not silent."""
    polled = sa.select(lists, connections.c.vendor, connections.c.name.label("connection_name"))
    working = polled.join(connections, connections.c.id == lists.c.connection).where(
        lists.c.failures == 0, lists.c.polled_at.is_not(None)
    )
    found = []
    for row in connection.execute(working).all():
        triggers = list(polled_lists(integrations[row.vendor])[row.name].triggers)
        hours = _hours_with_events(connection, row.connection, triggers, now)
        usual = longest_pause(hours)
        if usual is not None and micros(now) // HOUR - hours[-1] > FACTOR * usual:
            since = moment(hours[-1] * HOUR)
            found.append(Silent(row.connection, row.connection_name, row.vendor, row.name, since, usual))
    return found


def longest_pause(hours: Sequence[int]) -> int | None:
    """Return the longest pause between the hours with events, in hours; None if too little is known.

    `hours` are hours since the Unix epoch, in ascending order.
    """
    if len(hours) < LEAST_HOURS or hours[-1] - hours[0] < LEAST // timedelta(hours=1):
        return None
    return max(later - earlier for earlier, later in pairwise(hours))


def _hours_with_events(
    connection: sa.Connection, of: str, triggers: Sequence[str], now: datetime
) -> list[int]:
    whole = events.c.observed_at // HOUR
    query = (
        sa.select(whole)
        .where(
            events.c.connection == of,
            events.c.trigger.in_(triggers),
            events.c.observed_at > micros(now - KNOWN),
        )
        .distinct()
    )
    return sorted(int(one) for one in connection.execute(query).scalars())
