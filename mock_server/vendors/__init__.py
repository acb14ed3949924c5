"""The interface of a vendor in the sandbox (`Vendor`), and functions that list and load vendors."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
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
from mock_server.overview import Overview
from mock_server.pages.label import Label
from mock_server.pages.prefill import Examples
from mock_server.seed import SeedReturn, SeedShop
from mock_server.seed.present import PresentShop
from mock_server.seed.words import ShopWords
from mock_server.spelling import UnknownNameError
from mock_server.store import Change, Row, Step
from mock_server.switches import Switch
from mock_server.webhooks.format import WebhookFormat
from mock_server.world import World


class Vendor(Protocol):
    """The interface of a vendor: the members below, and a method for each operation in its specification.

    The method for an operation is named after the operation's `operationId`. It receives a `Call` and returns
    a `Reply`, or raises `Problem` to reject the request. All times are in microseconds since the Unix epoch.
    """

    name: str
    title: str
    base_path: str
    """The path that follows the vendor's root URL in the specification's `servers`, such as `/v1`, or ""."""
    lifecycle: Lifecycle
    status_path: tuple[str, ...]
    """The keys that lead to the status in a return's document."""
    scopes: tuple[str, ...]
    plans: Mapping[str, Plan]
    """Rate limit plans keyed by name, the plan with the lowest limits first."""
    switches: tuple[Switch, ...]

    def credentials(self, key: str) -> Mapping[str, Mapping[str, str]]:
        """Build the credentials for an API key: login `fields`, request `headers` and `query` parameters."""

    def problem(self, problem: Problem) -> Reply:
        """Build the error response for a problem, with the vendor's status, headers and error format."""

    def limit_headers(self, verdict: Verdict) -> tuple[tuple[bytes, bytes], ...]:
        """Build a response's rate limit headers, or () if the vendor does not send any."""

    def examples(self, tenant: str) -> Examples:
        """Return values that Swagger UI fills in: IDs of the tenant's records, and request bodies for them.

        If a value is missing, Swagger UI uses the specification's example.
        """

    def write_seed(self, change: Change, tenant: str, returns: Iterable[SeedReturn], at: int) -> None:
        """Store a tenant's generated returns as the vendor's records; the tenant's clock starts at `at`."""

    def write_shop(self, change: Change, tenant: str, shop: SeedShop, at: int) -> None:
        """Store the products, customers and orders of a merchant's own shop, if the vendor has such records.

        This method is called before `write_seed`, which stores the returns of these orders. The tenant's
        clock starts at `at`.
        """

    def read_shop(self, tenant: str) -> PresentShop:
        """Convert a tenant's records to a merchant's own shop, which uses vendor-neutral terms."""

    def insert(self, change: Change, tenant: str, requested: Mapping[str, Any], at: int) -> Mapping[str, Any]:
        """Create the return that a shopper requests; return the return's document.

        `requested` is a `ShopperReturn` of the control plane. `at` is the time of the shopper's request; it
        can be in the past.
        """

    def move(self, change: Change, tenant: str, id_: str, status: str, at: int) -> Mapping[str, Any]:
        """Change a return's status to `status` at the time `at`; return the return's document.

        Raises `UnknownReturn` if no return has this ID, and `IllegalMove` if `status` cannot follow the
        current status.
        """

    def run_step(self, change: Change, step: Step) -> None:
        """Run a scheduled step, such as a carrier's scan, as if the time were `step.due`."""

    def explain_step(self, step: Step) -> str:
        """Describe a scheduled step as a sentence without the final period, so that more text can follow."""

    def overview(self, row: Row) -> Overview:
        """Build the overview of a return from its stored row, with related records where needed."""


@runtime_checkable
class ManyShops(Protocol):
    """A vendor whose accounts can have several shops; each request must name a shop."""

    def enter(self, grant: Grant, credentials: Mapping[str, str]) -> None:
        """Check the shop named in a request; raise `Problem("forbidden")` if the account has no such shop.

        `credentials` contains the credentials sent with the request, keyed by security scheme.
        """


@runtime_checkable
class Labelling(Protocol):
    """A vendor whose shipments have label URLs (`World.labels`); the sandbox serves the labels as PDFs."""

    def label(self, shipment: Mapping[str, Any]) -> Label:
        """Build a shipment's label from its stored document."""


@runtime_checkable
class TenantWords(Protocol):
    """A vendor whose seeded records contain strings that depend on the tenant, such as hashes of its name."""

    word_pattern: str
    """A regular expression, without groups, that matches all of these strings and possibly others."""

    def tenant_words(self, tenant: str) -> Callable[[str], Sequence[str]]:
        """Return a function that accepts a tenant's name and lists its versions of the strings.

        For `tenant`, the function lists the strings in the tenant's records. For another name, it lists the
        strings that replace them in a copy for that tenant, in the same order. Call this only for a tenant
        that contains only its seed data.
        """


@runtime_checkable
class Reporting(Protocol):
    """A vendor whose API has a report with statistics about a tenant's returns."""

    async def reported(self, tenant: str) -> Mapping[str, Any]:
        """Compute the report on all of a tenant's returns from its rows, in the vendor's format."""

    def expected_report(
        self, statuses: Mapping[str, str], refunds: Mapping[str, Decimal]
    ) -> Mapping[str, Any]:
        """Compute the fields of the report that depend only on returns' statuses and refunded amounts.

        `statuses` and `refunds` are keyed by the ID of the return.
        """


@runtime_checkable
class TokensOnly(Protocol):
    """A vendor whose API accepts access tokens but no API keys.

    To get a token, a client uses an API key as the client secret.
    """

    token_seconds: int
    """The lifetime of an access token, in seconds."""


@runtime_checkable
class Notifying(Protocol):
    """A vendor that sends webhooks.

    The module `webhooks` of the vendor's package defines the same format as `WEBHOOKS`.
    """

    webhooks: WebhookFormat


def names() -> list[str]:
    """List the names of all vendors that have both a specification and handlers, in alphabetical order."""
    return [name for name in openapi.vendors() if find_spec(f"{__name__}.{name}")]


def webhooks_of(name: str) -> WebhookFormat | None:
    """Return a vendor's webhook format, or None if no public source describes the vendor's webhooks.

    This function needs neither a sandbox nor a tenant. Raises `LookupError` if the name is unknown.
    """
    _check_known(name)
    module = f"{__name__}.{name}.webhooks"
    if find_spec(module) is None:
        return None
    format_: WebhookFormat = import_module(module).WEBHOOKS
    return format_


def shop_words(name: str) -> ShopWords:
    """Return the mapping of a shop's neutral terms to a vendor's terms.

    Raises `LookupError` if the vendor is unknown.
    """
    _check_known(name)
    words: ShopWords = import_module(f"{__name__}.{name}.facts").SHOP_WORDS
    return words


def load(name: str, world: World) -> Vendor:
    """Create the vendor with the given name; `world` is the state of the sandbox that it runs in.

    Raises `LookupError` if the name is unknown, and `BrokenSpecification` if the vendor's package has no
    `vendor` function.
    """
    _check_known(name)
    module = import_module(f"{__name__}.{name}")
    if not hasattr(module, "vendor"):
        # Imported here because it loads Connexion, which callers of `names` do not need.
        from mock_server.engine.compiler import BrokenSpecification

        raise BrokenSpecification(f"mock_server/vendors/{name}/__init__.py has no function vendor(world).")
    vendor: Vendor = module.vendor(world)
    return vendor


def _check_known(name: str) -> None:
    if name not in names():
        raise UnknownNameError("vendor", name, names())
