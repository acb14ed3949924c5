"""Fixtures of the matrix: a street per vendor, and every runtime on it."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

pytest.register_assert_rewrite("support.matrix")

from support.matrix.city import City  # noqa: E402 - its assertions have to be rewritten first
from support.sandbox import Sandbox  # noqa: E402


@pytest.fixture(scope="session")
def city(sandbox: Sandbox) -> Iterator[City]:
    with ExitStack() as started:
        yield City(sandbox, started)
