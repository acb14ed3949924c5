"""Invalid inputs on the command line are refused by name before any request is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connector.cli import program

if TYPE_CHECKING:
    from pathlib import Path

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Credentials in the environment for an address where no server listens."""
    for kind in ("CONFIG", "STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("RETURNS_RETURNMATE_API_KEY", "sandbox-demo-returnmate")
    monkeypatch.setenv("RETURNS_RETURNMATE_BASE_URL", NOWHERE)
    monkeypatch.setenv("COLUMNS", "300")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("trigger return_status_changed status=aproved", "did you mean approved?"),
        ("search find_return order_number=#", "order_number does not identify a record"),
        ("search get_returns_report start_date=2026-13-45", "start_date must be a date"),
        ("action create_return items[0].quantity=1_0", "items[0].quantity must be a whole number, not '1_0'"),
        ("action create_shipping_label return_id=r carrier=Austria-Post", "carrier must be"),
        ("action add_note return_id= note=x", "return_id is required"),
    ],
)
def test_invalid_input_is_refused_by_name(
    offline: None, capsys: pytest.CaptureFixture[str], words: str, sentence: str
) -> None:
    command, key, *pairs = words.split(" ")
    given = [word for pair in pairs for word in ("--input", pair)]
    assert program.run([command, "returnmate", key, *given]) != 0
    said = " ".join(capsys.readouterr().err.split())
    assert sentence in said
    assert NOWHERE.removeprefix("http://") not in said


def test_input_file_is_read_like_pairs(
    offline: None, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    given = tmp_path / "inputs.json"
    given.write_text('{"return_id": ["r1", "r2"], "note": "x", "internal": "yes"}', encoding="utf-8")
    assert program.run(["action", "returnmate", "add_note", "--json", str(given)]) != 0
    said = " ".join(capsys.readouterr().err.split())
    assert "return_id must be text; internal must be true or false" in said


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_input_file_is_read_in_the_encoding_of_any_system(
    offline: None, capsys: pytest.CaptureFixture[str], tmp_path: Path, encoding: str
) -> None:
    given = tmp_path / "inputs.json"
    given.write_text('{"return_id": "r",\r\n "notes": "Gr\u00fcn"}\r\n', encoding=encoding)
    assert program.run(["action", "returnmate", "add_note", "--json", str(given)]) != 0
    assert "notes is unknown; did you mean note?" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("content", [b"\xff", b"{", b"[" * 100_000, b"[1]", b"\xff\xfe{"])
def test_file_without_inputs_is_reported_in_one_sentence(
    offline: None, capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes
) -> None:
    given = tmp_path / "inputs.json"
    given.write_bytes(content)
    assert program.run(["action", "returnmate", "add_note", "--json", str(given)]) == 2
    assert "--json" in capsys.readouterr().err
