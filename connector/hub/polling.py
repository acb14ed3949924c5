"""Polls the lists that are due: reads each list once for all its triggers, and stores the result."""

from __future__ import annotations

import json
import logging
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from connector.errors import AuthenticationError, ConnectorError, as_connector_error
from connector.hub import connections as accounts
from connector.hub import waiting
from connector.hub.alarms import book
from connector.hub.alarms.conditions import away
from connector.hub.events import Found, Outcome, publish, settle, settle_failure
from connector.hub.hints import arriving
from connector.hub.leases import all_of, new_lease
from connector.hub.lists import PolledList, polled_lists
from connector.hub.locks import EVENTS, one_at_a_time
from connector.hub.moments import micros, moment
from connector.hub.planning import PlanRefusedError
from connector.hub.store import DatabaseUnavailableError
from connector.hub.tables import connections, lists
from connector.hub.texts import storable
from connector.runtime.reading import read_together
from connector.runtime.runner import MAX_STUCK_RECORDS, OF_THE_CONNECTION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from connector.clock import Clock
    from connector.definition.model import Integration, Trigger
    from connector.hub.connections import Account
    from connector.hub.encryption import Encryption
    from connector.hub.plans import Plans
    from connector.hub.store import Store
    from connector.hub.vendors import Vendors
    from connector.runtime.connection import Connection
    from connector.runtime.polling import Cursor, Event

log = logging.getLogger("returns_connector.hub")

