"""Standard streams that are closed, full, broken pipes, or in a narrow encoding."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from connector.cli.program import run
from connector.cli.streams import ErrorIgnoringStream, prepare_streams

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.sandbox import Sandbox

PROGRAM = [sys.executable, "-c", "from connector.cli.program import main; main()"]
WRITES = (
    ("--help",),
    ("catalog", "swap"),
    ("catalog", "swap", "--guarantees"),
    ("catalog", "swap", "--format", "json"),
    ("fidelity",),
    ("credentials",),
    ("credentials", "--format", "json"),
    ("credentials", "--format", "curl"),
    ("sandbox", "acts"),
    ("sandbox", "acts", "--format", "json"),
    ("sandbox", "clock"),
    ("sandbox", "keys"),
    ("sandbox", "ledger", "--format", "json"),
    ("sandbox", "ledger"),
    ("sandbox", "switches"),
    ("sandbox", "tenants"),
    ("search", "returnmate", "get_returns_report"),
)  # fmt: skip


@pytest.fixture
def _settings(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [one for one in os.environ if one.startswith("RETURNS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RETURNS_SANDBOX_URL", sandbox.url)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


@contextmanager
def closed_pipe() -> Iterator[None]:
    """Make standard output a pipe whose reader has closed it; pytest would replace what a fixture sets."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as left, pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", left)
        yield


@pytest.mark.usefixtures("_settings")
@pytest.mark.parametrize("arguments", WRITES, ids=" ".join)
def test_broken_pipe_is_no_failure(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with closed_pipe():
        assert run(list(arguments)) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ("receiver", "check", "http://127.0.0.1:1/", "--vendor", "returngo"),
        ("receiver", "check", "http://127.0.0.1:1/", "--vendor", "returngo", "--format", "json"),
        ("lint", "make", "{app}"),
        ("lint", "make", "{app}", "--format", "json"),
    ],
    ids=" ".join,
)
def test_check_without_a_reader_keeps_its_exit_code(arguments: tuple[str, ...], tmp_path: Path) -> None:
    app = shutil.copytree("make_app/swap", tmp_path / "swap")
    (app / "src/makecomapp.json").write_text("{}")
    with closed_pipe():
        assert run([one.format(app=app) for one in arguments]) == 1


def test_generator_without_a_reader_writes_all_apps(tmp_path: Path) -> None:
    with closed_pipe():
        assert run(["generate", "make", "--output", str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in Path("make_app").iterdir()}


@pytest.mark.usefixtures("_settings")
@pytest.mark.parametrize("arguments", WRITES[::4], ids=" ".join)
def test_full_disk_is_reported_in_one_sentence_by_every_command(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr("sys.stdout", full)
        assert run(list(arguments)) == 1
    assert capsys.readouterr().err == "The output cannot be used: no space left on device.\n"


@pytest.mark.usefixtures("_settings")
@pytest.mark.parametrize("arguments", WRITES, ids=" ".join)
def test_every_command_works_in_a_narrow_encoding(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="ascii"))
    monkeypatch.setattr("sys.stderr", sys.stderr)  # restored afterwards
    prepare_streams()
    assert run(list(arguments)) == 0
    assert raw.getvalue().decode("ascii").strip()


def test_unwritable_standard_error_does_not_change_the_result() -> None:
    with Path("/dev/full").open("w") as full:
        stream = ErrorIgnoringStream(full)
        print("lost", file=stream, flush=True)
        assert stream.encoding == full.encoding
    closed = io.StringIO()
    closed.close()
    ErrorIgnoringStream(closed).write("lost")


@pytest.mark.parametrize("how", ["2>/dev/full", "<&- >&- 2>&-"])
def test_refusal_has_its_exit_code_with_any_streams(how: str) -> None:
    command = ["sh", "-c", f'"$0" "$@" {how}', *PROGRAM, "catalog", "unknown"]
    assert subprocess.run(command, check=False, timeout=120).returncode == 2


def test_full_disk_is_reported_in_one_sentence() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PROGRAM, "catalog"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, "The output cannot be used: no space left on device.\n")
