"""The pytest plugin: fixtures `returns_sandbox`, `returns_tenant` and `returns_webhooks`.

All tests of a session use the same sandbox: the one at `RETURNS_SANDBOX_URL` if this environment variable is
set, and otherwise a new one (one per worker with pytest-xdist). Each test has its own tenant, so tests share
no data, keys, rate limits or clock. The `returns_tenant` mark sets the tenant's options:

    @pytest.mark.returns_tenant(seed_size=0, plan="starter")
    def test_it(returns_tenant): ...

    @pytest.mark.returns_tenant(shop="shop.yaml")
    def test_with_my_own_orders(returns_tenant): ...

pytest loads this module in every run if the package is installed. Therefore, this module and
`mock_server.testing` must not import slow modules. The HTTP client is imported when a fixture is used.
"""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_server.testing import Sandbox, Tenant
    from mock_server.testing.receiver import WebhookReceiver

FIRST_MOMENT = "2026-03-02T09:00:00Z"
"""The time at which each tenant's clock starts; it is fixed, so that all test runs have the same returns."""
SEED_SIZE = 25
_CONFLICT = 409


def pytest_configure(config: pytest.Config) -> None:
    """Register the `returns_tenant` mark, because pytest's strict mode rejects unknown marks."""
    config.addinivalue_line("markers", "returns_tenant(**options): options of `Sandbox.create_tenant`.")


@pytest.fixture(scope="session")
def returns_sandbox() -> Iterator[Sandbox]:
    """Start a sandbox for the session, or connect to the one at `RETURNS_SANDBOX_URL` if that is set."""
    from mock_server.testing import Sandbox, started

    if url := os.environ.get("RETURNS_SANDBOX_URL"):
        with Sandbox(url, os.environ.get("RETURNS_CONTROL_TOKEN")) as sandbox:
            _check_that_it_answers(sandbox)
            yield sandbox
        return
    with started() as sandbox:
        yield sandbox


def _check_that_it_answers(sandbox: Sandbox) -> None:
    import httpx

    try:
        sandbox.health()
    except httpx.HTTPError as error:
        pytest.fail(
            f"No sandbox answers at {sandbox.url} ({error}). Start one with `returns serve`, or unset"
            " RETURNS_SANDBOX_URL, and a sandbox is started for the tests.",
            pytrace=False,
        )


@pytest.fixture
def returns_tenant(returns_sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[Tenant]:
    """Create a test's tenant, and delete it after the test.

    Its clock is frozen and its rate limits are enforced, unless the `returns_tenant` mark sets other options.
    """
    mark = request.node.get_closest_marker("returns_tenant")
    options: dict[str, Any] = {
        "first_moment": FIRST_MOMENT,
        "frozen": True,
        "limits": "on",
        "seed_size": SEED_SIZE,
    }
    options |= mark.kwargs if mark else {}
    if "shop" in options:
        del options["seed_size"]
    tenant = _created(returns_sandbox, request.node.nodeid, options)
    yield tenant
    tenant.delete()


def _created(sandbox: Sandbox, test_id: str, options: dict[str, Any]) -> Tenant:
    """Create a test's tenant, whose name is derived from the test's ID.

    Some results depend on the name, such as record IDs and which calls a fault with a `share` changes, so a
    fixed name makes every run the same. If the name is taken, a random suffix is added. This happens if
    another run uses the same sandbox, or if an earlier run ended without deleting its tenants.
    """
    from secrets import token_hex

    from mock_server.testing import SandboxError

    name = f"test-{blake2b(test_id.encode(), digest_size=8).hexdigest()}"
    try:
        return sandbox.create_tenant(name, **options)
    except SandboxError as error:
        if error.status != _CONFLICT:
            raise
        return sandbox.create_tenant(f"{name}-{token_hex(4)}", **options)


@pytest.fixture
def returns_webhooks() -> Iterator[WebhookReceiver]:
    """Receive webhooks on a free port of this machine during one test."""
    from mock_server.testing.receiver import receiving

    with receiving() as receiver:
        yield receiver
