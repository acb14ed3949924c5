"""All vendors in all runtimes, each started on first use."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from connector.generator.make import render as render_make
from connector.generator.write import write_files
from connector.generator.zapier import render as render_zapier
from support.checking_proxy import listening
from support.matrix.adapter import Adapter, Connect
from support.matrix.make import make
from support.matrix.n8n import n8n
from support.matrix.python import python
from support.matrix.shop import VendorShops
from support.matrix.zapier import zapier
from support.sandbox import Sandbox
from support.zapier import APPS as ZAPIER_APPS

RENDERERS: dict[str, Callable[..., dict[str, str]]] = {"zapier": render_zapier, "make": render_make}
RUNNERS: dict[str, Callable[[str, str], AbstractContextManager[Connect]]] = {
    "python": python,
    "zapier": zapier,
    "make": make,
    "n8n": n8n,
}


@dataclass
class MatrixApps:
    """The vendors' shops, whose names begin with `name`, and the runtimes, each started on first use."""

    sandbox: Sandbox
    started: ExitStack
    name: str = "matrix"
    vendor_shops: dict[str, VendorShops] = field(default_factory=dict)
    runtimes: dict[tuple[str, str, bool], Connect] = field(default_factory=dict)

    def shops(self, vendor: str) -> VendorShops:
        if vendor not in self.vendor_shops:
            proxy = listening(vendor, self.sandbox.credentials(vendor)["base_url"])
            self.vendor_shops[vendor] = VendorShops(
                vendor, self.sandbox, self.started.enter_context(proxy), self.name
            )
        return self.vendor_shops[vendor]

    def app(self, vendor: str, runtime: str, *, assumed: bool = False) -> Adapter:
        """Connect the runtime to a new shop; with `assumed`, its app includes assumed webhooks."""
        shops = self.shops(vendor)
        assumed = assumed and runtime in RENDERERS and any(one.hook for one in shops.offer.triggers.values())
        which = (vendor, runtime, assumed)
        if which not in self.runtimes:
            runner = self._rendered(*which[:2]) if assumed else RUNNERS[runtime](vendor, shops.proxy.url)
            self.runtimes[which] = self.started.enter_context(runner)
        shops.proxy.clear()
        return self.runtimes[which](shops.open())

    def _rendered(self, vendor: str, runtime: str) -> AbstractContextManager[Connect]:
        """Return the runtime with an app that includes assumed parts."""
        folder = Path(self.started.enter_context(TemporaryDirectory()))
        shops = self.shops(vendor)
        write_files(RENDERERS[runtime](shops.offer, selection="everything"), folder)
        if runtime == "zapier":
            (folder / "node_modules").symlink_to(ZAPIER_APPS / vendor / "node_modules")
            return zapier(vendor, shops.proxy.url, folder)
        return make(vendor, shops.proxy.url, folder)
