"""Two hubs as processes on one PostgreSQL, with a shop of the sandbox and a receiver for each test."""

import contextlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.hub_process import OPTIONS, HubProcess, running_hub
from support.postgres import Postgres, running_postgres
from support.sandbox import Sandbox
from support.sandbox_merchant import SandboxMerchant
from support.webhook_receiver import Receiver, receiving

HEARTBEAT = 1.0  # seconds; a process is dead after three of them
VENDOR = "swap"
TRIGGER = "return_status_changed"


@dataclass
class Cluster:
    """The server, and the hubs that run on one of its databases."""

    postgres: Postgres
    database: str
    folder: Path
    hubs: list[HubProcess] = field(default_factory=list)
    ends: ExitStack = field(default_factory=ExitStack)

    def start_missing(self) -> None:
        """Start hubs until two of them run."""
        self.hubs = [hub for hub in self.hubs if hub.process.poll() is None]
        while len(self.hubs) < 2:
            key = self.hubs[0].key if self.hubs else ""
            options = [*OPTIONS, "--heartbeat", str(HEARTBEAT)]
            self.hubs.append(self.ends.enter_context(running_hub(self.folder, key, options, self.database)))


@contextmanager
def running_cluster(folder: Path) -> Iterator[Cluster]:
    """Run a server and two hubs until the block ends."""
    with running_postgres() as postgres, ExitStack() as ends:
        cluster = Cluster(postgres, postgres.new_database(), folder, ends=ends)
        cluster.start_missing()
        yield cluster


@dataclass
class Shop(SandboxMerchant):
    """A merchant with a receiver, to which the hubs deliver the status changes of its returns."""

    sandbox: Sandbox
    tenant: str
    receiver: Receiver
    connection: str
    subscription: str
    vendor: str = VENDOR

    def new_return(self) -> str:
        return str(self.create_return()["return_id"])

    @property
    def received(self) -> list[tuple[str, str, str]]:
        """Return the webhook ID, the return and the status of each delivery, in the order of arrival."""
        bodies = [body for _, body in self.receiver.got]
        ids = [headers["webhook-id"] for headers in self.receiver.headers]
        records = [(body["data"]["id"], body["data"]["vendor_status"]) for body in bodies]
        return [(id_, *record) for id_, record in zip(ids, records, strict=False)]

    def wait(self, deliveries: int) -> None:
        """Wait until this number of different deliveries has arrived."""
        self.receiver.wait(lambda: len({one[0] for one in self.received}) >= deliveries, 60)

    def requests(self) -> int:
        """Count the requests that the vendor has received for this shop, without the check of the login."""
        answer = self.sandbox.control.get(f"/tenants/{self.tenant}/requests", params={"limit": 1000})
        return len(answer.json()["requests"]) - 1


@contextmanager
def connected_shop(sandbox: Sandbox, cluster: Cluster, name: str) -> Iterator[Shop]:
    """Connect a new shop, and subscribe a receiver to its status changes, each at another hub."""
    tenant = sandbox.tenant(name, seed_size=0)
    login = sandbox.credentials(VENDOR, tenant)
    one, two = cluster.hubs
    with receiving() as receiver:
        made = post(one, "/connections", vendor=VENDOR, name=name, **pick(login, "base_url", "fields"))
        wanted = {"connection": made["id"], "trigger": TRIGGER, "target": receiver.url}
        shop = Shop(sandbox, tenant, receiver, made["id"], post(two, "/subscriptions", **wanted)["id"])
        polled = f"/connections/{made['id']}"
        two.wait(lambda: all(one["polled_at"] for one in two.api.get(polled).json()["lists"]))
        try:
            yield shop
        finally:
            receiver.answers.set()
            with contextlib.suppress(StopIteration):
                alive = next(hub for hub in cluster.hubs if hub.process.poll() is None)
                alive.api.delete(polled)


def pick(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: values[name] for name in names}


def post(hub: HubProcess, path: str, **body: Any) -> dict[str, Any]:
    answer = hub.api.post(path, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made
