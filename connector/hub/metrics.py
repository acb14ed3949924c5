"""Writes the hub's metrics in the text format of Prometheus.

Everything that several processes share is read from the database at each request. What one process has done
since it started (attempts to deliver) is counted in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from connector.hub.circuits import OPENS_AFTER
from connector.hub.moments import SECOND, micros
from connector.hub.overview import plans_of_all
from connector.hub.tables import alarms, circuits, connections, deliveries, events, hooks, lists

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from prometheus_client import Metric

    from connector.definition.model import Integration

CONTENT_TYPE = "text/plain"
PREFIX = "returns_hub_"
HINTS = {
    "received": ("hints", "Webhooks of vendors that arrived."),
    "refused": ("hints_refused", "Webhooks of vendors that were not genuine."),
    "announced": ("changes_announced", "Changes that a webhook announced before a poll found them."),
    "unannounced": ("changes_unannounced", "Changes that a poll found and no webhook had announced."),
}


def measured(
    connection: sa.Connection, integrations: Mapping[str, Integration], now: datetime, shortest: int
) -> dict[str, Any]:
    """Read everything that the metrics report from the database."""
    at = micros(now)
    waiting = deliveries.c.state == "waiting"
    named = connections.c.name.label("connection_name")

    def rows(query: Any) -> list[Any]:
        return list(connection.execute(query).all())

    return {
        "now": at,
        "connections": rows(
            sa.select(connections.c.vendor, connections.c.state, sa.func.count().label("count")).group_by(
                connections.c.vendor, connections.c.state
            )
        ),
        "lists": rows(
            sa.select(
                lists.c.name, lists.c.polled_at, lists.c.failures, connections.c.created_at, named
            ).join(connections, connections.c.id == lists.c.connection)
        ),
        "plans": plans_of_all(connection, integrations, now, shortest),
        "events": rows(sa.select(sa.func.coalesce(sa.func.max(events.c.number), 0).label("number"))),
        "waiting": rows(
            sa.select(
                sa.func.count().label("count"), sa.func.min(deliveries.c.created_at).label("oldest")
            ).where(waiting)
        ),
        "hooks": rows(sa.select(hooks, named).join(connections, connections.c.id == hooks.c.connection)),
        "alarms": rows(
            sa.select(alarms.c.kind, sa.func.count().label("count"))
            .where(alarms.c.open_key.is_not(None))
            .group_by(alarms.c.kind)
        ),
        "circuits": rows(sa.select(sa.func.count().label("count")).where(circuits.c.failures >= OPENS_AFTER)),
    }


def rendered(
    measured: Mapping[str, Any],
    attempts: Mapping[str, int],
    ages: Mapping[str, float],
    failing: Iterable[str],
) -> str:
    """Write the metrics.

    `attempts` counts the attempts to deliver, keyed by result. `ages` contains the seconds since each job
    moved, and `failing` the names of the jobs that fail.
    """
    from prometheus_client import CollectorRegistry, generate_latest

    class Collector:
        def collect(self) -> Iterator[Metric]:
            yield from _of_the_database(measured)
            yield from _of_the_process(attempts, ages, set(failing))

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collector())
    return generate_latest(registry).decode()


def _of_the_database(measured: Mapping[str, Any]) -> Iterator[Metric]:
    now = measured["now"]
    states = [((row.vendor, row.state), row.count) for row in measured["connections"]]
    yield _gauge("connections", "Connections by state.", ("vendor", "state"), states)
    of = ("connection", "list")
    lags = [((row.connection_name, row.name), _seconds(now, row.polled_at)) for row in measured["lists"]]
    yield _gauge("list_age_seconds", "Seconds since the list was last polled.", of, lags)
    failures = [((row.connection_name, row.name), row.failures) for row in measured["lists"]]
    yield _gauge("list_failures", "Polls of the list that failed in a row.", of, failures)
    yield from _of_plans(measured["plans"])
    [last], [waits], [broken] = measured["events"], measured["waiting"], measured["circuits"]
    yield _counter("events", "Events that were found.", (), [((), last.number)])
    yield _gauge("deliveries_waiting", "Deliveries that wait.", (), [((), waits.count)])
    oldest = _seconds(now, waits.oldest) if waits.oldest is not None else 0
    yield _gauge("delivery_age_seconds", "Age of the oldest delivery that waits.", (), [((), oldest)])
    yield _gauge("circuits_open", "Targets that rest after failures in a row.", (), [((), broken.count)])
    for column, (name, text) in HINTS.items():
        values = [((row.connection_name,), getattr(row, column)) for row in measured["hooks"]]
        yield _counter(name, text, ("connection",), values)
    open_ = [((row.kind,), row.count) for row in measured["alarms"]]
    yield _gauge("alarms_open", "Problems that need somebody.", ("kind",), open_)


def _of_plans(plans: Iterable[Mapping[str, Any]]) -> Iterator[Metric]:
    labels = ("vendor", "connection")
    rows = [((one["vendor"], one["connections"][0]), one) for one in plans]
    used = [(key, one["sent_today"]) for key, one in rows]
    yield _gauge("calls_used", "Calls of a login in the last 24 hours.", labels, used)
    limits = [(key, one["limit_per_day"]) for key, one in rows if one["limit_per_day"] is not None]
    yield _gauge("calls_limit", "The vendor's limit of calls in 24 hours.", labels, limits)
    bounds = [(key, one["late"]) for key, one in rows if one["late"] is not None]
    yield _gauge("bound_seconds", "How late an event is at most, by the plan.", labels, bounds)


def _of_the_process(
    attempts: Mapping[str, int], ages: Mapping[str, float], failing: set[str]
) -> Iterator[Metric]:
    sent = [((result,), count) for result, count in sorted(attempts.items())]
    yield _counter("attempts", "Attempts to deliver of this process.", ("result",), sent)
    moved = [((name,), age) for name, age in ages.items()]
    yield _gauge("job_age_seconds", "Seconds since the job began or ended a run.", ("job",), moved)
    works = [((name,), int(name in failing)) for name in ages]
    yield _gauge("job_failing", "1 if the job fails.", ("job",), works)


def _gauge(name: str, text: str, labels: tuple[str, ...], values: Iterable[tuple[Any, float]]) -> Metric:
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(PREFIX + name, text, labels=labels)
    for key, value in values:
        family.add_metric(key, value)
    return family


def _counter(name: str, text: str, labels: tuple[str, ...], values: Iterable[tuple[Any, float]]) -> Metric:
    from prometheus_client.core import CounterMetricFamily

    family = CounterMetricFamily(PREFIX + name, text, labels=labels)
    for key, value in values:
        family.add_metric(key, value)
    return family


def _seconds(now: int, since: int | None) -> float:
    """Return the seconds since a time; infinity if there is none."""
    return float("inf") if since is None else (now - since) / SECOND
