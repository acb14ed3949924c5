"""Fixtures of the generator's tests."""

import pytest

from connector.compile import integration
from connector.model import Integration


@pytest.fixture(scope="session")
def returnmate() -> Integration:
    return integration("returnmate")
