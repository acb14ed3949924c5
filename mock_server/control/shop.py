"""The control plane operation that exports a tenant as a shop."""

from mock_server.control.context import ControlContext
from mock_server.engine.call import Call
from mock_server.engine.reply import Reply


class ShopEndpoints:
    """Handles the operation that exports a tenant as a shop."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context

    async def export_shop(self, call: Call) -> Reply:
        # Imported here because most sandboxes never need it.
        from mock_server.shop.export import export

        tenant = self._context.tenant(call).name
        now = await self._context.now(tenant)
        present = {name: vendor.read_shop(tenant) for name, vendor in self._context.vendors.items()}
        return Reply(200, export(present, now))