AT_ONCE = 25
"""The most lists that one job leases."""
PLACES_OF_A_VENDOR, PLACES_OF_A_LOGIN = 50, 10
"""The most lists of one vendor, and of one login, that are polled at once.

If a vendor does not answer, its lists take up these places, and the other lists are polled all the same."""
LEASE = timedelta(minutes=5)
"""How long a lease holds. A process that dies leaves its lists to others after this time."""
PROBE = timedelta(hours=1)
"""The pause between two polls of a connection whose login is refused."""
LONGEST_PAUSE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to poll a list for `LEASE`.

    `id` is the ID of the lease, under which other lists can be leased too. `cursors` contains the cursor of
    each trigger of the list. `version` counts the stored polls: a result is stored only if no other poll was
    stored since. `failures` is the number of consecutive polls that have failed, and `polled_at` the time of
    the last successful one, or None.
    """

    id: str
    account: Account
    list: PolledList
    cursors: dict[str, Cursor]
    version: int
    failures: int
    polled_at: datetime | None = None


def lease_due(connection: sa.Connection, lease: str, now: datetime) -> int:
    """Lease up to `AT_ONCE` lists that are due, longest overdue first, and return their number.

    Lists of a vendor or a login that has no free places are left out.
    """
    at = micros(now)
    places = _free_places(connection, at)
    rows = connection.execute(
        sa.select(lists.c.connection, lists.c.name, connections.c.vendor, connections.c.login)
        .join(connections, connections.c.id == lists.c.connection)
        .where(
            lists.c.due_at <= at,
            lists.c.leased_until <= at,
            connections.c.vendor.not_in([one for one, free in places.vendors.items() if free <= 0]),
            connections.c.login.not_in([one for one, free in places.logins.items() if free <= 0]),
        )
        .order_by(lists.c.due_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, of=lists)
    ).all()
    chosen = [row for row in rows if places.take(row.vendor, row.login)]
    for row in chosen:
        here = (lists.c.connection == row.connection, lists.c.name == row.name)
        connection.execute(
            sa.update(lists).where(*here).values(lease=lease, leased_until=micros(now + LEASE))
        )
    return len(chosen)


@dataclass(frozen=True, slots=True)
class _Places:
    """How many more lists of each vendor and login can be polled, where some are polled at the moment."""

    vendors: Counter[str]
    logins: Counter[str]

    def take(self, vendor: str, login: str) -> bool:
        """Take a place for a list of a login; return False if there is none."""
        vendors = self.vendors.setdefault(vendor, PLACES_OF_A_VENDOR)
        logins = self.logins.setdefault(login, PLACES_OF_A_LOGIN)
        if min(vendors, logins) <= 0:
            return False
        self.vendors[vendor], self.logins[login] = vendors - 1, logins - 1
        return True


def _free_places(connection: sa.Connection, at: int) -> _Places:
    """Count the lists that are leased at a time, in all processes."""
    places = _Places(Counter(), Counter())
    held = (
        sa.select(connections.c.vendor, connections.c.login, sa.func.count().label("taken"))
        .join(lists, lists.c.connection == connections.c.id)
        .where(lists.c.lease > "", lists.c.leased_until > at)
        .group_by(connections.c.vendor, connections.c.login)
    )
    for row in connection.execute(held).all():
        places.vendors.setdefault(row.vendor, PLACES_OF_A_VENDOR)
        places.vendors[row.vendor] -= row.taken
        places.logins[row.login] = PLACES_OF_A_LOGIN - row.taken
    return places


def leased(
    connection: sa.Connection,
    encryption: Encryption,
    integrations: Mapping[str, Integration],
    lease: str,
    now: datetime,
) -> list[Lease]:
    """Renew a lease, and return its lists that are not polled yet."""
    held = lists.c.lease == lease
    connection.execute(sa.update(lists).where(held).values(leased_until=micros(now + LEASE)))
    rows = connection.execute(
        sa.select(lists, connections.c.vendor)
        .join(connections, connections.c.id == lists.c.connection)
        .where(held)
    ).all()
    return [
        Lease(
            lease,
            accounts.account(connection, encryption, row.connection),
            polled_lists(integrations[row.vendor])[row.name],
            json.loads(row.cursors),
            row.version,
            row.failures,
            None if row.polled_at is None else moment(row.polled_at),
        )
        for row in rows
    ]


def next_due(connection: sa.Connection) -> datetime | None:
    """Return the time at which the next list is due, or None if no list is polled."""
    at = sa.func.min(
        sa.case((lists.c.leased_until > lists.c.due_at, lists.c.leased_until), else_=lists.c.due_at)
    )
    found = connection.execute(sa.select(at)).scalar_one()
    return None if found is None else moment(found)


class Poller:
    """Polls the lists that are due; `poll_due` and `complete_due` are jobs for the engine."""

    def __init__(
        self, store: Store, encryption: Encryption, vendors: Vendors, plans: Plans, clock: Clock
    ) -> None:
        self._store = store
        self._encryption = encryption
        self._vendors = vendors
        self._plans = plans
        self._clock = clock

    async def poll_due(self) -> int:
        """Poll the lists that are due, store the results, and return the number of lists."""
        lease = new_lease()
        found = await self._store.run(lease_due, lease, self._clock())
        if found:
            await self.poll_leased(lease)
        return found

    async def poll_leased(self, lease: str) -> None:
        """Poll the lists that are leased under `lease`, and store the results."""
        leases = await self._store.run(
            leased, self._encryption, self._vendors.integrations, lease, self._clock()
        )
        await all_of(self.poll(one) for one in leases)

    async def poll(self, lease: Lease) -> None:
        """Poll one list and store the result; if this fails, store the reason instead of raising an error."""
        began = self._clock()
        try:
            connection = await self._vendors.connection(lease.account)
            outcome, complete = await self._read(connection, lease)
            await self._settle(connection, lease, outcome, began, complete=complete)
        except DatabaseUnavailableError:
            raise
        except Exception as problem:  # noqa: BLE001 - one list must not stop the others
            await self._failed(lease, as_connector_error(problem))

    async def _settle(
        self, connection: Connection, lease: Lease, outcome: Outcome, began: datetime, *, complete: bool
    ) -> None:
        """Store the outcome of a poll that `began` at a time; `complete` if it read the whole list."""
        plan = await self._plans.of(lease.account.login)
        due = began + timedelta(seconds=plan.interval) if complete else began
        stored = await self._store.run(settle, lease, outcome, self._clock(), max(due, self._clock()))
        for note in outcome.notes if stored else ():
            log.warning("%s: %s", lease.account.name, note, extra={"connection": lease.account.name})
        if stored and connection.integration.webhooks is not None:
            found = [
                (connection.triggers[one.event.trigger].trigger.resource, one.record, one.event.occurred_at)
                for one in outcome.found
            ]
            await self._store.run(
                arriving.after_poll,
                connection.integration,
                lease.account.id,
                found,
                plan,
                began,
                self._clock(),
            )
        if lease.failures:
            await self._store.run(accounts.accept, lease.account.id)
        await self._check_look_back(connection.integration, lease, began)

    async def _check_look_back(self, integration: Integration, lease: Lease, now: datetime) -> None:
        """Raise an alarm if the list was not polled for longer than the look-back of its triggers."""
        backs = [getattr(trigger.source, "look_back", None) for trigger in lease.list.triggers.values()]
        look_back = min((back for back in backs if back is not None), default=None)
        if lease.polled_at is None or look_back is None:
            return
        if now - lease.polled_at <= timedelta(seconds=look_back):
            return
        name, id_ = lease.account.name, lease.account.id
        problem = away(integration, name, id_, lease.list.name, lease.polled_at, now, look_back)
        await self._store.run(book.open_, problem, now)

    async def _read(self, connection: Connection, lease: Lease) -> tuple[Outcome, bool]:
        """Read a list once for all its triggers; return the result, and whether the whole list was read."""
        triggers = {key: connection.triggers[key] for key in lease.list.triggers}
        begun = [trigger.begin(lease.cursors.get(key)) for key, trigger in triggers.items()]
        readings = await read_together(connection.client, begun)
        cursors: dict[str, Cursor] = {}
        found: list[tuple[Event, str]] = []
        notes: list[str] = []
        complete = True
        for (key, trigger), (poll, read) in zip(triggers.items(), readings, strict=True):
            result = trigger.conclude(poll, read)
            cursors[key], complete = result.cursor, complete and result.complete
            found += [
                (replace(event, id=storable(event.id)), storable(trigger.record_id(event)))
                for event in result.events
            ]
            notes += [note for note in result.notes if note not in notes]
        detailed = await self._with_details(connection, found)
        return Outcome(cursors, detailed, notes), complete

    async def _with_details(self, connection: Connection, found: Sequence[tuple[Event, str]]) -> list[Found]:
        """Request the details of the events' records and add them to the events, once for each record.

        If the details of a record cannot be read, its events have a `problem`. If this happens for several
        consecutive records, the cause is probably the vendor and not the records, so the error is raised and
        the list is polled again later.
        """
        read: dict[tuple[str, str], Any] = {}
        problems: dict[tuple[str, str], str] = {}
        unread_in_a_row = 0
        detailed = []
        for event, record in found:
            trigger = connection.triggers[event.trigger]
            kind = kind_of(connection, event.trigger)
            details = trigger.trigger.details
            if details is None:
                detailed.append(Found(event, record, kind))
                continue
            place = (details.operation, record)
            if place not in read and place not in problems:
                try:
                    read[place] = await trigger.request_details(event)
                    unread_in_a_row = 0
                except OF_THE_CONNECTION:
                    raise
                except Exception as problem:
                    unread_in_a_row += 1
                    if unread_in_a_row == MAX_STUCK_RECORDS:
                        raise
                    problems[place] = as_connector_error(problem).message
            if place in read:
                detailed.append(Found(trigger.with_details(event, read[place]), record, kind))
            else:
                detailed.append(Found(event, record, kind, problems[place]))
        return sorted(detailed, key=lambda one: one.event.occurred_at or one.event.observed_at)

    async def complete_due(self) -> int:
        """Request the details of the waiting events that are due, and return the number of these events."""
        lease = new_lease()
        found = await self._store.run(waiting.lease_due, lease, self._clock())
        if found:
            await self.complete_leased(lease)
        return found

    async def complete_leased(self, lease: str) -> None:
        """Request the details of the waiting events that are leased under `lease`."""
        for row in await self._store.run(waiting.leased, lease, self._clock()):
            await self._complete(row)

    async def _complete(self, row: Any) -> None:
        """Request the details of a waiting event and publish the event.

        If this fails, the event is postponed or, after a day, published without details.
        """
        event, kind = waiting.event_of(row)
        try:
            account = await self._store.run(accounts.account, self._encryption, row.connection)
            connection = await self._vendors.connection(account)
            trigger = connection.triggers[event.trigger]
            event = trigger.with_details(event, await trigger.request_details(event))
        except DatabaseUnavailableError:
            raise
        except Exception as problem:  # noqa: BLE001 - other events must not wait for this one
            if not waiting.is_over(row, self._clock()):
                message = as_connector_error(problem).message
                await self._store.run(waiting.postpone, row, message, self._clock())
                return
            integration = self._vendors.integrations[account.vendor]
            event = without_details(integration.triggers[event.trigger], event)
        found = Found(event, row.record, kind)

        def publish_it(connection: sa.Connection) -> None:
            one_at_a_time(connection, EVENTS)
            if waiting.take(connection, row, self._clock()):
                trigger = self._vendors.integrations[account.vendor].triggers[event.trigger]
                publish(connection, row.connection, trigger, found, self._clock())

        await self._store.run(publish_it)

    async def _failed(self, lease: Lease, problem: ConnectorError) -> None:
        """Store why a poll failed, and schedule the next one after a pause that doubles with each failure."""
        failures = lease.failures + 1
        pause = LONGEST_PAUSE
        if not isinstance(problem, PlanRefusedError):
            plan = await self._plans.of(lease.account.login)
            pause = min(timedelta(seconds=plan.interval) * 2 ** min(failures - 1, 6), LONGEST_PAUSE)
        asked = getattr(problem, "retry_after", None)
        pause = max(pause, timedelta(seconds=asked or 0))
        if isinstance(problem, AuthenticationError):
            pause = PROBE
            await self._store.run(accounts.refuse, lease.account.id, problem.message)
        about = {"connection": lease.account.name, "list": lease.list.name}
        log.warning(
            "%(connection)s: %(list)s cannot be polled: %(why)s",
            {**about, "why": problem.message},
            extra=about,
        )
        await self._store.run(settle_failure, lease, problem.message, failures, self._clock() + pause)


def kind_of(connection: Connection, trigger: str) -> str:
    """Return the event type of a trigger, such as `return_created`; `other` if the catalog has none."""
    unified = connection.integration.unified
    return unified.events.get(trigger, "other") if unified else "other"


def without_details(trigger: Trigger, event: Event) -> Event:
    """Return an event with None in place of the details, as for a record that was deleted."""
    return replace(event, data={**event.data, trigger.details.key: None}) if trigger.details else event
