"""Returns the newest events of a trigger as samples, in the shape of a delivery's body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from connector.definition.spelling import unknown
from connector.errors import ConfigurationError, ConnectorError
from connector.hub.bodies import body_of, event_of
from connector.hub.connections import ALL, trigger_for
from connector.hub.on_demand.asking import ask_all, chosen
from connector.hub.subscriptions import trigger_names
from connector.hub.tables import events
from connector.runtime.newest import newest_events

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from connector.definition.model import Integration
    from connector.hub.connections import Account
    from connector.hub.encryption import Encryption
    from connector.hub.store import Store
    from connector.hub.vendors import Vendors
    from connector.runtime.connection import Connection
    from connector.runtime.polling import Event

MOST_READ = 10
"""The most connections of which a page is read; the samples of the others are stored events."""


@dataclass(frozen=True, slots=True)
class Sample:
    """An event of an account, which may not have happened since anybody subscribed."""

    account: Account
    event: Event

    @property
    def at(self) -> datetime:
        return self.event.occurred_at or self.event.observed_at


@dataclass(frozen=True, slots=True)
class Wanted:
    """The samples to return: at most `limit` of the trigger or event type `trigger`, in a `format`.

    `connection` is a connection's ID, or "all" or None for all connections. `format` is "unified" or
    "vendor".
    """

    trigger: str
    connection: str | None
    limit: int
    format: str


async def samples(store: Store, encryption: Encryption, vendors: Vendors, wanted: Wanted) -> dict[str, Any]:
    """Return samples in the format of the hub's API, newest first, and why connections could not be read.

    One page is read from each connection, and then the details of the records that are returned. If a
    connection cannot be read, for example because its budget is used up, or no record on the page has reached
    the trigger's state, its newest stored events are used. Raises `ConfigurationError` for an unknown
    trigger, and `NotFound` for an unknown connection.
    """
    asked = await store.run(chosen, encryption, wanted.connection)
    served = _served(vendors.integrations, asked, wanted)
    read, problems = await _read(vendors, served[:MOST_READ], wanted)
    found = {one.account.id for one in read} - problems.keys()
    others = [account for account in served if account.id not in found]
    stored = await store.run(_stored, vendors.integrations, others, wanted)
    newest = sorted([*read, *stored], key=lambda one: one.at, reverse=True)
    return {
        "samples": [
            body_of(
                one.event,
                vendors.integrations[one.account.vendor],
                (one.account.id, one.account.name),
                wanted.format,
                {"gap": False},
            )
            for one in newest[: wanted.limit]
        ],
        "problems": [
            {
                "connection_id": one.id,
                "connection": one.name,
                "vendor": one.vendor,
                "message": problems[one.id],
            }
            for one in served
            if one.id in problems
        ],
    }


def _served(
    integrations: Mapping[str, Integration], asked: Sequence[Account], wanted: Wanted
) -> list[Account]:
    """Return the accounts whose vendors have the trigger.

    Raises `ConfigurationError` if the vendor of the wanted connection or, for all connections, no vendor at
    all has it.
    """
    served = [one for one in asked if trigger_for(integrations[one.vendor], wanted.trigger)]
    if served:
        return served
    if wanted.connection in {None, ALL}:
        of, able = "trigger or event type", list(integrations.values())
    else:
        able = [integrations[one.vendor] for one in asked]
        of = f"trigger or event type of {able[0].vendor.title}"
    known = {name for one in able for name in trigger_names(one)}
    if wanted.trigger not in known:
        raise ConfigurationError(unknown(of, wanted.trigger, sorted(known)))
    return []


async def _read(
    vendors: Vendors, served: Sequence[Account], wanted: Wanted
) -> tuple[list[Sample], dict[str, str]]:
    """Read the newest events; return those that are complete, and a sentence per connection that failed."""

    async def page(account: Account, connection: Connection) -> list[Sample]:
        trigger = connection.triggers[str(trigger_for(connection.integration, wanted.trigger))]
        return [Sample(account, event) for event in await newest_events(connection.client, trigger)]

    problems: dict[str, str] = {}
    pages = _without_problems(served, await ask_all(vendors, served, page), problems)
    newest = sorted((one for rows in pages for one in rows), key=lambda one: one.at, reverse=True)
    newest = newest[: wanted.limit]
    of = {one.account.id: [other for other in newest if other.account.id == one.account.id] for one in newest}

    async def details(account: Account, connection: Connection) -> list[Sample]:
        trigger = connection.triggers[str(trigger_for(connection.integration, wanted.trigger))]
        return [Sample(account, await trigger.read_details(one.event)) for one in of[account.id]]

    chosen_ = [account for account in served if account.id in of]
    complete = _without_problems(chosen_, await ask_all(vendors, chosen_, details), problems)
    return [one for rows in complete for one in rows], problems


def _without_problems(
    asked: Sequence[Account], answers: Iterable[list[Sample] | ConnectorError], problems: dict[str, str]
) -> list[list[Sample]]:
    """Return the answers that are no errors; add the message of each error to `problems`."""
    pages = []
    for account, answer in zip(asked, answers, strict=True):
        if isinstance(answer, ConnectorError):
            problems[account.id] = answer.message
        else:
            pages.append(answer)
    return pages


def _stored(
    connection: sa.Connection,
    integrations: Mapping[str, Integration],
    of: Sequence[Account],
    wanted: Wanted,
) -> list[Sample]:
    """Return the newest stored events of each account, at most `wanted.limit` of each."""
    found = []
    for account in of:
        trigger = trigger_for(integrations[account.vendor], wanted.trigger)
        query = (
            sa.select(events)
            .where(events.c.connection == account.id, events.c.trigger == trigger)
            .order_by(events.c.number.desc())
            .limit(wanted.limit)
        )
        found += [Sample(account, event_of(row, row.id)) for row in connection.execute(query).all()]
    return found
