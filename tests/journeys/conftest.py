"""Fixtures of the journeys: the generated Zapier app against the running sandbox."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count

import pytest
from support import zapier
from support.sandbox import Sandbox
from support.toll import Toll, listening
from support.zapier import Shop

VENDOR = "returnmate"
_numbers = count(1)


@pytest.fixture(scope="session")
def roads(sandbox: Sandbox) -> Iterator[Callable[[str], Toll]]:
    """The way to a vendor's sandbox, where a request has to name nothing that its document does not know."""
    with ExitStack() as open_ones:
        known: dict[str, Toll] = {}

        def road(vendor: str) -> Toll:
            if vendor not in known:
                url = sandbox.credentials(vendor)["base_url"]
                known[vendor] = open_ones.enter_context(listening(vendor, url))
            return known[vendor]

        yield road
    for toll in known.values():
        assert toll.passed > 0
        assert toll.broken == []


@pytest.fixture(scope="session")
def zapier_apps(roads: Callable[[str], Toll]) -> Iterator[Callable[[str], zapier.ZapierApp]]:
    """The committed apps in Zapier's core, by vendor, sent to the sandbox by their override variables.

    Each is one Node process for all tests.
    """
    with ExitStack() as open_ones:
        known: dict[str, zapier.ZapierApp] = {}

        def app(vendor: str) -> zapier.ZapierApp:
            if vendor not in known:
                override = {f"{vendor.upper()}_BASE_URL": roads(vendor).url}
                known[vendor] = open_ones.enter_context(zapier.started(zapier.APPS / vendor, **override))
            return known[vendor]

        yield app


@pytest.fixture(scope="session")
def app(zapier_apps: Callable[[str], zapier.ZapierApp]) -> zapier.ZapierApp:
    """The first vendor's app."""
    return zapier_apps(VENDOR)


@pytest.fixture(scope="session")
def seeded(app: zapier.ZapierApp, sandbox: Sandbox) -> Shop:
    """A merchant with 150 seeded returns; tests only read from it."""
    return opened(app, sandbox, limits="off")


@pytest.fixture
def shop(app: zapier.ZapierApp, sandbox: Sandbox) -> Shop:
    """A merchant of its own for one test, without a single return yet."""
    return opened(app, sandbox, limits="off", seed_size=0)


def opened(app: zapier.ZapierApp, sandbox: Sandbox, **options: object) -> Shop:
    tenant = sandbox.tenant(f"zapier-{next(_numbers)}", **options)
    fields = sandbox.credentials(VENDOR, tenant)["fields"]
    return Shop(app, sandbox, tenant, {**fields, "environment": "sandbox"})
