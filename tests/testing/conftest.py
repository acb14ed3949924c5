"""Fixtures for the tests of webhooks: a client, an empty tenant with a frozen clock, and a receiver."""

from collections.abc import Iterator

import pytest
from support.sandbox import Sandbox as Running

from mock_server.testing import Sandbox, Tenant
from mock_server.testing.receiver import WebhookReceiver, receiving


@pytest.fixture
def control(sandbox: Running) -> Iterator[Sandbox]:
    with Sandbox(sandbox.url) as opened:
        yield opened


@pytest.fixture
def shop(control: Sandbox, request: pytest.FixtureRequest) -> Iterator[Tenant]:
    name = f"hooks-{abs(hash(request.node.nodeid)) % 10**9}"
    made = control.create_tenant(name, seed_size=0, first_moment="2026-03-02T09:00:00Z", frozen=True)
    yield made
    made.delete()


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with receiving() as opened:
        yield opened
