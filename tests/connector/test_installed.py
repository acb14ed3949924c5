"""A stale or missing installation is reported in one sentence, not with a traceback."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints, PackageNotFoundError
from typing import TYPE_CHECKING, Any

import pytest

from connector.cli import installed, program
from connector.cli import mcp as command
from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

AGAIN = "pip install --force-reinstall returns-connector"


def knows(*values: str) -> Callable[..., EntryPoints]:
    """Return a stand-in for `entry_points` whose every group has these objects."""
    found = EntryPoints(EntryPoint(f"one{number}", value, "any") for number, value in enumerate(values))
    return lambda **_asked: found


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((), "The installation of returns-connector is incomplete."),
        (("connector.cli.gone:register",), "connector.cli.gone:register cannot be loaded: No module named"),
        (("connector.cli.program:gone",), "connector.cli.program:gone cannot be loaded: module"),
    ],
)
def test_stale_installation_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], values: tuple[str, ...], words: str
) -> None:
    monkeypatch.setattr(installed, "entry_points", knows(*values))
    assert program.run(["catalog"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(words)
    assert AGAIN in said
    assert said.count("\n") == 1


def test_missing_server_of_the_sandbox_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "entry_points", knows())
    with pytest.raises(ConfigurationError, match=AGAIN):
        command._sandbox_server(("read",))


def test_first_of_two_installations_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    values = ("connector.cli.program:run", "connector.cli.program:main")
    monkeypatch.setattr(installed, "entry_points", knows(*values))
    assert installed.registered("returns.mcp", "sandbox")[0] is program.run


def test_version_of_a_package_that_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nothing(name: str) -> Any:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(installed, "version", nothing)
    assert program.run(["--version"]) == 2
    assert capsys.readouterr().err.startswith("returns-connector is not installed. Install it again")
