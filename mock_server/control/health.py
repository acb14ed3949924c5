"""Control plane operation that reports the sandbox's health: its problems, version and vendors."""

from importlib.metadata import PackageNotFoundError, version

from mock_server.control.context import ControlContext
from mock_server.engine.call import Call
from mock_server.engine.reply import Reply


class HealthEndpoints:
    """Handles the operation that reports the sandbox's health."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context

    def get_health(self, _call: Call) -> Reply:
        store_problem = self._context.world.store.write_problem()
        task_problems = [*self._context.world.tasks.problems(), *self._context.world.webhooks.problems()]
        health = {
            "status": "failing" if store_problem else "degraded" if task_problems else "ok",
            "problems": [*([store_problem] if store_problem else []), *task_problems],
            "version": program_version(),
            "database": "memory" if self._context.world.store.in_memory else "file",
            "vendors": list(self._context.vendors),
            "tenants": len(self._context.tenants.every()),
        }
        return Reply(200, health)


def program_version() -> str:
    """Return the version of the installed package, or "0" if it is not installed."""
    try:
        return version("returns-connector")
    except PackageNotFoundError:  # running from a checkout that is not installed
        return "0"
