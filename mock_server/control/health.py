"""The sandbox itself."""

from importlib.metadata import PackageNotFoundError, version

from mock_server.control.context import ControlContext
from mock_server.engine.call import Call
from mock_server.engine.reply import Reply


class HealthEndpoints:
    """Whether the sandbox is there, and what it serves."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context

    def get_health(self, _call: Call) -> Reply:
        trouble = self._context.world.store.write_problem()
        ended = self._context.world.tasks.problems()
        health = {
            "status": "failing" if trouble else "degraded" if ended else "ok",
            "problems": [*([trouble] if trouble else []), *ended],
            "version": _version(),
            "database": "memory" if self._context.world.store.in_memory else "file",
            "vendors": list(self._context.vendors),
            "tenants": len(self._context.tenants.every()),
        }
        return Reply(200, health)


def _version() -> str:
    try:
        return version("returns-connector")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0"
