"""Chooses the database of the hub's tests."""

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _database(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Use PostgreSQL if HUB_DATABASE=postgresql, as `make certify` does."""
    if os.environ.get("HUB_DATABASE") == "postgresql":
        (tmp_path / "database").write_text(request.getfixturevalue("postgres").new_database())
