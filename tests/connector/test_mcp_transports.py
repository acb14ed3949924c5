"""How `returns mcp` is reached: over standard streams, over HTTP on this machine, and by which command."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from mcp import Client, StdioServerParameters
from support.assistant import text_of, tools_of
from support.each import each
from typer import Typer
from typer.testing import CliRunner

from connector.cli import mcp as command
from connector.errors import ConfigurationError
from connector.mcp.server import serve_connections
from connector.mcp.transports import http_app, over_http

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from connector.runtime.connection import Connection

PORT = 4030
HERE = f"127.0.0.1:{PORT}"
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
ACCEPT = {"accept": "application/json, text/event-stream"}
PROGRAM = ["-c", "from connector.cli.program import main; main()"]


@pytest.fixture
async def browser(rm: Connection) -> AsyncIterator[httpx.AsyncClient]:
    """A client in this process, whose headers the test chooses."""
    app = http_app(serve_connections({"returnmate": {"shop": rm}}), PORT)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{HERE}") as client:
            yield client


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"host": f"localhost:{PORT}"}, 200),
        ({"origin": f"http://{HERE}"}, 200),
        ({"host": "attacker.example.com"}, 421),
        ({"host": f"attacker.example.com:{PORT}"}, 421),
        ({"host": "127.0.0.1"}, 421),
        ({"host": "127.0.0.1:4031"}, 421),
        ({"origin": "https://attacker.example.com"}, 403),
        ({"origin": f"http://{HERE}.attacker.example.com"}, 403),
        ({"origin": "null"}, 403),
    ],
)
async def test_only_this_machine_and_its_own_pages_are_served(
    headers: dict[str, str], status: int, browser: httpx.AsyncClient
) -> None:
    hello = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }
    message = {**LIST, "method": "initialize", "params": hello}
    answer = await browser.post("/mcp", json=message, headers={**ACCEPT, **headers})
    assert answer.status_code == status


@pytest.mark.anyio
async def test_clients_connect_over_http_to_a_free_port(rm: Connection) -> None:
    url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    server = serve_connections({"returnmate": {"shop": rm}})
    serving = asyncio.create_task(over_http(server, 0, url.set_result))
    try:
        address = await url
        assert address.startswith("http://127.0.0.1:")
        async with Client(address) as client:
            assert "returnmate_find_return" in await tools_of(client)
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


@pytest.mark.anyio
async def test_a_port_that_is_in_use_is_reported(rm: Connection) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"Port {port} cannot be used .* choose another with"):
            await over_http(serve_connections({"returnmate": {"shop": rm}}), port, print)


@pytest.mark.anyio
async def test_a_client_that_starts_the_command_finds_the_tools(tmp_path: Path) -> None:
    """A command in its own process: standard output carries nothing but the protocol."""
    started = StdioServerParameters(
        command=sys.executable, args=[*PROGRAM, "mcp", "returnmate"], env=environment(tmp_path)
    )
    async with Client(started) as client:
        assert "ReturnMate (profile environment)" in (client.instructions or "")
        tools = await tools_of(client)
        result = await client.call_tool("returnmate_create_return", {})
    assert "returnmate_create_return" in tools
    assert not [name for name in tools if not name.startswith(("returnmate_", "returns_"))]
    assert result.is_error
    assert "order_number is required" in text_of(result)


def environment(home: Path) -> dict[str, str]:
    """Return an empty home directory with one login."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RETURNS_")}
    homes = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CONFIG", "STATE", "DATA")}
    return {**kept, **homes, "HOME": str(home), "RETURNS_RETURNMATE_API_KEY": "sandbox-key"}


def test_an_interrupt_ends_the_command_although_it_reads_standard_input(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, *PROGRAM, "mcp", "returnmate"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(tmp_path),
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}\n')
        process.stdin.flush()
        process.stdout.readline()  # the server answers, so it waits in a read
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == -signal.SIGINT


@pytest.fixture
def app() -> Typer:
    program = Typer()
    program.command()(command.mcp)
    return program


def run(app: Typer, *arguments: str) -> Any:
    return CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})


def test_contradicting_options_are_refused(app: Typer) -> None:
    both = run(app, "--read-only", "--allow", "financial")
    assert both.exit_code == 2
    assert "--read-only and --allow contradict each other" in both.output
    mixed = run(app, "returnmate", "--sandbox")
    assert mixed.exit_code == 2
    assert "--sandbox offers no connections" in mixed.output
    assert run(app, "--allow", "write").exit_code == 2


def test_a_missing_package_is_named_with_the_command_that_installs_it(
    app: Typer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "find_spec", lambda _name: None)
    result = run(app)
    assert isinstance(result.exception, ConfigurationError)
    assert result.exception.message == (
        "`returns mcp` needs the package mcp. Install it with: pip install 'returns-connector[mcp]'"
    )


def test_a_wrong_address_of_the_sandbox_is_refused(app: Typer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETURNS_SANDBOX_URL", "http://")
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    result = run(app, "--sandbox")
    assert isinstance(result.exception, ConfigurationError)
    assert "is not a valid address" in result.exception.message


def test_the_program_starts_without_the_protocol() -> None:
    """`returns --help` must not load the package, which takes half a second."""
    code = "import sys; from connector.cli.program import program; program(); print('mcp' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_configurations_in_the_guide_start_the_command(
    app: Typer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        command, "find_spec", lambda _name: None
    )  # the command stops after reading its options
    guide = (Path(__file__).parents[2] / "docs" / "mcp.md").read_text("utf-8")
    blocks = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", guide, re.DOTALL)]
    servers = [
        server for block in blocks for server in (block.get("mcpServers") or block["servers"]).values()
    ]
    for server in each(servers):
        assert server["command"].endswith("/returns")
        first, *arguments = server["args"]
        assert first == "mcp"
        assert isinstance(run(app, *arguments).exception, ConfigurationError)
