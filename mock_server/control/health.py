"""The sandbox itself."""

from importlib.metadata import PackageNotFoundError, version

from mock_server.control.context import Office
from mock_server.engine.call import Call
from mock_server.engine.reply import Reply


class Health:
    """Whether the sandbox is there, and what it serves."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def get_health(self, _call: Call) -> Reply:
        trouble = self._office.world.store.trouble()
        ended = self._office.world.tasks.problems()
        health = {
            "status": "failing" if trouble else "degraded" if ended else "ok",
            "problems": [*([trouble] if trouble else []), *ended],
            "version": _version(),
            "database": "memory" if self._office.world.store.in_memory else "file",
            "vendors": list(self._office.vendors),
            "tenants": len(self._office.tenants.every()),
        }
        return Reply(200, health)


def _version() -> str:
    try:
        return version("returns-connector")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0"
