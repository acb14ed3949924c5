"""Control plane operations that list the kinds of faults, and manage a tenant's faults."""

from typing import Any

from mock_server.control.context import ControlContext, is_of_vendor
from mock_server.engine.call import Call
from mock_server.engine.problem import Problem
from mock_server.engine.reply import Reply
from mock_server.faults.kinds import ANY, KINDS
from mock_server.faults.model import Fault
from mock_server.faults.parsing import parse
from mock_server.faults.scenarios import SCENARIOS


class FaultEndpoints:
    """Handles the operations that list the kinds of faults, and add, show and delete a tenant's faults."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context

    def list_fault_kinds(self, _call: Call) -> Reply:
        kinds = [
            {"what": name, "target": kind.target, "description": kind.description, "schema": kind.schema}
            for name, kind in KINDS.items()
        ]
        scenarios = [
            {"name": name, "description": scenario.description, "faults": [dict(f) for f in scenario.faults]}
            for name, scenario in SCENARIOS.items()
        ]
        return Reply(200, {"kinds": kinds, "scenarios": scenarios})

    def list_faults(self, call: Call) -> Reply:
        tenant = self._context.tenant(call).name
        faults = self._context.faults.faults(tenant)
        found = [_shown(one) for one in faults if one.vendor == ANY or is_of_vendor(call, one.vendor)]
        return Reply(200, {"faults": found})

    def create_fault(self, call: Call) -> Reply:
        tenant, faults = self._context.tenant(call), self._context.faults
        new = parse(call.body, faults.operations, tenant.seed)
        return Reply(201, _shown(faults.add(tenant.name, new)[0]))

    def get_fault(self, call: Call) -> Reply:
        return Reply(200, _shown(self._fault(call)))

    def delete_fault(self, call: Call) -> Reply:
        fault = self._fault(call)
        self._context.faults.delete(fault.tenant, fault.id)
        return Reply(204, None)

    def delete_faults(self, call: Call) -> Reply:
        self._context.faults.delete_all(self._context.tenant(call).name)
        return Reply(204, None)

    def set_scenario(self, call: Call) -> Reply:
        tenant, faults, name = self._context.tenant(call), self._context.faults, call.body["name"]
        vendor, seed = call.body.get("vendor", ANY), call.body.get("seed", tenant.seed)
        requested = [{"vendor": vendor, **fault} for fault in SCENARIOS[name].faults]
        new = [parse(fault, faults.operations, seed) for fault in requested]
        added = faults.add(tenant.name, *new, scenario=name)
        return Reply(200, {"faults": [_shown(fault) for fault in added]})

    def _fault(self, call: Call) -> Fault:
        try:
            return self._context.faults.find(self._context.tenant(call).name, call.path["fault"])
        except LookupError as error:
            raise Problem("not_found", str(error)) from None


def _shown(fault: Fault) -> dict[str, Any]:
    return {
        "id": fault.id,
        "scenario": fault.scenario or None,
        "vendor": fault.vendor,
        "operation": fault.operation,
        "what": fault.what,
        "parameters": dict(fault.parameters),
        "when": fault.condition.shown(),
        "calls": sum(fault.calls.values()),
        "fired": fault.fired,
        "active": fault.is_active,
    }
