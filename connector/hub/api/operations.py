"""Implements the operations of `openapi/hub.yaml`; each method has the name of its operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.definition.spelling import unknown
from connector.errors import ConfigurationError
from connector.hub import connections, deliveries, events, plans, subscriptions
from connector.hub.overview import plans_of_all
from connector.hub.subscriptions import Requested
from connector.hub.targets import check_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    import sqlalchemy as sa

    from connector.definition.model import Integration
    from connector.hub.hub import Hub

Answer = tuple[dict[str, Any] | None, int]


class Operations:
    """Handles the requests to the API of one hub: one method per operationId."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def get_health(self) -> Answer:
        hub = self._hub
        problems = [*filter(None, [hub.store.problem]), *hub.engine.problems.values()]
        return {"status": "degraded" if problems else "ok", "problems": problems}, 503 if problems else 200

    async def get_plan(self) -> Answer:
        hub = self._hub
        rows = await hub.store.run(plans_of_all, hub.integrations, hub.clock(), hub.shortest)
        return {"logins": rows}, 200

    async def list_connections(self) -> Answer:
        return {"connections": await self._hub.store.run(connections.listed)}, 200

    async def create_connection(self, body: Mapping[str, Any]) -> Answer:
        hub = self._hub
        integration = _integration(hub.integrations, body["vendor"])
        account = connections.Account(
            id="", name=body["name"], vendor=body["vendor"], base_url=body.get("base_url"), login="",
            fields=body["fields"],
        )  # fmt: skip
        async with hub.vendors.connect(account) as checked:
            await checked.check()

        def add(connection: sa.Connection) -> str:
            now = hub.clock()
            id_ = connections.add(
                connection,
                hub.encryption,
                integration,
                name=body["name"],
                base_url=body.get("base_url"),
                fields=body["fields"],
                now=now,
            )
            plans.check(connection, hub.integrations, now, hub.shortest)
            return id_

        id_ = await hub.store.run(add)
        hub.changed()
        return await hub.store.run(connections.shown, id_), 201

    async def get_connection(self, connection: str) -> Answer:
        return await self._hub.store.run(connections.shown, connection), 200

    async def delete_connection(self, connection: str) -> Answer:
        await self._hub.store.run(connections.delete, connection)
        await self._hub.vendors.forget(connection)
        self._hub.changed()
        return None, 204

    async def list_subscriptions(self) -> Answer:
        return {"subscriptions": await self._hub.store.run(subscriptions.listed)}, 200

    async def create_subscription(self, body: Mapping[str, Any]) -> Answer:
        hub = self._hub
        check_url(body["target"])
        requested = Requested(
            trigger=body["trigger"],
            target=body["target"],
            connection=body.get("connection"),
            format=body.get("format", "unified"),
            filters=body.get("filters") or {},
        )

        def add(connection: sa.Connection) -> dict[str, Any]:
            now = hub.clock()
            created = subscriptions.add(connection, hub.encryption, hub.integrations, requested, now)
            plans.check(connection, hub.integrations, now, hub.shortest)
            return created

        created = await hub.store.run(add)
        hub.changed()
        return created, 201

    async def get_subscription(self, subscription: str) -> Answer:
        return await self._hub.store.run(subscriptions.shown, subscription), 200

    async def delete_subscription(self, subscription: str) -> Answer:
        await self._hub.store.run(subscriptions.delete, self._hub.integrations, subscription)
        self._hub.changed()
        return None, 204

    async def pause_subscription(self, subscription: str) -> Answer:
        return await self._hub.store.run(subscriptions.turn, subscription, subscriptions.PAUSED), 200

    async def resume_subscription(self, subscription: str) -> Answer:
        turned = await self._hub.store.run(subscriptions.turn, subscription, subscriptions.ACTIVE)
        self._hub.changed()
        return turned, 200

    async def list_events(
        self, after: int = 0, limit: int = 100, connection: str | None = None, trigger: str | None = None
    ) -> Answer:
        found = await self._hub.store.run(events.read_after, after, limit, of=connection, trigger=trigger)
        return {"events": found}, 200

    async def list_deliveries(
        self, limit: int = 100, subscription: str | None = None, state: str | None = None
    ) -> Answer:
        found = await self._hub.store.run(deliveries.latest, limit, subscription, state)
        return {"deliveries": found}, 200

    async def resend_delivery(self, delivery: int) -> Answer:
        sent = await self._hub.store.run(deliveries.resend, delivery, self._hub.clock())
        self._hub.engine.wake()
        return sent, 202


def _integration(integrations: Mapping[str, Integration], vendor: str) -> Integration:
    if vendor not in integrations:
        raise ConfigurationError(unknown("vendor", vendor, integrations))
    return integrations[vendor]
