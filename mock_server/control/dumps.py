"""Control plane operations that export a tenant to a JSON document, and import such a document."""

from mock_server.control.context import ControlContext, conflict
from mock_server.control.health import program_version
from mock_server.control.tenants import shown
from mock_server.dumps import Dumps, InvalidDumpError, TooLargeError
from mock_server.engine.call import Call
from mock_server.engine.messages import refusal
from mock_server.engine.problem import Problem
from mock_server.engine.reply import Rendered, Reply
from mock_server.tenants import TenantExistsError


class DumpEndpoints:
    """Handles the operations that export and import tenants."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context
        self._dumps = Dumps(context.world, context.tenants, context.bulk, context.vendors)

    async def dump_tenant(self, call: Call) -> Reply:
        try:
            with self._context.missing():
                document = await self._dumps.dump(self._context.tenant(call).name, program_version())
        except TooLargeError as error:
            return conflict(error)
        return Reply(200, Rendered(document))

    async def load_tenant(self, call: Call) -> Reply:
        try:
            tenant = await self._dumps.load(call.body, call.query.get("name", ""))
        except TenantExistsError as error:
            return conflict(error)
        except InvalidDumpError as error:
            raise refusal(error.errors) from None
        except ValueError as error:
            raise Problem("invalid", str(error)) from None
        return Reply(201, shown(self._context, tenant))
