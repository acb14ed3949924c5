"""Fixtures of the generator's tests."""

from collections.abc import Iterator
from typing import Any

import pytest
from support import zapier

from connector.compile import integration, vendors
from connector.model import Integration


@pytest.fixture(scope="session")
def returnmate() -> Integration:
    return integration("returnmate")


@pytest.fixture(scope="session", params=vendors())
def every_definition(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """Each committed app as Zapier's servers see it."""
    name: str = request.param
    with zapier.started(zapier.APPS / name, **{f"{name.upper()}_BASE_URL": "http://127.0.0.1:9"}) as app:
        yield app.call(command="definition")


@pytest.fixture(scope="session")
def zapier_app() -> Iterator[zapier.ZapierApp]:
    """The committed app, without a vendor behind it."""
    with zapier.started(RETURNMATE_BASE_URL="http://127.0.0.1:9") as app:
        yield app


@pytest.fixture(scope="session")
def definition(zapier_app: zapier.ZapierApp) -> dict[str, Any]:
    """The app as Zapier's servers see it: functions have become names."""
    found: dict[str, Any] = zapier_app.call(command="definition")
    return found
