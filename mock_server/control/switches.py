"""Control plane operations that list a tenant's switches, and turn them on and off.

A switch simulates a condition of the tenant's account, such as an outage at the vendor.
"""

from typing import Any

from mock_server.control.context import ControlContext, is_of_vendor
from mock_server.engine.call import Call
from mock_server.engine.problem import Problem
from mock_server.engine.reply import Reply
from mock_server.switches import Position


class SwitchEndpoints:
    """Handles the operations that list a tenant's switches and turn them on and off."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context

    def list_switches(self, call: Call) -> Reply:
        tenant = self._context.tenant(call).name
        positions = self._context.world.switches.positions(tenant)
        found = [_switch(position) for position in positions if is_of_vendor(call, position.vendor)]
        return Reply(200, {"switches": found})

    async def turn_switch(self, call: Call) -> Reply:
        tenant, requested = self._context.tenant(call).name, call.body
        vendor, switches = self._context.vendor(requested["vendor"]), self._context.world.switches
        at = await self._context.now(tenant)
        try:
            position = switches.turn(
                tenant,
                vendor.name,
                requested["name"],
                on=requested["on"],
                at=at,
                shop=requested.get("shop") or "",
            )
        except LookupError as error:
            raise Problem("invalid", str(error)) from None
        return Reply(200, _switch(position))


def _switch(position: Position) -> dict[str, Any]:
    return {
        "vendor": position.vendor,
        "name": position.switch.name,
        "description": position.switch.sentence,
        "shop": position.shop or None,
        "on": position.on,
    }
