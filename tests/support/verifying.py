"""`returns verify` in process, against the sandbox or a drifted copy of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx

import connector
from connector.cli import program
from connector.definition.compiler import integration as compiled
from connector.verify.plan import plan
from connector.verify.run import Verification
from mock_server import vendors
from mock_server.app import Sandbox, create_app
from mock_server.settings import Settings
from support.drift import Drift, DriftedSandbox
from support.fake_vendor import Time
from support.first_moment import STARTS

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from connector.runtime.connection import Connection
    from connector.verify.plan import Plan

TENANT = "demo"
RETURNS = 25


@dataclass
class Accounts:
    """One sandbox with an account at every vendor."""

    sandbox: Sandbox

    @classmethod
    def open(cls, returns: int = RETURNS) -> Accounts:
        settings = Settings(
            database="sqlite://", seed_size=returns, rate_limits=False, first_moment=STARTS, journal=0
        )
        return cls(create_app(settings))

    def close(self) -> None:
        self.sandbox.world.close()

    def transport(self, vendor: str, drift: Drift | None = None) -> DriftedSandbox:
        """Return the account's API as a transport, with a drift in the vendor's specification."""
        inner = httpx.ASGITransport(self.sandbox)
        return DriftedSandbox(inner, vendor, self._entry(vendor)[0], drift)

    def connect(self, vendor: str, transport: httpx.AsyncBaseTransport) -> Connection:
        """Connect to an account; the requests bypass the contract, which a refused request breaks."""
        path, fields = self._entry(vendor)
        time = Time()
        login: dict[str, Any] = dict(fields)
        connection = connector.open(
            compiled(vendor),
            base_url=f"http://127.0.0.1:4010{path}",
            transport=transport,
            clock=time.clock,
            sleep=time.sleep,
            **login,
        )
        connection.client._sender.transport = transport
        return connection

    def _entry(self, vendor: str) -> tuple[str, dict[str, str]]:
        served = vendors.load(vendor, self.sandbox.world)
        path = self.sandbox.world.settings.path_of(vendor, served.base_path)
        return path, dict(served.credentials(self.sandbox.world.keys.key(TENANT, vendor))["fields"])


@cache
def planned(vendor: str) -> Plan:
    """Return the plan of a vendor, which is frozen; making one takes 70 ms."""
    return plan(compiled(vendor))


async def verified(accounts: Accounts, vendor: str, transport: httpx.AsyncBaseTransport) -> Verification:
    """Verify an account at a vendor with as many calls as the plan states."""
    async with accounts.connect(vendor, transport) as connection:
        verification = Verification(connection.client, planned(vendor), planned(vendor).calls)
        await verification.run()
        return verification


@dataclass(frozen=True)
class Run:
    """What a run of the command printed, and its exit code."""

    code: int
    out: str
    err: str


@dataclass
class Command:
    """`returns verify` in this process; `transport` replaces the account's API."""

    accounts: Accounts
    capsys: pytest.CaptureFixture[str]
    transport: httpx.AsyncBaseTransport | None = None

    def run(self, vendor: str, *arguments: str) -> Run:
        """Run the command with the profile `live`."""
        code = program.run(["verify", vendor, "--profile", "live", *arguments])
        printed = self.capsys.readouterr()
        return Run(code, printed.out, printed.err)


class Answering(httpx.AsyncBaseTransport):
    """Passes requests to another transport, and replaces its responses; token requests are not replaced."""

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        vendor: str,
        answer: Callable[[httpx.Request, httpx.Response], httpx.Response],
    ) -> None:
        tokens = compiled(vendor).authentication.tokens
        self._token = compiled(vendor).operations[tokens.operation].path if tokens else None
        self._inner = inner
        self._answer = answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        await response.aread()
        if self._token and request.url.path.endswith(self._token):
            return response
        return self._answer(request, response)
