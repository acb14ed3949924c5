"""Errors of commands that cannot store profiles or cursors in the user's folders."""

from pathlib import Path

import platformdirs
import pytest

from connector.cli.program import run


@pytest.mark.parametrize(
    ("place", "arguments"),
    [
        ("user_state_path", ["trigger", "returnmate", "new_return"]),
        ("user_config_path", ["search", "returnmate", "find_return", "-i", "order_number=#1"]),
        ("user_data_path", ["serve", "--port", "0"]),
    ],
)
def test_user_without_a_home_gets_an_error_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], place: str, arguments: list[str]
) -> None:
    def homeless(_name: str, **_more: bool) -> Path:
        raise RuntimeError("could not determine the home directory")

    monkeypatch.setattr(platformdirs, place, homeless)
    assert run(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("No home folder was found: ")
    assert "HOME" in said


def test_impossible_cursor_file_is_reported_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    place = "/dev/null/folder/cursors"
    assert run(["trigger", "returnmate", "new_return", "--state", place]) == 2
    said = f"The cursor file {place} cannot be used: not a directory. Choose another with --state.\n"
    assert capsys.readouterr().err == said
