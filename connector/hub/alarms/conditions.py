"""Finds the problems that exist now and that need somebody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import httpx
import sqlalchemy as sa

from connector.hub import connections as accounts
from connector.hub.alarms.silence import silent_lists
from connector.hub.budget import spent
from connector.hub.circuits import OPENS_AFTER
from connector.hub.moments import micros, timestamp
from connector.hub.planning import PlanRefusedError
from connector.hub.plans import changes_of_a_day, current_plan
from connector.hub.tables import circuits, connections, deliveries, lists, subscriptions
from connector.hub.targets import host_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from connector.definition.model import Integration

Kind = Literal["login_refused", "poll_fails", "target_dead", "plan_exceeded", "silent", "away", "test"]
OUTAGE = timedelta(hours=1)
"""How long the polls of a list may fail before it is an alarm."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A problem: its kind, its subject (the ID of a connection or subscription), and a sentence about it."""

    kind: Kind
    subject: str
    message: str
    detail: str = ""

    @property
    def key(self) -> str:
        """A key that stays the same while the problem lasts."""
        return f"{self.kind} {self.subject} {self.detail}".strip()[:200]


def current(
    connection: sa.Connection, integrations: Mapping[str, Integration], now: datetime, shortest: int
) -> list[Condition]:
    """Return all problems that exist at `now`, except lists that are silent (`silent`)."""
    return [
        *_refused_logins(connection, integrations),
        *_failing_lists(connection, now),
        *_dead_targets(connection),
        *_exceeded_plans(connection, integrations, now, shortest),
    ]


def away(
    integration: Integration, name: str, of: str, list_: str, since: datetime, now: datetime, look_back: int
) -> Condition:
    """Describe that the hub was away for longer than the look-back of a list, and what may be missing.

    `since` is the time of the last poll, and `look_back` is in seconds.
    """
    until = now - timedelta(seconds=look_back)
    return Condition(
        "away",
        of,
        f"{name} ({integration.vendor.title}): {list_} was not polled from {_shown(since)} to {_shown(now)},"
        f" which is longer than its look-back of {round(look_back / 86_400, 1):g} days. Changes between"
        f" {_shown(since)} and {_shown(until)} may be missing, and a record that changed several times may be"
        " reported only in its latest state.",
        f"{list_} {micros(since)}",
    )


def _refused_logins(
    connection: sa.Connection, integrations: Mapping[str, Integration]
) -> Iterator[Condition]:
    refused = sa.select(connections).where(connections.c.state == accounts.REFUSED)
    for row in connection.execute(refused).all():
        title = integrations[row.vendor].vendor.title
        yield Condition(
            "login_refused",
            row.id,
            f"{row.name}: {title} refuses the login, so nothing is polled. {row.problem} Connect it again"
            " with a login that works.",
        )


def _failing_lists(connection: sa.Connection, now: datetime) -> Iterator[Condition]:
    """Yield the lists whose polls have failed for `OUTAGE`, except those whose login is refused."""
    last = sa.func.coalesce(lists.c.polled_at, connections.c.created_at)
    failing = (
        sa.select(lists, connections.c.name.label("connection_name"), last.label("last"))
        .join(connections, connections.c.id == lists.c.connection)
        .where(
            lists.c.failures > 0,
            connections.c.state != accounts.REFUSED,
            last < micros(now - OUTAGE),
        )
    )
    for row in connection.execute(failing).all():
        yield Condition(
            "poll_fails",
            row.connection,
            f"{row.connection_name}: {row.name} cannot be polled since {timestamp(row.last)}: {row.problem}"
            " Its events will be late; the published bound does not hold.",
            row.name,
        )


def _dead_targets(connection: sa.Connection) -> Iterator[Condition]:
    waiting = (
        sa.select(sa.func.count())
        .where(deliveries.c.subscription == circuits.c.subscription, deliveries.c.state == "waiting")
        .scalar_subquery()
    )
    dead = (
        sa.select(circuits, subscriptions.c.target, waiting.label("waiting"))
        .join(subscriptions, subscriptions.c.id == circuits.c.subscription)
        .where(circuits.c.failures >= OPENS_AFTER, subscriptions.c.state == "active")
    )
    for row in connection.execute(dead).all():
        yield Condition(
            "target_dead",
            row.subscription,
            f"The target {host_of(httpx.URL(row.target))} of {row.subscription} has accepted nothing since"
            f" {timestamp(row.since)}: {row.problem} {row.waiting} deliveries wait. Switch the workflow on,"
            " or delete the subscription.",
        )


def _exceeded_plans(
    connection: sa.Connection, integrations: Mapping[str, Integration], now: datetime, shortest: int
) -> Iterator[Condition]:
    rows = connection.execute(
        sa.select(connections.c.login, connections.c.vendor, connections.c.name, connections.c.id)
        .join(lists, lists.c.connection == connections.c.id)
        .distinct()
        .order_by(connections.c.name)
    ).all()
    for login in {row.login: row for row in reversed(rows)}.values():
        ids = [row.id for row in rows if row.login == login.login]
        try:
            plan = current_plan(connection, integrations, login.login, now, shortest)
        except PlanRefusedError as refused:
            yield Condition("plan_exceeded", login.id, f"{login.name}: {refused.message}")
            continue
        used = spent(connection, login.login, now)
        changes = changes_of_a_day(connection, ids, now)
        if plan.budget is not None and used >= plan.budget:
            sentence = f"The budget of {plan.budget:,} calls in 24 hours is used up, so events are late."
        elif plan.most_changes is not None and changes > plan.most_changes:
            sentence = (
                f"{changes:,} changes came in 24 hours, but the plan holds up to {plan.most_changes:,}, so"
                " events can be later than the published bound."
            )
        else:
            continue
        yield Condition("plan_exceeded", login.id, f"{login.name}: {sentence}")


def silent(
    connection: sa.Connection, integrations: Mapping[str, Integration], now: datetime
) -> list[Condition]:
    """Return the lists that have reported nothing for longer than usual, although the vendor answers."""
    return [
        Condition(
            "silent",
            one.connection,
            f"{one.name}: {one.list} has reported nothing since {_shown(one.since)}, although"
            f" {integrations[one.vendor].vendor.title} answers. Its longest pause in the last 30 days was"
            f" {one.usual} hours. Check whether the vendor's list still contains new changes.",
            one.list,
        )
        for one in silent_lists(connection, integrations, now)
    ]


def _shown(when: datetime) -> str:
    return when.isoformat(timespec="minutes").replace("+00:00", "Z")
