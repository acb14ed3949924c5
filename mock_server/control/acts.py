"""Control plane operations that list and run acts.

An act is an operation that merchants perform on a vendor's web pages, not through its API, such as installing
an app.
"""

from mock_server.acts import Act, acts_of
from mock_server.control.context import ControlContext
from mock_server.engine.call import Call
from mock_server.engine.messages import refusal
from mock_server.engine.problem import Problem
from mock_server.engine.reply import Reply
from mock_server.lifecycle import IllegalMove
from mock_server.spelling import UnknownNameError
from mock_server.vendors import Vendor


class ActEndpoints:
    """Handles the operations that list and run a vendor's acts."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context

    def list_acts(self, call: Call) -> Reply:
        self._context.tenant(call)
        acts = [
            {"name": name, "description": act.sentence, "schema": dict(act.schema)}
            for name, act in acts_of(self._context.vendor_in_path(call)).items()
        ]
        return Reply(200, {"acts": acts})

    async def run_act(self, call: Call) -> Reply:
        tenant, vendor = self._context.tenant(call).name, self._context.vendor_in_path(call)
        act, requested = self._act(vendor, call.path["act"]), call.body
        if faults := act.faults(requested):
            raise refusal(faults)
        at = await self._context.now(tenant)
        try:
            with self._context.world.store.change() as change:
                document = act.run(change, tenant, requested, at)
        except LookupError as error:
            raise Problem("not_found", str(error)) from None
        except (IllegalMove, ValueError) as error:
            raise Problem("invalid", str(error)) from None
        return Reply(200, {"vendor": vendor.name, "document": document})

    def _act(self, vendor: Vendor, name: str) -> Act:
        acts = acts_of(vendor)
        if name not in acts:
            raise UnknownNameError("act", name, acts, of=vendor.name)
        return acts[name]
