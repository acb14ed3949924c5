"""Switches: what can be turned on and off for a tenant, and how each stands."""

from typing import Any

from mock_server.control.context import ControlContext
from mock_server.engine.call import Call
from mock_server.engine.problem import Problem
from mock_server.engine.reply import Reply
from mock_server.switches import Position


class SwitchEndpoints:
    """Operations on switches."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context

    def list_switches(self, call: Call) -> Reply:
        tenant = self._context.tenant(call).name
        return Reply(
            200, {"switches": [_shown(one) for one in self._context.world.switches.positions(tenant)]}
        )

    async def turn_switch(self, call: Call) -> Reply:
        tenant, requested = self._context.tenant(call).name, call.body
        vendor, switches = self._context.vendor(requested["vendor"]), self._context.world.switches
        at = await self._context.now(tenant)
        try:
            turned = switches.turn(
                tenant,
                vendor.name,
                requested["name"],
                on=requested["on"],
                at=at,
                shop=requested.get("shop") or "",
            )
        except LookupError as error:
            raise Problem("invalid", str(error)) from None
        return Reply(200, _shown(turned))


def _shown(position: Position) -> dict[str, Any]:
    return {
        "vendor": position.vendor,
        "name": position.switch.name,
        "description": position.switch.sentence,
        "shop": position.shop or None,
        "on": position.on,
    }
