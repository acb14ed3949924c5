"""Opens the connections to the vendors' APIs, with shared transports, and counts their calls per login."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.hub.budget import Budget
from connector.runtime.connection import connect
from connector.transport.sharing import SharedTransports

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from connector.clock import Clock, Sleep
    from connector.definition.model import Integration
    from connector.hub.connections import Account
    from connector.hub.plans import Plans
    from connector.hub.store import Store
    from connector.runtime.connection import Connection
    from connector.transport.client import Pace


class Vendors:
    """Opens a connection for each account, and keeps it open.

    All connections to a vendor share its `Integration` and one HTTP transport; each has its own login,
    headers and cookies. Each call is counted in the database before it is sent. `transport` replaces the
    network in tests.
    """

    def __init__(
        self,
        store: Store,
        integrations: Mapping[str, Integration],
        plans: Plans,
        clock: Clock,
        sleep: Sleep,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        self.integrations = integrations
        self._store = store
        self._plans = plans
        self._clock = clock
        self._sleep = sleep
        self._transport = transport
        self._shared = SharedTransports()
        self._open: dict[str, Connection] = {}
        self._paces: dict[str, Pace] = {}

    async def connection(self, account: Account) -> Connection:
        """Return the open connection of an account; open it if necessary.

        Raises `ConfigurationError` if its login is incomplete, and `PlanRefusedError` if its lists cannot be
        polled often enough.
        """
        opened = self._open.get(account.id)
        if opened is None:
            opened = self._open[account.id] = self.connect(account)
        plan = await self._plans.of(account.login)
        pace = self._paces.setdefault(account.login, opened.client.pace)
        opened.client.pace = Budget(self._store, account.login, plan.budget, pace, self._clock)
        return opened

    def connect(self, account: Account) -> Connection:
        """Open a connection that is neither counted nor kept, for example to test a login."""
        return connect(
            self.integrations[account.vendor],
            base_url=account.base_url,
            transport=self._transport or self._shared,
            clock=self._clock,
            sleep=self._sleep,
            credentials=account.fields,
            profile=account.name,
        )

    async def forget(self, id_: str) -> None:
        """Close the connection of the account `id_`, which was deleted."""
        opened = self._open.pop(id_, None)
        if opened is not None:
            await opened.client.close()

    async def close(self) -> None:
        """Close all connections and the transports that they share."""
        for id_ in list(self._open):
            await self.forget(id_)
        await self._shared.close()
