"""Assembles the sandbox's ASGI application from the vendors' APIs, the control plane and the console."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast
from urllib.request import getproxies

import orjson

import openapi
from mock_server import vendors
from mock_server.access.keys import DEMO
from mock_server.admission.control_guard import ControlGuard
from mock_server.admission.gates import ControlGate, KeyGate
from mock_server.admission.origins import OriginGuard
from mock_server.console.app import Console, create_console
from mock_server.control import Control
from mock_server.control.examples import examples
from mock_server.cors import Cors
from mock_server.engine.compiler import BrokenSpecification
from mock_server.engine.connexion_parts import (
    API,
    ConnexionMiddleware,
    LifespanMiddleware,
    Resolver,
    ServerErrorMiddleware,
)
from mock_server.engine.middleware import Engine
from mock_server.engine.repeated import Repeated
from mock_server.engine.specification_errors import first_error
from mock_server.engine.valid_specification import ValidSpecification
from mock_server.faults.injection import Injector
from mock_server.faults.registry import Faults
from mock_server.faults.webhooks import WebhookFaults
from mock_server.journal.exchanges import Exchanges
from mock_server.pages import curl
from mock_server.pages.documents import Entry, create_documents
from mock_server.pages.labels import LabelPages
from mock_server.pages.middleware import PageMiddleware
from mock_server.pages.prefill import Examples
from mock_server.pages.wsgi import WsgiApp
from mock_server.spelling import unknown
from mock_server.tenants import Tenants
from mock_server.vendors import Labelling
from mock_server.webhooks.sender import Sender
from mock_server.webhooks.transport import WebhookTransport
from mock_server.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from mock_server.engine.protocols import Gate, Guard, Journal, Meter, NameCheck, Service
    from mock_server.faults.viewed_store import ViewedStore
    from mock_server.pages.label import Label
    from mock_server.settings import Settings
    from mock_server.store import Store
    from mock_server.vendors import Vendor

CONTROL_PATH = "/__sandbox"


class UnknownVendorError(LookupError):
    """Raised if the settings contain the name of a vendor that does not exist."""


class Sandbox(ConnexionMiddleware):  # type: ignore[misc]
    """The sandbox's ASGI application.

    `world` and `faults` contain the state, `tenants` creates and deletes tenants, and `entries` describes the
    vendors' APIs that are served.
    """

    world: World
    tenants: Tenants
    faults: Faults
    entries: list[Entry]

    def add_api(self, specification: dict[str, Any], *, base_path: str, name: str, **options: Any) -> None:
        """Add an API; validate its document unless it is unchanged since the last successful validation."""
        if not openapi.known_valid(name):
            super().add_api(specification, base_path=base_path, name=name, **options)
            return
        self.apis.append(API(ValidSpecification(specification), base_path=base_path, name=name, **options))

    def assemble(self) -> None:
        """Compile all operations now instead of at the first request.

        Raises `BrokenSpecification` if an operation cannot be served.
        """
        self.app, self.middleware_stack = self._build_middleware_stack()


def create_app(settings: Settings) -> Sandbox:
    """Create a sandbox from its settings; sandboxes in the same process share no state.

    Raises `UnknownVendorError` if the vendor does not exist, `StoreError` if the database cannot be used,
    `BrokenSpecification` if an operation cannot be served, and `ProxyUnusable` if webhooks cannot be sent
    through the proxy in the environment.
    """
    chosen = [settings.vendor] if settings.vendor else openapi.vendors()
    for name in set(chosen).difference(vendors.names()):
        raise UnknownVendorError(_unknown(name))
    world = World.open(settings)
    try:
        return _assemble(world, {name: vendors.load(name, world) for name in chosen})
    except Exception as error:
        world.close()
        if problem := first_error([*chosen, openapi.CONTROL_PLANE]):
            raise BrokenSpecification(problem) from error
        raise
    except BaseException:
        world.close()
        raise


def _unknown(name: str) -> str:
    """Build the error message for a vendor that cannot be served.

    The message names the missing file or package, or lists the vendors that exist.
    """
    if name in openapi.vendors():
        return f"mock_server/vendors/{name} is missing; openapi/{name}.yaml needs its handlers."
    if name.isidentifier() and find_spec(f"mock_server.vendors.{name}"):
        return f"openapi/{name}.yaml is missing; mock_server/vendors/{name} needs it."
    return unknown("vendor", name, vendors.names())


def _assemble(world: World, served: Mapping[str, Vendor]) -> Sandbox:
    settings = world.settings
    transport = WebhookTransport(settings.targets, getproxies(), own_port=settings.port)
    world.webhooks.target_problem = transport.problem
    tenants = Tenants(world, served)
    tenants.open()
    entries = [_entry(world, vendor) for vendor in served.values()]
    control = _control_entry(world, served)
    shown = entries if world.keys.public_demo else [_without_login(entry) for entry in entries]
    find = partial(_find_label, world, served)
    origins = OriginGuard(settings)
    journal = _journal(world, entries, control)
    hint = world.journal.exchanges.operations.hint
    documents = LabelPages(WsgiApp(create_documents(shown, control, hint)), find, world.renderer)
    console = create_console(world, entries, control, documents, origins.refuse_other_sites)
    pages = PageMiddleware(console, origins.refuse_other_names, world.clocks.real)
    passes = ("/ui", "/openapi.json", "/openapi.yaml")
    cors = Cors(settings.cors) if settings.cors else None
    engine = partial(
        Engine,
        max_body=settings.max_body,
        base_url=settings.base_url,
        passes=passes,
        journal=journal,
        cors=cors,
        hint=hint,
    )
    stack = [engine, ServerErrorMiddleware, LifespanMiddleware]
    faults = Faults(world.store, {entry.name: entry.document for entry in entries})
    lifespan = _lifespan(world, transport, console, WebhookFaults(faults, world.webhooks))
    app = Sandbox(pages, import_name=__name__, middlewares=stack, lifespan=lifespan)
    console.plane.bind(app)
    app.world, app.entries, app.tenants, app.faults = world, entries, tenants, faults
    for entry in entries:
        vendor = served[entry.name]
        gate = KeyGate(world, vendor)
        injector = Injector(faults, world, entry.name, partial(_handlers_over, world, entry.name))
        repeated = Repeated()
        world.store.on_commit.append(
            repeated.clear
        )  # otherwise, erased data would stay in memory for a while
        _add(app, entry, vendor, gate, gate, journal=journal, injector=injector, repeated=repeated)
    plane = Control(world, tenants, served, faults)
    _add(app, control, plane, ControlGate(world), guard=ControlGuard(settings), check_names=plane.check_names)
    app.assemble()
    return app


def _add(
    app: Sandbox,
    entry: Entry,
    service: Service,
    gate: Gate,
    meter: Meter | None = None,
    guard: Guard | None = None,
    journal: Journal | None = None,
    injector: Injector | None = None,
    repeated: Repeated | None = None,
    check_names: NameCheck | None = None,
) -> None:
    app.add_api(
        entry.document,
        base_path=entry.path,
        name=entry.name,
        resolver=Resolver(partial(getattr, service)),
        service=service,
        gate=gate,
        meter=meter,
        guard=guard,
        journal=journal,
        injector=injector,
        repeated=repeated,
        check_names=check_names,
    )


def _journal(world: World, entries: list[Entry], control: Entry) -> Journal | None:
    """Create the journal of requests to the vendors' APIs, or return None if journal and log are off."""
    journal = world.journal
    journal.attribution.vendors = [entry.name for entry in entries]
    apis = {entry.name: (entry.path, entry.document) for entry in entries}
    journal.exchanges = Exchanges(apis, (control.path, control.document))
    return journal if world.settings.journal or world.settings.log else None


