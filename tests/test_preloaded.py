"""Commands of `support.preloaded` behave like the installed program."""

import gc
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support import preloaded
from support.preloaded import client
from support.sandbox import free_port


@pytest.mark.parametrize(
    "words", [("--version",), ("catalog", "swap"), ("catalog", "unknown"), ("nonsense",), ("profiles",)]
)
def test_command_prints_and_returns_what_the_installed_program_does(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "COLUMNS": "80"}
    program = Path(sys.executable).with_name("returns")
    there = subprocess.run(
        [program, *words], capture_output=True, text=True, check=False, env=environment, cwd=tmp_path
    )
    here = preloaded.run(*words, environment=environment, folder=tmp_path)
    assert (here.returncode, here.stdout, here.stderr) == (there.returncode, there.stdout, there.stderr)
    assert here.stdout + here.stderr


@pytest.mark.parametrize(("sent", "codes"), [(signal.SIGKILL, {-signal.SIGKILL}), (signal.SIGINT, {0, 130})])
def test_signal_ends_a_command_as_it_ends_any_process(
    tmp_path: Path, sent: signal.Signals, codes: set[int]
) -> None:
    port = free_port()
    with (tmp_path / "log").open("wb") as log:
        words = ("serve", "--port", str(port), "--seed-size", "0", "--database", "sqlite://")
        ready = tmp_path / "ready.json"
        served = preloaded.start(
            *words,
            *("--ready-file", str(ready)),
            environment={**os.environ, "HOME": str(tmp_path)},
            output=log.fileno(),
            errors=log.fileno(),
        )
        while not ready.exists():
            assert served.poll() is None, (tmp_path / "log").read_text("utf-8")
            time.sleep(0.05)
        assert served.returncode is None
        served.send_signal(sent)
        assert served.wait(timeout=60) in codes
        assert served.poll() in codes


def test_shell_finds_a_program_that_runs_in_its_folder_and_ends_as_it_ended(tmp_path: Path) -> None:
    needed = preloaded.shell_folder(tmp_path)
    environment = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path), **needed}
    script = "returns catalog swap >catalog.txt; returns catalog unknown 2>errors.txt; echo $?"
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path, env=environment
    )
    assert done.stdout == "2\n"
    assert "return" in (tmp_path / "catalog.txt").read_text("utf-8")
    assert 'no vendor named "unknown"' in (tmp_path / "errors.txt").read_text("utf-8")


def ended() -> int:
    """Return the id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_signal_to_a_command_that_has_just_ended_is_not_an_error() -> None:
    """Its process is gone, and its exit code arrives a moment later."""
    here, there = socket.socketpair()
    with there:
        command = preloaded.Command(ended(), here)
        command.terminate()
        assert command.returncode is None
        there.sendall((3).to_bytes(client.WORD, "big"))
        assert command.wait(timeout=60) == 3
    assert here.fileno() == -1, "the connection is still open"


def test_connection_is_closed_if_the_server_ends(tmp_path: Path) -> None:
    here, there = socket.socketpair()
    there.close()
    with pytest.raises(EOFError):
        preloaded.Command(ended(), here).wait()
    assert here.fileno() == -1
    with pytest.raises(OSError, match="No such file"):
        client.start(tmp_path / "socket", (), {}, tmp_path, (0, 1, 2))
    gc.collect()  # pytest reports a socket that is still open as an error
