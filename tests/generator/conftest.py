"""Fixtures for the generator's tests."""

from pathlib import Path

import pytest

from connector.definition.compiler import integration
from connector.definition.model import Integration
from connector.generator import gate, write
from connector.generator.gate import PLATFORMS


@pytest.fixture(scope="session")
def returnmate() -> Integration:
    return integration("returnmate")


@pytest.fixture
def only_returnmate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "apps", lambda: ["returnmate"])


@pytest.fixture(scope="session")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with copies of the current apps, as if they had been released."""
    base = tmp_path_factory.mktemp("released")
    for platform in PLATFORMS:
        files = platform.render(integration("returnmate"), base)
        write.write_files(files, base / platform.folder / "returnmate")
    return base
