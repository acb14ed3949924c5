"""The commands of `returns sandbox` against an application in this process, without a server."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
import typer
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result

from mock_server.cli.serve import register

Command = Callable[..., Result]
DECODED = {"content-encoding", "content-length"}
"""Headers that describe the body as sent; the test client decodes it."""


class Through(httpx.BaseTransport):
    """Sends requests through Starlette's test client, which has HTTP classes of its own."""

    def __init__(self, client: TestClient) -> None:
        self._client = client

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._client.request(
            request.method,
            str(request.url),
            content=request.read(),
            headers=dict(request.headers),
            follow_redirects=False,
        )
        return as_httpx(answer)


def as_httpx(answer: Any) -> httpx.Response:
    """Convert a response of the test client, whose class is another library's, to one of httpx."""
    headers = [pair for pair in answer.headers.multi_items() if pair[0].lower() not in DECODED]
    request = httpx.Request(answer.request.method, str(answer.request.url))
    return httpx.Response(answer.status_code, headers=headers, content=answer.content, request=request)


def commands(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Return a function that runs a command; its requests reach the application of `client`."""
    monkeypatch.setattr("mock_server.proxies.network", lambda _url: Through(client))
    program = typer.Typer()
    register(program)

    def run(*arguments: str, columns: int = 200) -> Result:
        env: dict[str, Any] = {"COLUMNS": str(columns), "RETURNS_SANDBOX_URL": str(client.base_url)}
        return CliRunner().invoke(program, arguments, env=env, catch_exceptions=False)

    return run
