"""`World`: the state and services of one sandbox; two worlds share no state."""

import secrets
from dataclasses import dataclass, field
from typing import Self

import sqlalchemy as sa

from mock_server.access.keys import Keys
from mock_server.access.ratelimit import Limiter
from mock_server.access.tokens import Tokens
from mock_server.clock import Clocks
from mock_server.journal.attribution import Attribution
from mock_server.journal.journal import Journal
from mock_server.labels import Labels
from mock_server.ledger import Ledger
from mock_server.rendering import Renderer
from mock_server.settings import Settings
from mock_server.store import Store, tables
from mock_server.supervisor import Supervisor
from mock_server.switches import Switches
from mock_server.webhooks.outbox import Outbox
from mock_server.webhooks.registry import Webhooks


@dataclass(frozen=True, slots=True)
class World:
    """The database and services of one sandbox, which vendors and the control plane use."""

    store: Store
    ledger: Ledger
    clocks: Clocks
    keys: Keys
    tokens: Tokens
    limiter: Limiter
    switches: Switches
    outbox: Outbox
    webhooks: Webhooks
    labels: Labels
    settings: Settings
    journal: Journal
    tasks: Supervisor = field(default_factory=Supervisor)
    renderer: Renderer = field(default_factory=Renderer)

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Create a world that uses the database in the settings.

        Raises `StoreError` if the database cannot be used.
        """
        store = Store.open(settings.database)
        return cls._over(store, settings, _secret(store, settings))

    def scratch(self) -> Self:
        """Create an empty world with a temporary store, and with the same settings and secret."""
        return self._over(Store.scratch(), self.settings, self.keys.secret)

    @classmethod
    def _over(cls, store: Store, settings: Settings, secret: bytes) -> Self:
        clocks = Clocks(store)
        limiter = Limiter(clocks, enabled=settings.rate_limits)
        keys = Keys(store, secret, public_demo=settings.has_public_demo_keys)
        tokens = Tokens(store, keys, clocks, secret)
        outbox = Outbox(store, clocks)
        return cls(
            store=store,
            ledger=Ledger(store),
            clocks=clocks,
            keys=keys,
            tokens=tokens,
            limiter=limiter,
            switches=Switches(store),
            outbox=outbox,
            webhooks=Webhooks(store, outbox, clocks),
            labels=Labels.of(secret, settings.base_url),
            settings=settings,
            journal=Journal(settings.journal, Attribution(keys, tokens)),
        )

    def close(self) -> None:
        """Close the world's database."""
        self.store.close()


def _secret(store: Store, settings: Settings) -> bytes:
    """Return the secret from the settings or the database; if neither has one, generate and store one."""
    if settings.secret is not None:
        return settings.secret.get_secret_value().encode()
    table = tables.meta
    stored = store.select(sa.select(table.c.value).where(table.c.name == "secret"))
    if stored:
        return bytes.fromhex(stored[0][0])
    new = secrets.token_bytes(32)
    with store.change() as change:
        change.run(sa.insert(table).values(name="secret", value=new.hex()))
    return new
