"""A lint reads the files of an app as editors on any system save them, and reports damaged ones."""

import shutil
from pathlib import Path

import pytest
from support.zapier import ROOT

from connector.cli.program import run

APPS = {"make": ("make_app", "src/makecomapp.json"), "n8n": ("n8n_nodes", "package.json")}
"""The folder of the apps and a file of each, by platform. Zapier's lint loads the app with Node."""


def copied(platform: str, folder: Path) -> tuple[Path, Path]:
    """Copy an app; return its folder, and the file that the tests change."""
    apps, name = APPS[platform]
    app = folder / "swap"
    shutil.copytree(ROOT / apps / "swap", app, ignore=shutil.ignore_patterns("node_modules", "dist"))
    return app, app / name


@pytest.mark.parametrize("platform", APPS)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_is_read_in_the_encoding_of_its_editor(
    platform: str, encoding: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app, file = copied(platform, tmp_path)
    file.write_bytes(file.read_text("utf-8").replace("\n", "\r\n").encode(encoding))
    assert run(["lint", platform, str(app)]) == 0, capsys.readouterr()


@pytest.mark.parametrize("platform", APPS)
@pytest.mark.parametrize(
    ("content", "words"),
    [(b'{"a": "\xe9"}', "is not a readable text file"), (b"[" * 100_000, "nested too deeply")],
)
def test_a_damaged_file_is_one_sentence(
    platform: str, content: bytes, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app, file = copied(platform, tmp_path)
    file.write_bytes(content)
    assert run(["lint", platform, str(app)]) == 2
    printed = capsys.readouterr().err
    assert words in printed
    assert len(printed.splitlines()) == 1
