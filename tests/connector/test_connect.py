"""`returns connect`: which credentials are verified at which address, and what is saved."""

import io
import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.sandbox import Sandbox

from connector.cli.program import run
from connector.definition.compiler import integration, vendors

Login = Callable[..., dict[str, Any]]


@pytest.fixture
def login(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Login:
    """Put only the sandbox's credentials for a vendor into the environment, and return them."""
    for name in [one for one in os.environ if one.startswith("RETURNS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.StringIO())

    def put_login(vendor: str, **changed: str) -> dict[str, Any]:
        found = sandbox.credentials(vendor)
        for name, value in {**found["fields"], **changed}.items():
            monkeypatch.setenv(f"RETURNS_{vendor}_{name}".upper(), value)
        return found

    return put_login


def kept(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "returns-connector" / "profiles.toml").read_text())


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
def test_refused_login_exits_with_the_login_code(
    login: Login, tmp_path: Path, capsys: pytest.CaptureFixture[str], vendor: str, field: str
) -> None:
    """The vendor refuses a wrong key, a shop of another account and a store that does not exist."""
    found = login(vendor, **{field: "unknown"})
    assert run(["connect", vendor, "--base-url", found["base_url"]]) == 3
    said = capsys.readouterr()
    assert "Connected" not in said.out + said.err
    assert list(tmp_path.rglob("profiles.toml")) == []


@pytest.mark.parametrize("vendor", vendors())
def test_address_in_the_environment_is_used_and_saved(
    login: Login,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    vendor: str,
) -> None:
    place = login(vendor)["base_url"]
    monkeypatch.setenv(f"RETURNS_{vendor}_BASE_URL".upper(), f" {place}/\r\n")
    assert run(["connect", vendor]) == 0
    assert kept(tmp_path)[vendor]["default"]["base_url"] == place
    assert f"at {place}; saved as profile default" in capsys.readouterr().err


def test_option_overrides_the_address_in_the_environment(
    login: Login, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = login("returnmate")["base_url"]
    monkeypatch.setenv("RETURNS_RETURNMATE_BASE_URL", "https://elsewhere.invalid/v1")
    assert run(["connect", "returnmate", "--base-url", place]) == 0
    assert kept(tmp_path)["returnmate"]["default"]["base_url"] == place
    assert run(["connect", "returnmate", "--base-url", place, "--environment", "sandbox"]) == 2
    assert "both set the address" in capsys.readouterr().err
    assert run(["connect", "exsited", "--environment", "production"]) == 2
    assert "an address for each account; pass yours with --base-url" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("vendor", "place", "option"),
    [
        *((vendor, "http://api.example.com/v1", False) for vendor in vendors()),
        *(("swap", place, True) for place in ("http://192.0.2.7", "nonsense", "ftp://x", "https://")),
    ],
)
def test_no_login_is_sent_to_an_invalid_or_unencrypted_address(
    login: Login,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    vendor: str,
    place: str,
    option: bool,
) -> None:
    login(vendor)
    name = "--base-url" if option else f"RETURNS_{vendor}_BASE_URL".upper()
    if not option:
        monkeypatch.setenv(name, place)
    assert run(["connect", vendor, *(["--base-url", place] if option else [])]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"{name}: '{place}' ")
    assert ("https://" in said) is True
    assert list(tmp_path.rglob("profiles.toml")) == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_answers_from_a_script_are_read_in_any_encoding(
    sandbox: Sandbox, login: Login, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    found = sandbox.credentials("returnmate")
    raw = io.BytesIO(f" {found['fields']['api_key']}\t\r\nKäsé & Söhne\r\n".encode(encoding))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(raw), encoding="utf-8"))
    assert run(["connect", "returnmate", "--base-url", found["base_url"]]) == 0
    assert kept(tmp_path)["returnmate"]["default"] == {
        "base_url": found["base_url"],
        "api_key": found["fields"]["api_key"],
        "store_name": "Käsé & Söhne",
    }


def test_missing_or_binary_answers_are_reported_in_one_sentence(
    sandbox: Sandbox, login: Login, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = sandbox.credentials("returnmate")["base_url"]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(b"\xe4\n")), "utf-8"))
    assert run(["connect", "returnmate", "--base-url", place]) == 2
    assert "Standard input is not UTF-8 text" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", None)
    assert run(["connect", "returnmate", "--base-url", place]) == 2
    assert "No API Key was given" in capsys.readouterr().err


def test_only_required_fields_are_explained_if_input_is_redirected(
    sandbox: Sandbox, login: Login, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found, fields = sandbox.credentials("returnmate"), integration("returnmate").authentication.fields
    help_texts = {field.required: field.help for field in fields}
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{found['fields']['api_key']}\n"))
    assert run(["connect", "returnmate", "--base-url", found["base_url"]]) == 0
    said = capsys.readouterr().err
    assert help_texts[True] in said
    assert help_texts[False]
    assert help_texts[False] not in said


def test_nothing_is_asked_or_sent_if_the_profile_cannot_be_saved(
    login: Login, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A one-time code would be used up and lost."""
    place = login("returnmate")["base_url"]
    (tmp_path / "returns-connector").write_text("a file where the folder belongs")

    def asked(*_arguments: object) -> None:
        pytest.fail("the login was tried")

    monkeypatch.setattr("connector.cli.connect._verify", asked)
    assert run(["connect", "returnmate", "--base-url", place]) == 2
    assert "cannot be written: file exists" in capsys.readouterr().err


def test_unrelated_settings_are_reported_and_kept(
    login: Login, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = login("returnmate")["base_url"]
    monkeypatch.setenv("RETURNS_RETURNMATE_API_KYE", "x")
    folder = tmp_path / "returns-connector"
    folder.mkdir()
    notes = "[retrunmate.default]\napi_key = 'x'\n[returnmate.other]\nstore_nme = 'x'\n"
    (folder / "profiles.toml").write_text(notes)
    assert run(["connect", "returnmate", "--base-url", place]) == 0
    said = capsys.readouterr().err
    assert "RETURNS_RETURNMATE_API_KYE is set but not read" in said
    assert "did you mean RETURNS_RETURNMATE_API_KEY?" in said
    assert f"'retrunmate' in {folder / 'profiles.toml'} is not read" in said
    assert "did you mean returnmate?" in said
    assert "store_nme of [returnmate.other]" in said
    assert "did you mean store_name?" in said
    assert (folder / "profiles.toml").read_text().startswith("[retrunmate.default]\napi_key = 'x'\n")
