"""The vendors, one module each. What a vendor is to the rest of the sandbox is `Vendor`, and no more."""

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
    """One vendor's API: a method per operationId of its specification, and this.

    A method takes a `Call` and returns a `Reply`; it raises `Problem` for what cannot be answered.
    """

    name: str
    title: str
    base_path: str
    """Path of the API below the vendor's own root, as in the specification's servers: `/v1`."""
    lifecycle: Lifecycle
    scopes: tuple[str, ...]
    plans: Mapping[str, Plan]
    """Plans by name, the lowest first."""
    switches: tuple[Switch, ...]

    def credentials(self, key: str) -> Mapping[str, Mapping[str, str]]:
        """What a key looks like to people and clients: `{"fields": …, "headers": …, "query": …}`."""

    def problem(self, problem: Problem) -> Reply:
        """A refusal in the vendor's envelope, with its status and those of the headers that it sends."""

    def limit_headers(self, verdict: Verdict) -> tuple[tuple[bytes, bytes], ...]:
        """The headers that tell how much of the limit is left."""

    def examples(self, tenant: str) -> Examples:
        """What Swagger UI fills in: ids of the tenant's records, and bodies that fit them.

        A record that does not exist is left out; the examples of the specification stand then.
        """

    def write_seed(self, change: Change, tenant: str, returns: Iterable[SeedReturn], at: int) -> None:
        """Lay out a seed as the vendor would show it; the tenant's clock starts `at`."""

    def insert(self, change: Change, tenant: str, requested: Mapping[str, Any], at: int) -> Mapping[str, Any]:
        """A shopper asks for a return at `at`, which may lie in the past; returns the document.

        `requested` is what the control plane's `ShopperReturn` describes.
        """

    def move(self, change: Change, tenant: str, id_: str, status: str, at: int) -> Mapping[str, Any]:
        """Move a return; raises `IllegalMove`, or `UnknownReturn`."""

    def run_step(self, change: Change, step: Step) -> None:
        """Let a scheduled step happen, at `step.due`."""


@runtime_checkable
class ManyShops(Protocol):
    """A vendor whose keys open several shops of one account: each request has to name its shop besides."""

    def enter(self, grant: Grant, credentials: Mapping[str, str]) -> None:
        """Let a known key in; raises `Problem("forbidden")` for a shop that is not the account's.

        `credentials` are those of the request, by security scheme; what was not sent is missing.
        """


@runtime_checkable
class Labelling(Protocol):
    """A vendor whose documents hold addresses of labels (`World.labels`), which the sandbox then serves."""

    def label(self, shipment: Mapping[str, Any]) -> Label:
        """What the label of a parcel says; `shipment` is the stored document of a row of that kind."""


@runtime_checkable
class TokensOnly(Protocol):
    """A vendor whose keys are client secrets: they buy tokens, and only tokens are let in."""

    token_seconds: int
    """How long an access token is good for."""


def names() -> list[str]:
    """Vendors that have both a specification and handlers, sorted."""
    return [name for name in openapi.vendors() if find_spec(f"{__name__}.{name}")]


def load(name: str, world: World) -> Vendor:
    """The vendor of that name, over a world; raises `LookupError` naming those there are."""
    if name not in names():
        raise LookupError(f"There is no vendor {name!r}; there are {', '.join(names())}.")
    vendor: Vendor = import_module(f"{__name__}.{name}").vendor(world)
    return vendor
