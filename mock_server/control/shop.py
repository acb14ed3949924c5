"""Control plane operation that exports a tenant in the format of a shop's file."""

import asyncio

from mock_server.control.context import ControlContext
from mock_server.engine.call import Call
from mock_server.engine.reply import Reply


class ShopEndpoints:
    """Handles the operation that exports a tenant in the format of a shop's file."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context

    async def export_shop(self, call: Call) -> Reply:
        # Imported here because most sandboxes never need it.
        from mock_server.shop.export import export
        from mock_server.shop.loadable import loadable

        tenant = self._context.tenant(call).name
        now = await self._context.now(tenant)
        present = {}
        for name, vendor in self._context.vendors.items():
            present[name] = vendor.read_shop(tenant)
            await self._context.world.store.yield_after_commit()  # lets other requests run
        shop, left_out = await asyncio.to_thread(lambda: loadable(export(present, now), now))
        return Reply(200, shop, ((b"x-sandbox-left-out", b"%d" % left_out),))
