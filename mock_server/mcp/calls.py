"""Runs tools: sends their requests to the control plane of a running sandbox, and hides secrets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import httpx
from mcp_types import CallToolResult, TextContent

from mock_server import proxies
from mock_server.cli import unreachable
from mock_server.cli.request import DEFAULT_URL
from mock_server.journal.secrets import Mask, Secrets
from mock_server.mcp.answers import shortened
from mock_server.mcp.tools import DEFAULT_TENANT, TENANT, USUAL_LIMIT, offers, risks
from mock_server.spelling import unknown
from mock_server.wording import explained

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mcp_types import Tool

    from mock_server.mcp.tools import Offer

SECONDS: Final = 60.0  # advancing a clock can take 20 seconds, because it waits for webhook receivers
_NO_CONTENT: Final = 204
_URL_VARIABLE, _TOKEN_VARIABLE = "RETURNS_SANDBOX_URL", "RETURNS_CONTROL_TOKEN"


class CallError(Exception):
    """Raised if a tool cannot be run; the message is one or more sentences."""


class Tools:
    """The tools of one running sandbox.

    The variables `RETURNS_SANDBOX_URL` and `RETURNS_CONTROL_TOKEN` in `environment` select the sandbox; the
    default is the sandbox on this machine. `allowed` contains the risks of the tools to offer: "write",
    "destructive". In tests, `transport` can replace the network. Raises `UnusableError` if the URL or token
    is not valid.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        allowed: Collection[str],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        token = unreachable.bearer_token(environment.get(_TOKEN_VARIABLE, ""))
        self._url = unreachable.base_url(environment.get(_URL_VARIABLE) or DEFAULT_URL, token)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._transport = transport
        self._secrets = Secrets.of({})
        self._offers = offers(**risks(allowed))

    def listed(self) -> list[Tool]:
        """Return the description of each tool, in the order of the control plane's specification."""
        return [offer.tool for offer in self._offers.values()]

    async def call(self, name: str, arguments: Mapping[str, Any]) -> CallToolResult:
        """Run a tool and return its result; if it fails, the result says what was wrong and what to do."""
        try:
            data = self._hidden(await self._run(name, dict(arguments)))
        except CallError as problem:
            return CallToolResult(content=[TextContent(text=str(problem))], is_error=True)
        return CallToolResult(
            content=[TextContent(text=json.dumps(data, ensure_ascii=False))], structured_content=data
        )

    async def _run(self, name: str, inputs: dict[str, Any]) -> Any:
        offer = self._offers.get(name)
        if offer is None:
            raise CallError(unknown("tool", name, self._offers))
        path, query, body = _request(offer, inputs)
        try:
            async with self._client() as client:
                answer = await client.request(offer.method, path, params=query, json=body)
        except proxies.ProxyUnusable as problem:
            raise CallError(str(problem)) from problem
        except httpx.TimeoutException as problem:
            raise CallError(
                f"The sandbox at {self._url} does not answer within {SECONDS:.0f} seconds; try again."
            ) from problem
        except httpx.HTTPError as problem:
            reason = unreachable.cause(problem, httpx.URL(self._url).host)
            raise CallError(
                f"No sandbox answers at {self._url} ({reason}); start one with `returns serve`, or set "
                f"{_URL_VARIABLE}."
            ) from problem
        return shortened(self._read(answer), offer.details)

    def _client(self) -> httpx.AsyncClient:
        transport = self._transport
        if transport is None:
            through = proxies.proxy(self._url)
            verify = through is not None or self._url.startswith("https:")
            transport = httpx.AsyncHTTPTransport(proxy=through, verify=verify)
        base_url = f"{self._url}/__sandbox"
        return httpx.AsyncClient(
            transport=transport, base_url=base_url, headers=self._headers, timeout=SECONDS
        )

    def _read(self, answer: httpx.Response) -> Any:
        if answer.status_code == _NO_CONTENT:
            return {"done": True}
        try:
            content = answer.json()
            if answer.is_success and isinstance(content, dict):
                return content
            message = explained(content["error"])
        except (ValueError, KeyError, TypeError):
            message = (
                f"The server at {self._url} is not a sandbox, or a sandbox of another version: it answers "
                f"with status {answer.status_code} and unexpected content."
            )
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            message += f" Set {_TOKEN_VARIABLE}; `returns serve` printed the token."
        raise CallError(str(Mask(self._secrets).rest(message)))

    def _hidden(self, data: Any) -> Any:
        mask = Mask(self._secrets)
        return mask.rest(mask.json(data))


def _request(offer: Offer, inputs: dict[str, Any]) -> tuple[str, dict[str, Any], dict[str, Any] | None]:
    """Return the path, the query and the body of the request that a tool sends for these inputs.

    Raises `CallError` if an input is missing or unknown.
    """
    schema = offer.tool.input_schema
    if missing := [name for name in schema.get("required", ()) if inputs.get(name) in (None, "")]:
        raise CallError(f"{offer.tool.name} was not run: {missing[0]} is required.")
    known = schema["properties"]
    if not schema["additionalProperties"] and (wrong := [name for name in inputs if name not in known]):
        raise CallError(f"{offer.tool.name} was not run. {unknown('input', wrong[0], known)}")
    if "limit" in offer.queries:
        inputs = {"limit": None if inputs.get("last") else USUAL_LIMIT, **inputs}
    path = offer.path
    for name in known:
        if f"{{{name}}}" in path:
            given = inputs.pop(name, None) or (DEFAULT_TENANT if name == TENANT else "")
            path = path.replace(f"{{{name}}}", quote(str(given), safe=""))
    query = {name: inputs.pop(name) for name in list(inputs) if name in offer.queries}
    query = {name: value for name, value in query.items() if value is not None}
    return path, query, inputs if offer.has_body else None
