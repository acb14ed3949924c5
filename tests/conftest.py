"""Fixtures for all tests."""

import logging
import os
import sys
from collections.abc import Iterator
from functools import cache, wraps
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import orjson
import pytest

import connector.definition.compiler
import openapi
from connector.definition.facts import Facts
from connector.definition.model import Integration

pytest.register_assert_rewrite("support.matrix")
os.environ.pop("COLUMNS", None)  # pytest-xdist sets it, and commands honour it

# Compiling a vendor takes 70 ms, and the result is frozen, so all tests of a process share it.
_compile = connector.definition.compiler.integration
_compiled = cache(_compile)


@wraps(_compile)
def _compile_once(vendor: str, facts: Facts | None = None) -> Integration:
    return _compile(vendor, facts) if facts else _compiled(vendor)


connector.definition.compiler.integration = _compile_once

# Each sandbox reads all documents, which takes 40 ms each: JSON of what was read before takes 1 ms.
_read = openapi.read
_as_json = cache(lambda name: orjson.dumps(_read(name)))


@wraps(_read)
def _read_once(name: str) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads(_as_json(name))
    return document


openapi.read = _read_once

# httpx's ASGI transport tries to import sniffio at each request; Python does not remember that it is missing.
if find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment]

from support.contract import enforced  # noqa: E402 - assertions have to be rewritten before the import
from support.matrix_report import pytest_terminal_summary  # noqa: E402 - as above
from support.sandbox import Sandbox, running  # noqa: E402 - as above

if TYPE_CHECKING:
    from support.postgres import Postgres

LONG = (
    "schemathesis",
    "test_plugin",
    "test_readme",
    "test_writes_in",
    "test_certificate",
    "test_commands",
    "test_matrix",
    "test_mistakes",
    "test_app_serving",
    "test_responses",
    "test_zapier_runtime",
)
"""The slowest modules, slowest first; if one of them starts last, all other workers end up idle."""

__all__ = ["pytest_terminal_summary"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the slowest modules first."""
    items.sort(key=lambda item: next((i for i, name in enumerate(LONG) if name in item.path.stem), len(LONG)))


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
