"""Wrong inputs of the command line: refused by name, before anything is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connector.cli import program

if TYPE_CHECKING:
    from pathlib import Path

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def at_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A login in the environment for an address at which nothing answers."""
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
        ("action add_note return_id= content=x", "return_id is required"),
    ],
)
def test_a_wrong_input_is_refused_by_name(
    at_home: None, capsys: pytest.CaptureFixture[str], words: str, sentence: str
) -> None:
    command, key, *pairs = words.split(" ")
    given = [word for pair in pairs for word in ("--input", pair)]
    assert program.run([command, "returnmate", key, *given]) != 0
    said = " ".join(capsys.readouterr().err.split())
    assert sentence in said
    assert NOWHERE.removeprefix("http://") not in said


def test_a_file_with_inputs_is_read_like_pairs(
    at_home: None, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    given = tmp_path / "inputs.json"
    given.write_text('{"return_id": ["r1", "r2"], "content": "x", "internal": "yes"}', encoding="utf-8")
    assert program.run(["action", "returnmate", "add_note", "--json", str(given)]) != 0
    said = " ".join(capsys.readouterr().err.split())
    assert "return_id must be text; internal must be true or false" in said


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_with_inputs_may_come_from_any_system(
    at_home: None, capsys: pytest.CaptureFixture[str], tmp_path: Path, encoding: str
) -> None:
    given = tmp_path / "inputs.json"
    given.write_text('{"return_id": "r",\r\n "contents": "Gr\u00fcn"}\r\n', encoding=encoding)
    assert program.run(["action", "returnmate", "add_note", "--json", str(given)]) != 0
    assert "contents is unknown; did you mean content?" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("content", [b"\xff", b"{", b"[" * 100_000, b"[1]", b"\xff\xfe{"])
def test_a_file_that_holds_no_inputs_is_a_sentence(
    at_home: None, capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes
) -> None:
    given = tmp_path / "inputs.json"
    given.write_bytes(content)
    assert program.run(["action", "returnmate", "add_note", "--json", str(given)]) == 2
    assert "--json" in capsys.readouterr().err
