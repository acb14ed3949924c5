"""Fixtures of the journeys: the generated Zapier app against the running sandbox."""

from collections.abc import Iterator
from itertools import count

import pytest
from support import zapier
from support.sandbox import Sandbox
from support.toll import listening
from support.zapier import Shop

VENDOR = "returnmate"
_numbers = count(1)


@pytest.fixture(scope="session")
def app(sandbox: Sandbox) -> Iterator[zapier.ZapierApp]:
    """The committed app in Zapier's core, sent to the sandbox by its override variable.

    On the way, every request has to name nothing that the vendor's document does not know.
    """
    with (
        listening(VENDOR, sandbox.credentials(VENDOR)["base_url"]) as toll,
        zapier.started(RETURNMATE_BASE_URL=toll.url) as started,
    ):
        yield started
    assert toll.passed > 0
    assert toll.broken == []


@pytest.fixture(scope="session")
def seeded(app: zapier.ZapierApp, sandbox: Sandbox) -> Shop:
    """A merchant with 150 seeded returns; tests only read from it."""
    return opened(app, sandbox, limits="off")


@pytest.fixture
def shop(app: zapier.ZapierApp, sandbox: Sandbox) -> Shop:
    """A merchant of its own for one test, without a single return yet."""
    return opened(app, sandbox, limits="off", seed_size=0)


def opened(app: zapier.ZapierApp, sandbox: Sandbox, **wish: object) -> Shop:
    tenant = sandbox.tenant(f"zapier-{next(_numbers)}", **wish)
    fields = sandbox.credentials(VENDOR, tenant)["fields"]
    return Shop(app, sandbox, tenant, {**fields, "environment": "sandbox"})
