"""Fixtures for the matrix: the sandbox's vendors, and each of them in every runtime."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from support.matrix.apps import MatrixApps
from support.sandbox import Sandbox


@pytest.fixture(scope="session")
def apps(sandbox: Sandbox) -> Iterator[MatrixApps]:
    with ExitStack() as started:
        yield MatrixApps(sandbox, started)
