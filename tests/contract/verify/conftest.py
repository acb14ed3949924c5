"""An account at every vendor, and `returns verify` in process."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import typer
from support.verifying import Accounts, Command, planned

from connector.cli import program, verify
from connector.profiles import Profile

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from connector.definition.model import Integration
    from connector.runtime.connection import Connection


@cache
def whole_program(make: Callable[[], typer.Typer] = program.program) -> Any:
    """Build the program once; it takes 0.2 s."""
    return typer.main.get_command(make())


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def accounts() -> Iterator[Accounts]:
    opened = Accounts.open()
    yield opened
    opened.close()


@pytest.fixture
def command(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run the command with the transport that a test sets, as profile `live`."""
    made = Command(accounts, capsys)

    @asynccontextmanager
    async def connected(
        integration: Integration, profile: str | None
    ) -> AsyncIterator[tuple[Connection, Profile]]:
        login = Profile(name=profile or "default", base_url=None, fields={})
        vendor = integration.vendor.id
        transport = made.transport or made.accounts.transport(vendor)
        async with made.accounts.connect(vendor, transport) as connection:
            connection.client.profile = login.name
            yield connection, login

    monkeypatch.setattr(verify, "connect_by_name", connected)
    monkeypatch.setattr(program, "program", whole_program)
    monkeypatch.setattr("connector.verify.plan.plan", lambda made: planned(made.vendor.id))
    return made
