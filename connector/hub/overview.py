"""Lists the plan of each login, with the number of calls that were sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from connector.hub.budget import spent
from connector.hub.planning import PlanRefusedError
from connector.hub.plans import current_plan
from connector.hub.tables import connections, lists

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from connector.definition.model import Integration


def plans_of_all(
    connection: sa.Connection, integrations: Mapping[str, Integration], now: datetime, shortest: int
) -> list[dict[str, Any]]:
    """Return the plan of each login in the format of the hub's API.

    Each entry contains the login's connections, the polled lists and the calls of the last 24 hours. If the
    lists cannot be polled often enough, it contains a problem instead of a plan.
    """
    rows = connection.execute(sa.select(connections).order_by(connections.c.created_at)).all()
    logins: dict[str, list[Any]] = {}
    for row in rows:
        logins.setdefault(row.login, []).append(row)
    return [_row(connection, integrations, group, now, shortest) for group in logins.values()]


def _row(
    connection: sa.Connection,
    integrations: Mapping[str, Integration],
    group: list[Any],
    now: datetime,
    shortest: int,
) -> dict[str, Any]:
    login, ids = group[0].login, [row.id for row in group]
    names = sa.select(lists.c.name).where(lists.c.connection.in_(ids)).distinct().order_by(lists.c.name)
    shown = {
        "vendor": group[0].vendor,
        "connections": [row.name for row in group],
        "lists": list(connection.execute(names).scalars()),
        "sent_today": spent(connection, login, now),
        "interval": None,
        "late": None,
        "calls_per_day": None,
        "limit_per_day": None,
        "problem": None,
        "sentence": None,
    }
    if not shown["lists"]:
        return shown
    try:
        plan = current_plan(connection, integrations, login, now, shortest)
    except PlanRefusedError as refused:
        return {**shown, "problem": refused.message}
    return {
        **shown,
        "interval": plan.interval,
        "late": plan.late,
        "calls_per_day": plan.calls,
        "limit_per_day": plan.limit,
        "sentence": f"{plan.sentence[0].upper()}{plan.sentence[1:]}.",
    }
