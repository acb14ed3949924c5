"""Control plane operation that erases a customer's personal data."""

from dataclasses import asdict

from mock_server.control.context import ControlContext
from mock_server.engine.call import Call
from mock_server.engine.reply import Reply
from mock_server.erasure.erase import erase


class ForgetEndpoints:
    """Handles the operation that erases a customer's personal data."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context

    async def forget_customer(self, call: Call) -> Reply:
        tenant = self._context.tenant(call).name
        async with self._context.bulk.exclusive(tenant):
            tenant = self._context.tenant(call).name  # it may have been deleted meanwhile
            erased = await erase(self._context.world, tenant, call.body["email"])
        return Reply(200, asdict(erased))
