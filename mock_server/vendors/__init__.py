"""The interface between the sandbox and its vendors: the protocol `Vendor`, and loading a vendor by name."""

from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol, runtime_checkable

import openapi
from mock_server.access.grants import Grant
from mock_server.access.plans import Plan
from mock_server.access.ratelimit import Verdict
from mock_server.engine.problem import Problem
from mock_server.engine.reply import Reply
from mock_server.lifecycle import Lifecycle
from mock_server.pages.label import Label
from mock_server.pages.prefill import Examples
from mock_server.seed import SeedReturn
from mock_server.store import Change, Step
from mock_server.switches import Switch
from mock_server.world import World


class Vendor(Protocol):
    """One vendor's API: the members below, and a method per operationId of its specification.

    Such a method takes a `Call` and returns a `Reply`, or raises `Problem` to refuse the request.
    """

    name: str
    title: str
    base_path: str
    """Path of the API below the vendor's root, as in the specification's `servers`: `/v1`, or ""."""
    lifecycle: Lifecycle
    scopes: tuple[str, ...]
    plans: Mapping[str, Plan]
    """Rate limit plans by name, the lowest first."""
    switches: tuple[Switch, ...]

    def credentials(self, key: str) -> Mapping[str, Mapping[str, str]]:
        """Return how a key is used: `fields` to type in, and `headers` and `query` that a client sends."""

    def problem(self, problem: Problem) -> Reply:
        """Render a problem in the vendor's error format, with the vendor's status and headers."""

    def limit_headers(self, verdict: Verdict) -> tuple[tuple[bytes, bytes], ...]:
        """Return the rate limit headers of a response; () if the vendor sends none."""

    def examples(self, tenant: str) -> Examples:
        """Return the values that Swagger UI fills in: ids of the tenant's records, and matching bodies.

        For values left out, Swagger UI uses the specification's examples.
        """

    def write_seed(self, change: Change, tenant: str, returns: Iterable[SeedReturn], at: int) -> None:
        """Store a tenant's seeded returns as the vendor's records; the tenant's clock starts at `at`."""

    def insert(self, change: Change, tenant: str, requested: Mapping[str, Any], at: int) -> Mapping[str, Any]:
        """Create a return that a shopper requests at `at`, which may be in the past; returns its document.

        `requested` is the control plane's `ShopperReturn`.
        """

    def move(self, change: Change, tenant: str, id_: str, status: str, at: int) -> Mapping[str, Any]:
        """Move a return to a status; returns its document. Raises `IllegalMove` or `UnknownReturn`."""

    def run_step(self, change: Change, step: Step) -> None:
        """Run a scheduled step, such as a carrier's scan, as of `step.due`."""


@runtime_checkable
class ManyShops(Protocol):
    """A vendor whose accounts have several shops, so that each request names its shop."""

    def enter(self, grant: Grant, credentials: Mapping[str, str]) -> None:
        """Check the shop of a request; raises `Problem("forbidden")` if the account has no such shop.

        `credentials` holds the request's credentials by security scheme; schemes not sent are missing.
        """


@runtime_checkable
class Labelling(Protocol):
    """A vendor whose shipments have label URLs (`World.labels`); the sandbox serves the labels as PDF."""

    def label(self, shipment: Mapping[str, Any]) -> Label:
        """Return what to print on the label of a shipment; `shipment` is its stored document."""


@runtime_checkable
class TokensOnly(Protocol):
    """A vendor whose API accepts access tokens only; its keys are client secrets that obtain them."""

    token_seconds: int
    """Lifetime of an access token."""


def names() -> list[str]:
    """Return the names of the vendors that have both a specification and handlers, sorted."""
    return [name for name in openapi.vendors() if find_spec(f"{__name__}.{name}")]


def load(name: str, world: World) -> Vendor:
    """Return a vendor's handlers for a sandbox; raises `LookupError` for an unknown name."""
    if name not in names():
        raise LookupError(f"There is no vendor {name!r}; there are {', '.join(names())}.")
    module = import_module(f"{__name__}.{name}")
    if not hasattr(module, "vendor"):
        # Imported here because it loads Connexion, which callers of `names` do not need.
        from mock_server.engine.compiler import BrokenSpecification

        raise BrokenSpecification(f"mock_server/vendors/{name}/__init__.py has no function vendor(world).")
    vendor: Vendor = module.vendor(world)
    return vendor
