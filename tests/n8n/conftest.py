"""Runs the modules that need built packages in `make n8n-test` only, which installs n8n's own engine."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from support.matrix.apps import MatrixApps
from support.n8n import uses_engine
from support.sandbox import Sandbox

collect_ignore = [] if uses_engine() else ["test_hub.py", "test_mistakes.py"]


@pytest.fixture(scope="session")
def apps(sandbox: Sandbox) -> Iterator[MatrixApps]:
    with ExitStack() as started:
        yield MatrixApps(sandbox, started, "n8n")
