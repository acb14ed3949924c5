"""Streets of shops, and every runtime on them."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from connector.generator.make import render as render_make
from connector.generator.write import write
from connector.generator.zapier import render as render_zapier
from support.matrix.adapter import Adapter, Connect
from support.matrix.make import make
from support.matrix.python import python
from support.matrix.shop import Street
from support.matrix.zapier import zapier
from support.sandbox import Sandbox
from support.toll import listening
from support.zapier import APPS as ZAPIER_APPS

RENDERERS: dict[str, Callable[..., dict[str, str]]] = {"zapier": render_zapier, "make": render_make}
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
    runtimes: dict[tuple[str, str, bool], Connect] = field(default_factory=dict)

    def street(self, vendor: str) -> Street:
        if vendor not in self.streets:
            road = listening(vendor, self.sandbox.credentials(vendor)["base_url"])
            self.streets[vendor] = Street(vendor, self.sandbox, self.started.enter_context(road))
        return self.streets[vendor]

    def app(self, vendor: str, runtime: str, *, assumed: bool = False) -> Adapter:
        """The runtime, connected to a new shop on a free road; `assumed`: its app offers that, too."""
        street = self.street(vendor)
        assumed = assumed and runtime in RENDERERS and any(one.hook for one in street.offer.triggers.values())
        which = (vendor, runtime, assumed)
        if which not in self.runtimes:
            runner = self._rendered(*which[:2]) if assumed else RUNNERS[runtime](vendor, street.road.url)
            self.runtimes[which] = self.started.enter_context(runner)
        street.road.clear()
        return self.runtimes[which](street.open())

    def _rendered(self, vendor: str, runtime: str) -> AbstractContextManager[Connect]:
        """The runtime with an app that offers what is assumed of the vendor, too."""
        folder = Path(self.started.enter_context(TemporaryDirectory()))
        street = self.street(vendor)
        write(RENDERERS[runtime](street.offer, include_assumed=True), folder)
        if runtime == "zapier":
            (folder / "node_modules").symlink_to(ZAPIER_APPS / vendor / "node_modules")
            return zapier(vendor, street.road.url, folder)
        return make(vendor, street.road.url, folder)
