"""Output on any terminal: JSON escapes, and text replaces, characters that the encoding does not have."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from connector.cli import output

STRANGE = "Bob \ud83d · 😀 naïve\x1b[31m"
ENCODINGS = ["utf-8", "cp1252", "ascii", "latin-1", "cp437", "koi8-r", "utf-16"]


Write = Callable[..., None]


@pytest.fixture(params=ENCODINGS)
def code(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def printed(code: str, write: Write, *arguments: Any) -> str:
    """Return what a strict stream of this encoding contains after the call."""
    screen = io.BytesIO()
    stream = io.TextIOWrapper(screen, encoding=code)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "stdout", stream)
        patched.setattr(sys, "stderr", stream)
        write(*arguments)
        stream.flush()
    return screen.getvalue().decode(code)


@pytest.mark.parametrize("write", [output.print_json_line, output.print_json])
def test_json_is_writable_in_every_encoding_and_keeps_its_value(code: str, write: Write) -> None:
    value = {"name": STRANGE, "\ud83d": [STRANGE, None, True], "paid": Decimal("12.50"), "count": 3}
    said = printed(code, write, value)
    assert json.loads(said, parse_float=Decimal) == {**value, "paid": Decimal("12.5")}


@pytest.mark.parametrize("write", [output.print_json_line, output.print_json])
def test_numbers_without_a_json_form_become_null_or_text(code: str, write: Write) -> None:
    value = {"a": float("nan"), "b": [float("-inf"), Decimal("NaN")], "c": Decimal("1E+400"), "d": (1, 2.5)}
    assert json.loads(printed(code, write, value)) == {
        "a": None,
        "b": [None, None],
        "c": "1E+400",
        "d": [1, 2.5],
    }


@pytest.mark.parametrize("write", [output.print_line, output.notify])
def test_unsupported_characters_in_text_are_replaced(code: str, write: Write) -> None:
    said = printed(code, write, STRANGE)
    assert said.startswith("Bob ")
    assert "\ud83d" not in said
    assert ("😀" in said) == code.startswith("utf")


def test_unsupported_characters_in_tables_are_replaced(code: str) -> None:
    rows = [["r1", STRANGE], ["r2", "plain"]]
    said = printed(code, output.print_table, f"Title {STRANGE}", ["Name", f"Column {STRANGE}"], rows)
    assert "r1" in said
    assert "r2" in said
    assert "\ud83d" not in said


def test_stream_without_an_encoding_uses_utf_8(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = io.StringIO()
    monkeypatch.setattr(sys, "stdout", kept)
    output.print_json_line({"name": "😀", "at": datetime(2026, 3, 1, tzinfo=UTC)})
    assert json.loads(kept.getvalue()) == {"name": "😀", "at": "2026-03-01T00:00:00Z"}
    assert "😀" in kept.getvalue()


def test_value_without_a_json_form_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(TypeError, match="object has no JSON form"):
        output.print_json_line({"a": 1, "b": object()})
    assert capsys.readouterr().out == ""


def test_nested_records_are_printed_one_per_line(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_record(
        [], {"items": [{"sku": "A"}, {"sku": "B"}], "tags": ["x", "y"], "notes": []}, "Return"
    )
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[-4:] == ["items  sku A", "       sku B", "tags   x, y", "notes  none"]
