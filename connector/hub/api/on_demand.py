"""Implements the operations that send requests to vendors; each method has the name of its operation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from connector.hub import exact_json
from connector.hub.on_demand import actions
from connector.hub.on_demand.asking import chosen
from connector.hub.on_demand.samples import Wanted, samples
from connector.hub.on_demand.searches import search

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.definition.model import SharedAction
    from connector.hub.hub import Hub

Answer = tuple[dict[str, Any], int]


class OnDemandOperations:
    """Handles the requests to the API of one hub that need the vendors: one method per operationId."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def list_samples(
        self,
        trigger: str,
        connection: str | None = None,
        limit: int = 3,
        format: str = "unified",  # noqa: A002 - the parameter's name in the specification
    ) -> Answer:
        hub = self._hub
        wanted = Wanted(trigger, connection, limit, format)
        return _exact(await samples(hub.store, hub.encryption, hub.vendors, wanted)), 200

    async def find_returns(
        self,
        order_number: str | None = None,
        number: str | None = None,
        customer_email: str | None = None,
        connection: str | None = None,
        limit: int = 20,
    ) -> Answer:
        hub = self._hub
        values = {"order_number": order_number, "number": number, "customer_email": customer_email}
        given = {name: value for name, value in values.items() if value is not None}
        asked = await hub.store.run(chosen, hub.encryption, connection)
        return _exact((await search(hub.vendors, asked, given, limit)).as_json()), 200

    async def approve_return(
        self, connection: str, return_id: str, body: Mapping[str, Any] | None = None
    ) -> Answer:
        return await self._act("approve", connection, return_id, body)

    async def reject_return(
        self, connection: str, return_id: str, body: Mapping[str, Any] | None = None
    ) -> Answer:
        return await self._act("reject", connection, return_id, body)

    async def add_note(self, connection: str, return_id: str, body: Mapping[str, Any]) -> Answer:
        return await self._act("add_note", connection, return_id, body)

    async def _act(
        self, action: SharedAction, connection: str, return_id: str, body: Mapping[str, Any] | None
    ) -> Answer:
        hub = self._hub
        account = await hub.store.run(hub.account, connection)
        asked = body or {}
        result = await actions.run(
            hub.vendors,
            account,
            action,
            return_id,
            text=asked.get("text") or None,
            include_assumed=asked.get("include_assumed", False),
        )
        return _exact(result), 200


def _exact(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body whose amounts Connexion can write without rounding them."""
    plain: dict[str, Any] = json.loads(exact_json.dumps(body))
    return plain
