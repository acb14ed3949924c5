"""Control plane operation that verifies a tenant's stored data against its ledger."""

from dataclasses import asdict

from mock_server.control.context import ControlContext
from mock_server.engine.call import Call
from mock_server.engine.reply import Reply
from mock_server.verification import NOT_IN_LEDGER, Verifier


class VerificationEndpoints:
    """Handles the operation that verifies a tenant's stored data against its ledger."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context
        self._verifier = Verifier(context.world, context.tenants, context.bulk, context.vendors)

    async def verify_tenant(self, call: Call) -> Reply:
        with self._context.missing():
            result = await self._verifier.verify(self._context.tenant(call).name)
        verification = {
            "ok": not result.found,
            "rows": result.rows,
            "events": result.events,
            "found": result.found,
            "differences": [asdict(difference) for difference in result.differences],
            "not_verified": list(NOT_IN_LEDGER),
        }
        return Reply(200, verification)
