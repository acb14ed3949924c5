"""Computes the plan of each login from the stored connections, lists and events."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from connector.hub.lists import polled_lists
from connector.hub.moments import micros
from connector.hub.planning import SHORTEST, Load, Plan, PlanRefusedError, plan
from connector.hub.tables import connections, events, hooks, lists

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from connector.clock import Clock
    from connector.definition.model import Integration
    from connector.hub.store import Store

FRESH = timedelta(minutes=1)
"""How long a computed plan is used before it is computed again."""


class Plans:
    """Computes the plan of each login, and reuses it for a minute.

    `shortest` is the minimum number of seconds between two polls of a list.
    """

    def __init__(
        self, store: Store, integrations: Mapping[str, Integration], clock: Clock, shortest: int = SHORTEST
    ) -> None:
        self._store = store
        self._integrations = integrations
        self._clock = clock
        self._shortest = shortest
        self._known: dict[str, tuple[datetime, Plan]] = {}

    async def of(self, login: str) -> Plan:
        """Return the plan of a login.

        Raises `PlanRefusedError` if the login's lists cannot be polled often enough.
        """
        now = self._clock()
        known = self._known.get(login)
        if known is not None and now - known[0] < FRESH:
            return known[1]
        computed = await self._store.run(current_plan, self._integrations, login, now, self._shortest)
        self._known[login] = (now, computed)
        return computed

    def forget(self) -> None:
        """Discard all computed plans, after a connection or a subscription was changed."""
        self._known.clear()


def current_plan(
    connection: sa.Connection,
    integrations: Mapping[str, Integration],
    login: str,
    now: datetime,
    shortest: int,
) -> Plan:
    """Compute the plan of a login from its lists in use and the events of the last day."""
    rows = connection.execute(
        sa.select(connections.c.id, connections.c.vendor).where(connections.c.login == login)
    ).all()
    if not rows:  # the last connection was deleted while a poll ran
        return Plan(shortest, 0, 0, None, None, None)
    ids = [row.id for row in rows]
    integration = integrations[rows[0].vendor]
    used = connection.execute(sa.select(lists.c.name).where(lists.c.connection.in_(ids)).distinct()).scalars()
    changes = changes_of_a_day(connection, ids, now)
    known = polled_lists(integration)
    triggers = [known[name] for name in used]
    hinted = sa.select(hooks.c.connection).where(hooks.c.connection.in_(ids)).limit(1)
    load = Load(
        connections=len(ids), shortest=shortest, hinted=connection.execute(hinted).first() is not None
    )
    expected = plan(integration, triggers, load)
    if expected.most_changes is None or changes <= expected.most_changes:
        return expected
    # More changes than expected need more calls for their details, so the lists are polled less often.
    with suppress(PlanRefusedError):
        return plan(integration, triggers, replace(load, changes=changes))
    return expected


def changes_of_a_day(connection: sa.Connection, ids: Sequence[str], now: datetime) -> int:
    """Return the number of events of the connections `ids` in the last 24 hours."""
    since = micros(now - timedelta(days=1))
    counted = sa.select(sa.func.count()).where(events.c.connection.in_(ids), events.c.observed_at > since)
    return int(connection.execute(counted).scalar_one())


def check(
    connection: sa.Connection,
    integrations: Mapping[str, Integration],
    now: datetime,
    shortest: int,
    of: str | None,
) -> None:
    """Raise `PlanRefusedError` if the lists of a login cannot be polled often enough.

    `of` is the ID of the connection whose lists have changed, or None to check the logins of all connections.
    """
    logins = sa.select(connections.c.login).join(lists, lists.c.connection == connections.c.id).distinct()
    if of is not None:
        logins = logins.where(connections.c.id == of)
    for login in connection.execute(logins).scalars().all():
        current_plan(connection, integrations, login, now, shortest)
