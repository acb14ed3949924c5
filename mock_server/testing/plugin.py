"""The pytest plugin: fixtures `returns_sandbox`, `returns_tenant` and `returns_webhooks`.

One sandbox serves the session (with pytest-xdist, one per worker), or the one at `RETURNS_SANDBOX_URL` does.
Each test has its own tenant, so tests share no data, keys, limits or time. A mark sets the tenant's options:

    @pytest.mark.returns_tenant(seed_size=0, plan="starter")
    def test_it(returns_tenant): ...
"""

from __future__ import annotations

import os
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_server.testing import Sandbox, Tenant
    from mock_server.testing.receiver import WebhookReceiver

FIRST_MOMENT = "2026-03-02T09:00:00Z"
"""The time at which a test's tenant starts: the same on every day, so that its seed is the same."""
SEED_SIZE = 25


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark, so that strict projects accept it."""
    config.addinivalue_line("markers", "returns_tenant(**options): options of `Sandbox.create_tenant`.")


@pytest.fixture(scope="session")
def returns_sandbox() -> Iterator[Sandbox]:
    """Run one sandbox for the session, or use the one at `RETURNS_SANDBOX_URL`."""
    from mock_server.testing import Sandbox, started

    if url := os.environ.get("RETURNS_SANDBOX_URL"):
        with Sandbox(url, os.environ.get("RETURNS_CONTROL_TOKEN")) as sandbox:
            yield sandbox
        return
    with started() as sandbox:
        yield sandbox


@pytest.fixture
def returns_tenant(returns_sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[Tenant]:
    """Create a tenant for one test, with a frozen clock and limits on, and delete it after the test."""
    mark = request.node.get_closest_marker("returns_tenant")
    options: dict[str, Any] = {
        "first_moment": FIRST_MOMENT,
        "frozen": True,
        "limits": "on",
        "seed_size": SEED_SIZE,
    }
    options |= mark.kwargs if mark else {}
    tenant = returns_sandbox.create_tenant(f"test-{token_hex(6)}", **options)
    yield tenant
    tenant.delete()


@pytest.fixture
def returns_webhooks() -> Iterator[WebhookReceiver]:
    """Receive webhooks on a free port of this machine during one test."""
    from mock_server.testing.receiver import receiving

    with receiving() as receiver:
        yield receiver
