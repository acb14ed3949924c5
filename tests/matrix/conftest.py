"""Fixtures of the matrix: a street per vendor, and every runtime on it."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from support.matrix.city import City
from support.sandbox import Sandbox


@pytest.fixture(scope="session")
def city(sandbox: Sandbox) -> Iterator[City]:
    with ExitStack() as started:
        yield City(sandbox, started)