def _handlers_over(world: World, vendor: str, store: ViewedStore) -> Vendor:
    """Create a vendor's request handlers that read and write `store` instead of the world's own store."""
    return vendors.load(vendor, replace(world, store=cast("Store", store)))


def _lifespan(world: World, transport: WebhookTransport, console: Console, faults: WebhookFaults) -> Any:
    """Build the ASGI lifespan handler.

    At start-up, the handler makes the store commit the changes of several requests together, and starts the
    webhook sender. At shutdown, it stops all background tasks and closes the database.
    """

    @asynccontextmanager
    async def lifespan(_app: Any) -> AsyncIterator[None]:
        world.store.commit_together(asyncio.get_running_loop())
        prepare, disturb = world.webhooks.prepare, faults.disturb
        sender = Sender(world.outbox, world.store, transport, prepare=prepare, disturb=disturb)
        world.tasks.start("that sends webhooks", sender.run)
        yield
        console.close()
        await world.tasks.stop()
        await transport.aclose()
        world.close()

    return lifespan


def _entry(world: World, vendor: Vendor) -> Entry:
    path = world.settings.path_of(vendor.name, vendor.base_path)
    url = world.settings.base_url + path
    document = _with_servers(openapi.read(vendor.name), path, url)
    shown = vendor.credentials(world.keys.key(DEMO, vendor.name))
    return Entry(
        title=vendor.title,
        name=vendor.name,
        path=path,
        url=url,
        document=document,
        fields=dict(shown["fields"]),
        curl=curl.command(document, url, shown["headers"], shown["query"]),
        examples=partial(vendor.examples, DEMO),
    )


def _without_login(entry: Entry) -> Entry:
    """Return a copy of an entry without the credentials and example records of the tenant `demo`."""
    command = curl.command(entry.document, entry.url, {}, {})
    return replace(entry, fields={}, curl=command, examples=Examples)


def _control_entry(world: World, served: Mapping[str, Vendor]) -> Entry:
    url = world.settings.base_url + CONTROL_PATH
    document = _with_servers(openapi.read(openapi.CONTROL_PLANE), CONTROL_PATH, url)
    command = curl.command(document, url, {}, {})
    return Entry(
        title="Control plane",
        name=openapi.CONTROL_PLANE,
        path=CONTROL_PATH,
        url=url,
        document=document,
        fields={},
        curl=command,
        examples=partial(examples, world, served, DEMO) if world.keys.public_demo else Examples,
    )


def _with_servers(document: dict[str, Any], path: str, url: str) -> dict[str, Any]:
    """Set the document's `servers` to this sandbox's path and URL, and return the document.

    Swagger UI uses the path when the user presses "Try it out"; other tools use the URL.
    """
    document["servers"] = [
        {"url": path, "description": "This sandbox"},
        {"url": url, "description": "This sandbox, by its full address"},
    ]
    return document


def _find_label(world: World, served: Mapping[str, Vendor], path: str) -> Label | None:
    """Return the content of the shipping label at a URL path, or None if there is no label at this path.

    No credentials are checked: label paths cannot be guessed, so a client that knows the path may read the
    label.
    """
    target = world.labels.read(path)
    vendor = served.get(target.vendor) if target else None
    if target is None or not isinstance(vendor, Labelling) or not world.clocks.known(target.tenant):
        return None
    document = world.store.document(target.tenant, target.vendor, "shipment", target.shipment)
    return None if document is None else vendor.label(orjson.loads(document))
