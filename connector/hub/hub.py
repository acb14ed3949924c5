"""Assembles the hub: database, vendors, poller, deliverer, engine and API."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import httpx

import openapi
from connector import clock as real
from connector.definition.compiler import integration, vendors
from connector.hub import connections, delivering, keys, leases, polling, waiting
from connector.hub.alarms import book
from connector.hub.alarms.sending import Routes, Watch
from connector.hub.api.connexion_parts import NO_SWAGGER_UI, AsyncApp, Resolver
from connector.hub.api.on_demand import OnDemandOperations
from connector.hub.api.operations import Operations
from connector.hub.api.problems import add_handlers
from connector.hub.api.security import HUB
from connector.hub.api.validation import VALIDATORS
from connector.hub.encryption import Encryption, check_key
from connector.hub.engine import Job, Loop, Shared
from connector.hub.hints.receiver import PREFIX, Receiver
from connector.hub.logs import LOGGER, Recent
from connector.hub.page.site import Site, is_page
from connector.hub.planning import SHORTEST
from connector.hub.plans import Plans
from connector.hub.retention import Retention
from connector.hub.store import Store
from connector.hub.targets import Allowed, client, host_of
from connector.hub.vendors import Vendors
from connector.hub.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    import sqlalchemy as sa

    from connector.clock import Clock, Sleep
    from connector.hub.engine import Engine

log = logging.getLogger("returns_connector.hub")

HEARTBEAT = 5.0
"""How many seconds pass between two heartbeats of a process that shares its database with others."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a hub.

    `database` is an SQLAlchemy URL, and `encryption_keys` contains the keys for logins, one per line.
    `shortest` is the minimum number of seconds between two polls of a list. `heartbeat` is the number of
    seconds between two heartbeats of a process, if several processes use one database. `allow` contains
    networks and hosts that targets may have although they are not public. `public_url` is the URL under which
    vendors reach the hub, or "" if they cannot, and `address` the URL on this machine. Events are kept for
    `keep_days`. `alarms` is where alarms are sent. `transport` and `target_transport` replace the network in
    tests.
    """

    database: str
    encryption_keys: str = field(repr=False)
    shortest: int = SHORTEST
    heartbeat: float = HEARTBEAT
    allow: Sequence[str] = ()
    public_url: str = ""
    address: str = "http://127.0.0.1:4020"
    keep_days: int = 30
    alarms: Routes = field(default_factory=Routes)
    clock: Clock = real.now
    sleep: Sleep = real.sleep
    transport: httpx.AsyncBaseTransport | None = None
    target_transport: httpx.AsyncBaseTransport | None = None


class Hub:
    """The parts of one hub, and the jobs that its engine runs; `open` creates a hub."""

    def __init__(self, options: Options) -> None:
        self.clock, self.shortest = options.clock, options.shortest
        self.encryption = Encryption(options.encryption_keys)
        self._secret = options.encryption_keys
        self.store = Store(options.database)
        self.integrations = {name: integration(name) for name in vendors()}
        self.plans = Plans(self.store, self.integrations, options.clock, options.shortest)
        self.vendors = Vendors(
            self.store, self.integrations, self.plans, options.clock, options.sleep, options.transport
        )
        self.allowed = _allowed(options)
        self._http = client(self.allowed, delivering.TIMEOUT, options.target_transport)
        self.poller = polling.Poller(self.store, self.encryption, self.vendors, self.plans, options.clock)
        self.deliverer = delivering.Deliverer(
            self.store, self.encryption, self.integrations, self._http, options.clock
        )
        self.retention = Retention(self.store, options.keep_days, options.clock)
        self.watch = Watch(
            self.store,
            self.integrations,
            options.alarms,
            self._http,
            options.clock,
            shortest=options.shortest,
            hub_url=options.public_url or options.address,
        )
        self.engine = self._engine(options)
        self.watchdog = Watchdog(options.clock, options.sleep)
        self.recent = Recent()
        self.public_url = options.public_url.rstrip("/")
        self.url = self.public_url or options.address
        self._receiver = Receiver(
            self.store, self.encryption, self.integrations, self.plans, options.clock, self.engine.wake
        )

    @classmethod
    @asynccontextmanager
    async def open(cls, options: Options) -> AsyncIterator[Self]:
        """Open a hub and check its encryption key; close it at the end of the `with` block.

        Raises `ConfigurationError` if the database, the key or an option cannot be used.
        """
        hub = cls(options)
        try:
            await check_key(hub.store, hub.encryption)
            logging.getLogger(LOGGER).addHandler(hub.recent)
            yield hub
        finally:
            logging.getLogger(LOGGER).removeHandler(hub.recent)
            await hub.vendors.close()
            await hub._http.aclose()
            hub.store.close()

    def _engine(self, options: Options) -> Engine:
        if not self.store.shared:
            return Loop(options.clock, options.sleep, store=self.store)
        from connector.hub.queue import Queue

        return Queue(self.store, options.clock, options.sleep, options.heartbeat)

    async def first_key(self) -> str | None:
        """Create an admin key if the database has no keys, and return it; otherwise return None."""
        return await self.store.run(keys.create_first, self.clock())

    def account(self, connection: sa.Connection, id_: str) -> connections.Account:
        """Read a connection and decrypt its login; raise `NotFound` if the connection does not exist."""
        return connections.account(connection, self.encryption, id_)

    def jobs(self) -> list[Job]:
        """Return the jobs that the engine runs: poll, read missing details, and deliver."""
        run = self.store.run
        poller, deliverer = self.poller, self.deliverer
        polls = Shared("polls", polling.lease_due, poller.poll_leased)
        details = Shared("details", waiting.lease_due, poller.complete_leased)
        sent = Shared("deliveries", delivering.lease_due, deliverer.deliver_leased)
        return [
            Job("poll the vendors", poller.poll_due, lambda: run(polling.next_due), polls),
            Job("read details", poller.complete_due, lambda: run(waiting.next_due), details),
            Job("look for problems", self.watch.look, self.watch.next_look),
            Job("send alarms", self.watch.send_due, lambda: run(book.next_due)),
            Job("delete old events", self.retention.prune_due, self.retention.next_prune),
            Job("deliver events", deliverer.deliver_due, lambda: run(delivering.next_due), sent),
        ]

    async def work(self) -> None:
        """Poll the vendors and deliver events until stopped or cancelled.

        With SQLite, this is the only process, so that what an earlier one has leased is free.
        """
        if not self.store.shared:
            await self.store.run(leases.end_all)
        await self.watchdog.run(self.engine, self.jobs())

    def stop(self) -> None:
        """Let the jobs end their present runs; readiness is red from now on."""
        self.watchdog.stop()
        self.engine.stop()

    def changed(self) -> None:
        """Compute the plans again and wake the engine, after a connection or subscription was changed."""
        self.plans.forget()
        self.engine.wake()

    def app(self) -> Any:
        """Build the ASGI application that serves the hub's API, its page, and the vendors' webhooks."""
        handlers, site = (Operations(self), OnDemandOperations(self)), Site(self, self._secret).app()
        api = AsyncApp("connector.hub", uri_parser_class=None, swagger_ui_options=NO_SWAGGER_UI)
        api.add_api(
            openapi.read(openapi.HUB),
            resolver=Resolver(
                lambda name: next(getattr(one, name) for one in handlers if hasattr(one, name))
            ),
            strict_validation=True,
            validate_responses=False,
            validator_map=VALIDATORS,
        )
        add_handlers(api)

        async def app(scope: Any, receive: Any, send: Any) -> None:
            path = scope.get("path", "")
            if scope["type"] == "http" and path.startswith(PREFIX):
                await self._receiver(scope, receive, send)
            elif scope["type"] == "http" and is_page(path):
                await site(scope, receive, send)
            else:
                await api({**scope, HUB: self}, receive, send)

        return app


def _allowed(options: Options) -> Allowed:
    """Return which addresses may be reached: those that targets may have, and the owner's webhook."""
    own = [host_of(httpx.URL(options.alarms.url))] if options.alarms.url else []
    return Allowed([*options.allow, *own])
