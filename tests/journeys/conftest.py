"""Fixtures for the journeys: the generated Zapier app against the running sandbox."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count

import pytest
from support import zapier
from support.checking_proxy import CheckingProxy, listening
from support.sandbox import Sandbox
from support.zapier import Shop

VENDOR = "returnmate"
_numbers = count(1)


@pytest.fixture(scope="session")
def proxies(sandbox: Sandbox) -> Iterator[Callable[[str], CheckingProxy]]:
    """Return a proxy to a vendor's sandbox that fails the run if a request contains undocumented names."""
    with ExitStack() as open_ones:
        known: dict[str, CheckingProxy] = {}

        def proxy_to(vendor: str) -> CheckingProxy:
            if vendor not in known:
                url = sandbox.credentials(vendor)["base_url"]
                known[vendor] = open_ones.enter_context(listening(vendor, url))
            return known[vendor]

        yield proxy_to
    for proxy in known.values():
        assert proxy.passed > 0
        assert proxy.broken == []


@pytest.fixture(scope="session")
def zapier_apps(proxies: Callable[[str], CheckingProxy]) -> Iterator[Callable[[str], zapier.ZapierApp]]:
    """Return the committed apps in Zapier's core, by vendor; their override variable points to the sandbox.

    Each app is one Node process for all tests.
    """
    with ExitStack() as open_ones:
        known: dict[str, zapier.ZapierApp] = {}

        def app(vendor: str) -> zapier.ZapierApp:
            if vendor not in known:
                override = {f"{vendor.upper()}_BASE_URL": proxies(vendor).url}
                known[vendor] = open_ones.enter_context(zapier.started(zapier.APPS / vendor, **override))
            return known[vendor]

        yield app


@pytest.fixture(scope="session")
def app(zapier_apps: Callable[[str], zapier.ZapierApp]) -> zapier.ZapierApp:
    """Return ReturnMate's app."""
    return zapier_apps(VENDOR)


@pytest.fixture(scope="session")
def seeded(app: zapier.ZapierApp, sandbox: Sandbox) -> Shop:
    """A tenant with 150 seeded returns; tests only read from it."""
    return opened(app, sandbox, limits="off")


@pytest.fixture
def shop(app: zapier.ZapierApp, sandbox: Sandbox) -> Shop:
    """A new tenant without returns."""
    return opened(app, sandbox, limits="off", seed_size=0)


def opened(app: zapier.ZapierApp, sandbox: Sandbox, **options: object) -> Shop:
    tenant = sandbox.tenant(f"zapier-{next(_numbers)}", **options)
    fields = sandbox.credentials(VENDOR, tenant)["fields"]
    return Shop(app, sandbox, tenant, {**fields, "environment": "sandbox"})
