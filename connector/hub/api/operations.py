"""Implements the operations of `openapi/hub.yaml`; each method has the name of its operation."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from connector.definition.spelling import unknown
from connector.errors import ConfigurationError
from connector.hub import connections, deliveries, events, keys, metrics, plans, retention, subscriptions
from connector.hub.alarms import book
from connector.hub.alarms.conditions import Condition
from connector.hub.hints import addresses
from connector.hub.hints.registration import check, register, unregister, way
from connector.hub.moments import micros
from connector.hub.overview import plans_of_all
from connector.hub.store import DatabaseUnavailableError
from connector.hub.subscriptions import Requested

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.definition.model import Integration, SharedAction
    from connector.hub.hub import Hub

DATABASE_SECONDS = 5
"""How long the database may take for an answer until readiness is red."""
Answer = tuple[dict[str, Any] | None, int]


class Operations:
    """Handles the requests to the API of one hub: one method per operationId."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def get_health(self) -> Answer:
        hub = self._hub
        problems = [*filter(None, [hub.store.problem]), *hub.engine.problems.values()]
        return {"status": "degraded" if problems else "ok", "problems": problems}, 503 if problems else 200

    async def get_liveness(self) -> Answer:
        return {"status": "ok", "problems": []}, 200

    async def get_readiness(self) -> Answer:
        hub = self._hub
        problems = [*hub.watchdog.problems(), *hub.engine.problems.values()]
        try:
            async with asyncio.timeout(DATABASE_SECONDS):
                await hub.store.run(lambda database: database.execute(sa.text("select 1")).scalar_one())
        except DatabaseUnavailableError as problem:
            problems.append(problem.message)
        except TimeoutError:
            problems.append("The database does not answer.")
        return {"status": "degraded" if problems else "ok", "problems": problems}, 503 if problems else 200

    async def get_metrics(self) -> tuple[str, int, dict[str, str]]:
        hub = self._hub
        measured = await hub.store.run(metrics.measured, hub.integrations, hub.clock(), hub.shortest)
        text = metrics.rendered(measured, hub.deliverer.attempts, hub.watchdog.ages(), hub.engine.problems)
        return text, 200, {"Content-Type": metrics.CONTENT_TYPE}

    async def get_plan(self) -> Answer:
        hub = self._hub
        rows = await hub.store.run(plans_of_all, hub.integrations, hub.clock(), hub.shortest)
        return {"logins": rows}, 200

    async def list_connections(self) -> Answer:
        return {"connections": await self._hub.store.run(connections.listed)}, 200

    async def list_connection_choices(self, action: SharedAction | None = None) -> Answer:
        hub = self._hub
        return {"choices": await hub.store.run(connections.choices, hub.integrations, action)}, 200

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
            plans.check(connection, hub.integrations, now, hub.shortest, id_)
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

    async def get_hook(self, connection: str) -> Answer:
        return await self._hook(connection), 200

    async def set_hook(self, connection: str, body: Mapping[str, Any]) -> Answer:
        hub = self._hub
        account = await hub.store.run(hub.account, connection)
        integration = hub.integrations[account.vendor]
        addresses.check_vendor(integration)
        route = check(integration, hub.public_url) if body.get("register") else None

        def store(database: sa.Connection) -> str:
            addresses.create(database, hub.encryption, connection, body.get("secret"), hub.clock())
            plans.check(database, hub.integrations, hub.clock(), hub.shortest, connection)
            return addresses.url(database, hub.encryption, hub.url, connection)

        url = await hub.store.run(store)
        hub.changed()
        if route is not None:
            opened = await hub.vendors.connection(account)
            known = await hub.store.run(addresses.registered, connection)
            registered = await register(opened, route, url, known)
            await hub.store.run(addresses.store_registered, connection, registered)
        return await self._hook(connection), 200

    async def delete_hook(self, connection: str) -> Answer:
        hub = self._hub
        account = await hub.store.run(hub.account, connection)
        route = way(hub.integrations[account.vendor])
        known = await hub.store.run(addresses.registered, connection)
        if known and route is not None:
            await unregister(await hub.vendors.connection(account), route, known)
        await hub.store.run(addresses.delete, connection)
        hub.changed()
        return None, 204

    async def _hook(self, connection: str) -> dict[str, Any]:
        hub = self._hub
        return await hub.store.run(addresses.shown, hub.encryption, hub.integrations, hub.url, connection)

    async def list_subscriptions(self) -> Answer:
        return {"subscriptions": await self._hub.store.run(subscriptions.listed)}, 200

    async def create_subscription(self, body: Mapping[str, Any]) -> Answer:
        hub = self._hub
        hub.allowed.check_target(body["target"])
        requested = Requested(
            trigger=body["trigger"],
            target=body["target"],
            connection=None if body.get("connection") == connections.ALL else body.get("connection"),
            format=body.get("format", "unified"),
            filters=body.get("filters") or {},
        )

        def add(connection: sa.Connection) -> dict[str, Any]:
            now = hub.clock()
            created = subscriptions.add(connection, hub.encryption, hub.integrations, requested, now)
            plans.check(connection, hub.integrations, now, hub.shortest, requested.connection)
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

    async def list_alarms(self, limit: int = 100) -> Answer:
        return {"alarms": await self._hub.store.run(book.listed, limit)}, 200

    async def test_alarm(self) -> Answer:
        now = self._hub.clock()
        message = "This is a test of the alarms of the hub. Nothing is wrong."
        test = Condition("test", "", message, str(micros(now)))
        await self._hub.store.run(book.open_, test, now)
        self._hub.engine.wake()
        return None, 202

    async def list_keys(self) -> Answer:
        return {"keys": await self._hub.store.run(keys.listed)}, 200

    async def create_key(self, body: Mapping[str, Any]) -> Answer:
        hub, name = self._hub, body["name"]
        key = await hub.store.run(keys.create, name, body["scopes"], hub.clock())
        return {**await hub.store.run(keys.shown, name), "key": key}, 201

    async def delete_key(self, name: str) -> Answer:
        await self._hub.store.run(keys.delete, name)
        return None, 204

    async def erase_customer(self, body: Mapping[str, Any]) -> Answer:
        return dict(await retention.erase(self._hub.store, body["customer"].strip())), 200

    async def list_events(
        self, after: int = 0, limit: int = 100, connection: str | None = None, trigger: str | None = None
    ) -> Answer:
        hub = self._hub
        if trigger is not None and trigger not in (known := _triggers(hub.integrations)):
            raise ConfigurationError(unknown("trigger", trigger, known))
        if connection is not None:
            await hub.store.run(connections.shown, connection)
        found = await hub.store.run(events.read_after, after, limit, of=connection, trigger=trigger)
        return {"events": found}, 200

    async def list_deliveries(
        self, limit: int = 100, subscription: str | None = None, state: str | None = None
    ) -> Answer:
        if subscription is not None:
            await self._hub.store.run(subscriptions.shown, subscription)
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


def _triggers(integrations: Mapping[str, Integration]) -> list[str]:
    return sorted({key for integration in integrations.values() for key in integration.triggers})
