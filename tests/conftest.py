"""Fixtures for all tests."""

import gc
import logging
import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
from support import read_once

pytest.register_assert_rewrite("support.matrix")
os.environ.pop("COLUMNS", None)  # pytest-xdist sets it, and commands honour it

read_once.install()

# httpx's ASGI transport tries to import sniffio at each request; Python does not remember that it is missing.
if find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment]

from support.contract import enforced  # noqa: E402 - assertions have to be rewritten before the import
from support.matrix_report import pytest_terminal_summary  # noqa: E402 - as above
from support.sandbox import Sandbox, running  # noqa: E402 - as above

if TYPE_CHECKING:
    from support.postgres import Postgres

LONG = (
    "test_killed",
    "test_matrix",
    "test_schemathesis",
    "test_responses",
    "test_hub_page",
    "test_readme",
    "test_zapier_runtime",
    "test_writes_in",
    "test_certificate",
    "test_wheel",
    "test_mistakes",
    "test_guides",
    "test_zapier_live",
    "test_plugin",
    "test_recorded",
    "test_museum",
    "test_planted_faults",
)
"""The slowest modules, slowest first; if one of them starts last, all other workers end up idle.

`test_killed` and `test_hub_page` use little, but wait a minute for a hub.
"""

__all__ = ["pytest_terminal_summary"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the slowest modules first."""
    items.sort(key=lambda item: next((i for i, name in enumerate(LONG) if name in item.path.stem), len(LONG)))


def pytest_collection_finish() -> None:
    """Keep the collector of garbage from looking at what all tests share; it takes a fifth of their time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for the whole run, on disk; tests that write create their own tenant."""
    with running(tmp_path_factory.mktemp("sandbox")) as started:
        yield started


@pytest.fixture(scope="session")
def postgres() -> Iterator["Postgres"]:
    """One PostgreSQL server for the whole run; each test calls `postgres.new_database()`."""
    from support.postgres import running_postgres

    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session", autouse=True)
def _requests_match_the_documents() -> Iterator[None]:
    """Check every request that a connection of this process sends against the vendor's document."""
    with enforced():
        yield


@pytest.fixture(autouse=True)
def _log_level_is_restored() -> Iterator[None]:
    """Check that each test restores the log level, because other tests count log messages."""
    before = logging.getLogger().level
    yield
    assert logging.getLogger().level == before
