"""Runs the tests of this folder in `make n8n-test` only, which installs n8n's own engine."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from support.matrix.apps import MatrixApps
from support.matrix.table import ENGINE
from support.sandbox import Sandbox

collect_ignore_glob = [] if os.environ.get(ENGINE) else ["test_*.py"]


@pytest.fixture(scope="session")
def apps(sandbox: Sandbox) -> Iterator[MatrixApps]:
    with ExitStack() as started:
        yield MatrixApps(sandbox, started, "n8n")
