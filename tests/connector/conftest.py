"""Fixtures for the connector's tests: a connection to queued answers, and a clock advanced by sleeping."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from support.fake_vendor import BASE_URL, KEY, Time, Wire

import connector
from connector.definition.compiler import integration as compiled

if TYPE_CHECKING:
    from connector.definition.model import Integration
    from connector.runtime.connection import Connection


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def integration() -> Integration:
    return compiled("returnmate")


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def rm(integration: Integration, wire: Wire, time: Time) -> Connection:
    return connector.open(
        integration,
        base_url=BASE_URL,
        api_key=KEY,
        transport=httpx.MockTransport(wire),
        clock=time.clock,
        sleep=time.sleep,
    )
