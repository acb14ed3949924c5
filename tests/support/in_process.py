"""The commands of `returns sandbox` against an application in this process, without a server."""

from collections.abc import Callable
from typing import Any

import pytest
import typer
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result

from mock_server.cli.serve import register

Command = Callable[..., Result]


def commands(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Return a function that runs a command; its requests reach the application of `client`."""
    monkeypatch.setattr("mock_server.proxies.network", lambda _url: client._transport)
    program = typer.Typer()
    register(program)

    def run(*arguments: str, columns: int = 200) -> Result:
        env: dict[str, Any] = {"COLUMNS": str(columns), "RETURNS_SANDBOX_URL": str(client.base_url)}
        return CliRunner().invoke(program, arguments, env=env, catch_exceptions=False)

    return run
