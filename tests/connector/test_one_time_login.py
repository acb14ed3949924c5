"""A login by one-time code stays valid in its profile: each new refresh token replaces the previous one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest

from connector.cli.options import connect_with, profiles
from connector.cli.program import run
from connector.clock import sleep
from connector.definition.compiler import integration
from connector.transport.deadline import Deadline

if TYPE_CHECKING:
    from pathlib import Path

    from support.sandbox import Sandbox

POLL = ["trigger", "returnlogic", "new_order", "--profile", "app"]


@pytest.fixture
def profile_file(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the profiles file after an app was installed and connected as profile `app`."""
    tenant = sandbox.tenant(f"login-kept-{uuid4().hex[:8]}", seed_size=3)
    acts = f"{sandbox.url}/__sandbox/tenants/{tenant}/vendors/returnlogic/acts/install_app"
    app: dict[str, Any] = httpx.post(acts, json={"redirect_uri": "https://app.example/cb"}).json()["document"]
    code = parse_qs(urlsplit(app["redirect_to"]).query)["code"][0]
    for kind in ("CONFIG", "STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path))
    login = {"CLIENT_ID": app["client_id"], "CLIENT_SECRET": app["client_secret"], "CODE": code}
    for name, value in login.items():
        monkeypatch.setenv(f"RETURNS_RETURNLOGIC_{name}", value)
    place = sandbox.credentials("returnlogic", tenant)["base_url"]
    assert run(["connect", "returnlogic", "--profile", "app", "--base-url", place]) == 0
    for name in login:
        monkeypatch.delenv(f"RETURNS_RETURNLOGIC_{name}")
    file = tmp_path / "returns-connector" / "profiles.toml"
    assert code not in file.read_text()
    return file


def test_code_is_exchanged_once_and_the_profile_stays_valid(profile_file: Path) -> None:
    before = profile_file.read_text()
    assert run(POLL) == 0
    assert run(POLL) == 0
    assert profile_file.read_text() != before


def test_two_programs_do_not_invalidate_each_others_tokens(profile_file: Path) -> None:
    returnlogic = integration("returnlogic")

    async def take_turns() -> None:
        profile = await profiles().choose(returnlogic, "app")
        async with (
            connect_with(returnlogic, profile) as watching,
            connect_with(returnlogic, profile) as acting,
        ):
            for one in (watching, acting, watching, acting):
                assert one.client.tokens
                token = await one.client.tokens.token(Deadline(30, sleep, "returnlogic"))
                one.client.tokens.refuse(token)  # as if it had expired
                await one.check()

    asyncio.run(take_turns())
    assert run(POLL) == 0


def test_newest_token_is_used_for_the_same_login_and_address_only(profile_file: Path) -> None:
    returnlogic = integration("returnlogic")
    profile = asyncio.run(profiles().choose(returnlogic, "app"))
    assert run(POLL) == 0
    newest = profiles().newest_refresh_token(returnlogic, profile)
    assert newest in profile_file.read_text()
    assert newest not in profile.fields.values()
    profile_file.write_text(
        profile_file.read_text().replace("client_id = ", 'store_name = "Another"\nclient_id = ')
    )
    assert profiles().newest_refresh_token(returnlogic, profile) == ""
