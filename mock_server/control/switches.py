"""Switches: what can be turned on and off for a tenant, and how each stands."""

from typing import Any

from mock_server.control.context import Office
from mock_server.engine.call import Call
from mock_server.engine.problem import Problem
from mock_server.engine.reply import Reply
from mock_server.switches import Position


class Switchboard:
    """Operations on switches."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def list_switches(self, call: Call) -> Reply:
        tenant = self._office.tenant(call).name
        return Reply(
            200, {"switches": [_shown(one) for one in self._office.world.switches.positions(tenant)]}
        )

    async def turn_switch(self, call: Call) -> Reply:
        tenant, wish = self._office.tenant(call).name, call.body
        vendor, switches = self._office.vendor(wish["vendor"]), self._office.world.switches
        at = await self._office.now(tenant)
        try:
            turned = switches.turn(
                tenant,
                vendor.name,
                wish["name"],
                on=wish["on"],
                at=at,
                shop=wish.get("shop") or "",
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
