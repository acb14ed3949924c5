"""Table layout of both packages: tables on a wide terminal, lists on a narrow one, full width without one."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.each import each

from connector.cli import output as connector_output
from connector.cli import tables as connector_tables
from mock_server.cli import output as sandbox_output
from mock_server.cli import tables as sandbox_tables

COLUMNS = ["key", "description", "inputs"]
ROWS = [
    ["new_return", "Triggers when a new return is created.", "status"],
    ["refund_requested", "Triggers when a refund waits to be made by you.", ""],
]
WORDS = set(" ".join([*COLUMNS, *(cell for row in ROWS for cell in row)]).split())
URL = "https://very-long-host-name.example.com/a/path/that/does/not/fit"
Print = Callable[..., None]
Show = Callable[..., str]


def connector_print(columns: list[str], rows: list[list[str]]) -> None:
    connector_output.print_table("", columns, rows)


PRINT_TABLE = {"connector": connector_print, "sandbox": sandbox_output.print_table}


@pytest.fixture(params=PRINT_TABLE)
def print_table(request: pytest.FixtureRequest) -> Print:
    return PRINT_TABLE[request.param]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch) -> Show:
    """Return a function that returns what a command prints on a terminal with this many columns."""

    def run(columns: int, write: Print, *arguments: object, **options: object) -> str:
        terminal = Terminal()
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdout", terminal)
            patched.setenv("COLUMNS", str(columns))
            write(*arguments, **options)
        return re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue())

    return run


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


def test_both_packages_have_the_same_layout() -> None:
    ours, theirs = Path(connector_tables.__file__), Path(sandbox_tables.__file__)
    assert ours.read_text() == theirs.read_text()


@pytest.mark.parametrize("columns", [80, 60, 45])
def test_a_table_fits_the_terminal_and_breaks_no_word(print_table: Print, show: Show, columns: int) -> None:
    printed = show(columns, print_table, COLUMNS, ROWS)
    assert max(len(line) for line in printed.splitlines()) <= columns
    assert set(printed.split()) == WORDS
    assert lines(printed)[0].split() == COLUMNS


def test_a_narrower_terminal_shows_a_list(print_table: Print, show: Show) -> None:
    assert lines(show(34, print_table, COLUMNS, ROWS)) == [
        "key: new_return",
        "description: Triggers when a new",
        "  return is created.",
        "inputs: status",
        "",
        "key: refund_requested",
        "description: Triggers when a",
        "  refund waits to be made by you.",
    ]


@pytest.mark.parametrize("columns", [80, 40, 3])
def test_a_value_without_blanks_stays_whole(print_table: Print, show: Show, columns: int) -> None:
    rows = [["returnmate", URL], ["swap", URL]]
    printed = lines(show(columns, print_table, ["vendor", "url"], rows))
    expected = [f"url: {URL}"] * 2
    if columns == 80:
        expected = [f"returnmate  {URL}", f"swap        {URL}"]
    assert [line for line in printed if URL in line] == expected


def test_rows_without_headings_become_one_line_each(print_table: Print, show: Show) -> None:
    rows = [["label", URL], ["", "a second line"], ["note", "short"]]
    assert lines(show(30, print_table, ["", ""], rows)) == [
        f"label: {URL}",
        "  a second line",
        "note: short",
    ]


def test_east_asian_letters_take_two_columns(print_table: Print, show: Show) -> None:
    rows = [["返品番号返品番号", "x" * 8]]
    assert len(lines(show(26, print_table, ["", "b"], rows))) == 2  # 16 + 2 + 8: it fits, with its headings
    assert lines(show(25, print_table, ["", "b"], rows)) == ["  返品番号返品番号", "b: xxxxxxxx"]


@pytest.mark.parametrize(("name", "width"), [("connector", 160), ("sandbox", 200)])
def test_without_a_terminal_the_full_width_is_kept(
    name: str, width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    text = ("word " * 25).strip()
    PRINT_TABLE[name](["name", "text"], [["new_return", text]])
    assert len(text) < width
    assert lines(capsys.readouterr().out)[1] == f"new_return  {text}"


@pytest.mark.parametrize("name", PRINT_TABLE)
def test_without_a_terminal_the_width_is_that_of_columns(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    PRINT_TABLE[name](["name", "text"], [["new_return", ("word " * 25).strip()]])
    assert all(len(line) <= 30 for line in each(lines(capsys.readouterr().out)))


def test_values_to_copy_are_never_wrapped(show: Show) -> None:
    rows = [["returnmate", "Basic dXNlcjpzZWNyZXQ="]]
    assert lines(show(36, sandbox_output.print_table, ("vendor", "header"), rows, wrap=False)) == [
        "vendor      header",
        "returnmate  Basic dXNlcjpzZWNyZXQ=",
    ]
    assert lines(show(20, sandbox_output.print_table, ("vendor", "header"), rows, wrap=False)) == [
        "vendor: returnmate",
        "header: Basic dXNlcjpzZWNyZXQ=",
    ]


def test_a_table_may_need_a_minimum_width(show: Show) -> None:
    wide = show(99, connector_output.print_table, "Title", COLUMNS, ROWS, min_width=99)
    assert lines(wide)[1].split() == COLUMNS
    narrow = show(98, connector_output.print_table, "Title", COLUMNS, ROWS, min_width=99)
    assert lines(narrow)[:2] == ["Title", "key: new_return"]
