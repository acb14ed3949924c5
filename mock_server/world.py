"""The state of one sandbox, in one object; two worlds share nothing."""

import secrets
from dataclasses import dataclass, field
from typing import Self

import sqlalchemy as sa

from mock_server.access.keys import Keys
from mock_server.access.ratelimit import Limiter
from mock_server.access.tokens import Tokens
from mock_server.clock import Clocks
from mock_server.labels import Labels
from mock_server.ledger import Ledger
from mock_server.rendering import Renderer
from mock_server.settings import Settings
from mock_server.store import Store, tables
from mock_server.supervisor import Supervisor
from mock_server.switches import Switches
from mock_server.webhooks.outbox import Outbox


@dataclass(frozen=True, slots=True)
class World:
    """Everything that vendors and the control plane work on."""

    store: Store
    ledger: Ledger
    clocks: Clocks
    keys: Keys
    tokens: Tokens
    limiter: Limiter
    switches: Switches
    outbox: Outbox
    labels: Labels
    settings: Settings
    tasks: Supervisor = field(default_factory=Supervisor)
    renderer: Renderer = field(default_factory=Renderer)

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open the database of the settings; raises `StoreError` when it cannot be used."""
        store = Store.open(settings.database)
        return cls._over(store, settings, _secret(store, settings))

    def scratch(self) -> Self:
        """Return an empty world with the same settings and secret, in a scratch store."""
        return self._over(Store.scratch(), self.settings, self.keys.secret)

    @classmethod
    def _over(cls, store: Store, settings: Settings, secret: bytes) -> Self:
        clocks = Clocks(store)
        limiter = Limiter(clocks, enabled=settings.rate_limits)
        keys = Keys(store, secret, public_demo=settings.has_public_demo_keys)
        tokens = Tokens(store, keys, clocks, secret)
        outbox = Outbox(store, clocks)
        labels = Labels.of(secret, settings.base_url)
        switches = Switches(store)
        return cls(store, Ledger(store), clocks, keys, tokens, limiter, switches, outbox, labels, settings)

    def close(self) -> None:
        """Give the database back."""
        self.store.close()


def _secret(store: Store, settings: Settings) -> bytes:
    """Return the secret of the settings, or the one that the database has kept since it was made."""
    if settings.secret is not None:
        return settings.secret.get_secret_value().encode()
    table = tables.meta
    kept = store.select(sa.select(table.c.value).where(table.c.name == "secret"))
    if kept:
        return bytes.fromhex(kept[0][0])
    made = secrets.token_bytes(32)
    with store.change() as change:
        change.run(sa.insert(table).values(name="secret", value=made.hex()))
    return made
