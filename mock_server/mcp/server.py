"""Answers requests of the Model Context Protocol with the tools of a sandbox's control plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp.server.lowlevel import Server
from mcp_types import ListToolsResult

from mock_server.control.health import program_version
from mock_server.mcp.calls import Tools

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import httpx
    from mcp.server.context import ServerRequestContext
    from mcp_types import CallToolRequestParams, CallToolResult, PaginatedRequestParams

INSTRUCTIONS = (
    "Controls a sandbox that behaves like several returns services. A tenant is a test merchant with one "
    "account at every service; its clock can be frozen and advanced, its returns moved, its requests "
    "inspected, and faults make its calls fail on purpose. Without a tenant, the tools use the tenant demo. "
    "API keys are not shown: `returns credentials` prints them in a terminal."
)


def serve_control_plane(
    environment: Mapping[str, str],
    allowed: Collection[str],
    transport: httpx.AsyncBaseTransport | None = None,
) -> Server[None]:
    """Build a server whose tools are the operations of a sandbox's control plane.

    `environment` contains `RETURNS_SANDBOX_URL` and `RETURNS_CONTROL_TOKEN`, if they are needed. `allowed`
    contains the risks of the operations to offer: "read", "write", "destructive". In tests, `transport` can
    replace the network. Raises `ValueError` if the URL or token is not valid.
    """
    tools = Tools(environment, allowed, transport)

    async def list_tools(
        _context: ServerRequestContext[None], _params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        return ListToolsResult(tools=tools.listed())

    async def call_tool(
        _context: ServerRequestContext[None], params: CallToolRequestParams
    ) -> CallToolResult:
        return await tools.call(params.name, params.arguments or {})

    return Server(
        "returns-sandbox",
        version=program_version(),
        title="Returns Sandbox",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )
