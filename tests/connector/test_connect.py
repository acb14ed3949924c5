"""`returns connect`, whatever a vendor answers to a login that is none."""

import io
import os
from pathlib import Path

import pytest
from support.sandbox import Sandbox

from connector.cli import run


@pytest.mark.parametrize(
    ("vendor", "field"),
    [
        ("returnmate", "api_key"),
        ("returnlogic", "api_key"),
        ("returngo", "api_key"),
        ("returngo", "shop_name"),
        ("swap", "api_key"),
        ("swap", "store_id"),
        ("exsited", "client_secret"),
    ],
)
def test_a_login_that_a_vendor_refuses_ends_with_the_code_for_it(
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    vendor: str,
    field: str,
) -> None:
    """A wrong key, a shop of another account, a store that there is not: the login is refused."""
    for name in [one for one in os.environ if one.startswith("RETURNS_")]:
        monkeypatch.delenv(name)
    found = sandbox.credentials(vendor)
    for name, value in {**found["fields"], field: "nobodys"}.items():
        monkeypatch.setenv(f"RETURNS_{vendor}_{name}".upper(), value)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert run(["connect", vendor, "--base-url", found["base_url"]]) == 3
    said = capsys.readouterr()
    assert "Connected" not in said.out + said.err
    assert list(tmp_path.rglob("profiles.toml")) == []
