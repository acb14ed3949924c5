"""Only one hub runs on a file of SQLite, and a killed one holds nothing."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connector.cli.program import run
from connector.errors import ConfigurationError
from connector.hub.one_process import only_process

HOLDER = """
import sys
from connector.hub.one_process import only_process
with only_process(sys.argv[1]):
    print("locked", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_hub(url: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLDER, url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "locked\n"
            yield process
        finally:
            process.kill()


def test_a_second_hub_on_a_file_of_sqlite_is_refused_until_the_first_is_killed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = tmp_path / "hub.sqlite3"
    link = tmp_path / "link.sqlite3"
    link.symlink_to(database)
    with another_hub(f"sqlite:///{database}") as first:
        words = ["hub", "--port", "0", "--key-file", str(tmp_path / "hub.key")]
        assert run([*words, "--database", f"sqlite:///{link}"]) == 2
        printed = capsys.readouterr().err
        assert not database.exists()
        first.kill()
        first.wait()
        with only_process(f"sqlite:///{database}"):
            """The lock of a killed process is free."""
    assert printed == (
        f"Another hub already uses the database {database}. A database of SQLite serves one process: stop the"
        " other one, or let several share a PostgreSQL database with --database postgresql://hub@db/hub.\n"
    )


def test_other_databases_and_postgresql_have_locks_of_their_own(tmp_path: Path) -> None:
    shared = "postgresql://hub@db.example.com/hub"
    urls = [f"sqlite:///{tmp_path / name}" for name in ("one", "two")]
    with (
        only_process(urls[0]),
        only_process(urls[1]),
        only_process(shared),
        only_process(shared),
        only_process("sqlite://"),
        only_process("sqlite://"),
        only_process("nonsense"),
        pytest.raises(ConfigurationError, match="Another hub already uses"),
        only_process(f"sqlite:///file:{tmp_path / 'one'}?uri=true"),
    ):
        pytest.fail("The lock was held twice.")


def test_a_lock_that_cannot_be_created_is_one_sentence(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'missing' / 'hub.sqlite3'}"
    with (
        pytest.raises(ConfigurationError, match=r"its lock hub\.sqlite3\.lock cannot be"),
        only_process(url),
    ):
        pytest.fail("The folder is missing.")
