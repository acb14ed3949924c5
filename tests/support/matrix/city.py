"""Streets of shops, and every runtime on them."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field

from support.matrix.adapter import Adapter, Connect
from support.matrix.make import make
from support.matrix.python import python
from support.matrix.shop import Street
from support.matrix.zapier import zapier
from support.sandbox import Sandbox
from support.toll import listening

RUNNERS: dict[str, Callable[[str, str], AbstractContextManager[Connect]]] = {
    "python": python,
    "zapier": zapier,
    "make": make,
}


@dataclass
class City:
    """Streets and runtimes, each started when it is first asked for."""

    sandbox: Sandbox
    started: ExitStack
    streets: dict[str, Street] = field(default_factory=dict)
    runtimes: dict[tuple[str, str], Connect] = field(default_factory=dict)

    def street(self, vendor: str) -> Street:
        if vendor not in self.streets:
            road = listening(vendor, self.sandbox.credentials(vendor)["base_url"])
            self.streets[vendor] = Street(vendor, self.sandbox, self.started.enter_context(road))
        return self.streets[vendor]

    def app(self, vendor: str, runtime: str) -> Adapter:
        """The runtime, connected to a new shop on a free road."""
        street = self.street(vendor)
        if (vendor, runtime) not in self.runtimes:
            runner = RUNNERS[runtime](vendor, street.road.url)
            self.runtimes[vendor, runtime] = self.started.enter_context(runner)
        street.road.clear()
        return self.runtimes[vendor, runtime](street.open())
