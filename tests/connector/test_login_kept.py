"""A login that is good once lives on in its profile: each new refresh token takes the place of the last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx

from connector.cli import run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from support.sandbox import Sandbox

POLL = ["trigger", "returnlogic", "new_order", "--profile", "app"]


def test_a_code_is_exchanged_once_and_the_profile_lives_on(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = sandbox.tenant("login-kept", seed_size=3)
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
    kept = (tmp_path / "returns-connector" / "profiles.toml").read_text()
    assert code not in kept
    for name in login:
        monkeypatch.delenv(f"RETURNS_RETURNLOGIC_{name}")
    assert run(POLL) == 0
    assert run(POLL) == 0
    assert (tmp_path / "returns-connector" / "profiles.toml").read_text() != kept
