"""Inputs as JSON in a file or on standard input: any common encoding is read, other content is refused."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from connector.cli import action
from connector.cli.program import run

if TYPE_CHECKING:
    from pathlib import Path

ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]
GIVEN = {"return_id": "Käse & 日本", "note": "two\r\nlines"}
TEXT = json.dumps(GIVEN, ensure_ascii=False, indent=2).replace("\n", "\r\n")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_input_file_is_read_in_its_editors_encoding(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "inputs.json"
    file.write_bytes(TEXT.encode(encoding))
    assert action._read_json(str(file)) == GIVEN


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_standard_input_is_read_in_any_encoding(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode(encoding)), encoding="ascii"))
    assert action._read_json("-") == GIVEN


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: no such file or directory."),
        (
            b'{"a": "\xe4"}',
            "cannot be read: it is not UTF-8 text (byte 8 is invalid); save it as UTF-8.",
        ),
        (b"{", "cannot be read: expecting property name"),
        (b"", "cannot be read: expecting value"),
        (b"[]", "must contain a JSON object with the inputs."),
    ],
)
def test_unreadable_input_file_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, said: str
) -> None:
    file = tmp_path / "inputs.json"
    if content is not None:
        file.write_bytes(content)
    assert run(["action", "returnmate", "add_note", "--json", str(file)]) == 2
    assert f"--json {file} {said}" in capsys.readouterr().err
