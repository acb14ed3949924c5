"""`returns serve` started by other programs: ready file, closed standard output, any address."""

import io
import json
import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.command import PROGRAM, environment
from typer.testing import CliRunner

from mock_server import address
from mock_server.access.keys import DEMO
from mock_server.app import create_app
from mock_server.cli.banner import facts, show
from mock_server.cli.serve import register
from mock_server.serving import terminal
from mock_server.serving.ready import ReadyFile, ReadyFileError
from mock_server.settings import Settings

PATIENCE = 120.0


@dataclass
class Started:
    """A sandbox on all addresses whose standard output was closed after its first line."""

    first_line: str
    ready: dict[str, Any]
    ready_file: Path
    log: Path
    process: subprocess.Popen[str]

    @property
    def port(self) -> int:
        return int(self.ready["url"].rsplit(":", 1)[1])


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    home = tmp_path_factory.mktemp("home")
    file, log = home / "ready.json", home / "serve.log"
    file.write_text('{"url": "http://stale.example.com"}')
    command = [sys.executable, "-c", PROGRAM, "serve", "--port", "0", "--host", "::", "--keep-alive", "1"]
    with log.open("w") as errors:
        process = subprocess.Popen(
            [*command, "--database", "sqlite://", "--seed-size", "0", "--ready-file", str(file)],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**environment(home), "PYTHONUNBUFFERED": "1"},
        )
    try:
        assert process.stdout is not None
        first_line = process.stdout.readline()
        process.stdout.close()
        ready = _wait_for(file, process, log)
        yield Started(first_line, ready, file, log, process)
    finally:
        process.kill()
        process.wait()


def _wait_for(file: Path, process: subprocess.Popen[str], log: Path) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            found: dict[str, Any] = json.loads(file.read_text())
        except FileNotFoundError:
            found = {"url": "stale"}
        if "stale" not in found["url"]:
            return found
        time.sleep(0.02)
    raise AssertionError(f"The sandbox did not become ready:\n{log.read_text()}")


needs_ipv6 = pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")


@needs_ipv6
def test_closed_output_does_not_stop_the_sandbox(started: Started) -> None:
    assert started.first_line.startswith("Control token (shown only once): ")
    assert started.process.poll() is None
    log = started.log.read_text()
    assert "Standard output cannot be written (broken pipe); the sandbox continues without it." in log
    assert "Traceback" not in log


@needs_ipv6
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_all_addresses_include_ipv4_and_ipv6(started: Started, host: str) -> None:
    token = {"Authorization": f"Bearer {started.ready['control_token']}"}
    name = f"[{host}]" if ":" in host else host
    _wait_until_connected(host, started.port)
    answer = httpx.get(f"http://{name}:{started.port}/__sandbox/health", headers=token, timeout=60)
    assert answer.json()["status"] == "ok"


def _wait_until_connected(host: str, port: int) -> None:
    """Connect to the sandbox; skip the test if this machine refuses any connection to the address.

    Some virtual machines refuse IPv6 connections to themselves for a while.
    """
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection((host, port), timeout=60).close()
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                if not _reaches_itself(host):
                    pytest.skip(f"this machine refuses all connections to {host}")
                raise
            time.sleep(0.5)
        else:
            return


def _reaches_itself(host: str) -> bool:
    """Return whether a new listener on an address of this machine can be reached."""
    family = socket.getaddrinfo(host, 0)[0][0]
    with socket.create_server((host, 0), family=family) as listener:
        try:
            socket.create_connection((host, listener.getsockname()[1]), timeout=60).close()
        except OSError:
            return False
        return True


@needs_ipv6
def test_ready_file_has_token_process_and_logins(started: Started) -> None:
    assert stat.S_IMODE(started.ready_file.stat().st_mode) == 0o600
    assert started.ready["control_token"] in started.first_line
    assert started.ready["pid"] == started.process.pid
    mate = started.ready["vendors"]["returnmate"]
    headers = {"Authorization": f"Bearer {mate['fields']['api_key']}"}
    assert httpx.get(f"{mate['base_url']}/rmas", headers=headers).status_code == 200


@needs_ipv6
def test_idle_connection_is_closed_after_its_timeout(started: Started) -> None:
    with socket.create_connection(("127.0.0.1", started.port), timeout=60) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        begun = time.monotonic()
        while connection.recv(65_536):
            pass
        assert 0.5 < time.monotonic() - begun < 40


@needs_ipv6
def test_ready_file_is_removed_with_the_sandbox(started: Started) -> None:
    started.process.terminate()
    started.process.wait(timeout=60)
    assert list(started.ready_file.parent.glob("*ready.json*")) == []


def test_idle_timeout_exceeds_that_of_clients() -> None:
    """httpx closes idle connections after 5 seconds, requests and Node later; the client must close first."""
    assert Settings().keep_alive == 75


def test_ready_file_appears_complete(tmp_path: Path) -> None:
    path = tmp_path / "ready.json"
    file = ReadyFile.prepare(path)
    assert not path.exists()
    file.publish({"url": "http://127.0.0.1:4010"})
    assert json.loads(path.read_text()) == {"url": "http://127.0.0.1:4010"}
    assert list(tmp_path.iterdir()) == [path]
    file.remove()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["no/such/folder.json", "a-folder"])
def test_impossible_ready_file_is_reported_before_the_start(tmp_path: Path, name: str) -> None:
    (tmp_path / "a-folder").mkdir()
    app = _program()
    arguments = ["serve", "--port", "0", "--database", "sqlite://", "--ready-file", str(tmp_path / name)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert f"The ready file {tmp_path / name} cannot be written (" in done.stderr
    assert done.stderr.count("\n") == 1


def test_removed_folder_is_reported(tmp_path: Path) -> None:
    folder = tmp_path / "short-lived"
    folder.mkdir()
    file = ReadyFile.prepare(folder / "ready.json")
    (draft,) = folder.iterdir()
    draft.unlink()
    folder.rmdir()
    with pytest.raises(ReadyFileError, match="cannot be written"):
        file.publish({})
    file.remove()


def _program() -> Any:
    import typer

    app = typer.Typer()
    register(app)
    app.callback()(lambda: None)
    return app


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sandbox.example.com", "must be http:// or https:// with a host"),
        ("ftp://sandbox.example.com", "must be http:// or https:// with a host"),
        ("https://", "must be http:// or https:// with a host"),
        ("https://sandbox.example.com:port", "must be http:// or https:// with a host"),
    ],
)
def test_invalid_public_url_is_named(url: str, says: str) -> None:
    done = CliRunner().invoke(
        _program(), ["serve", "--port", "0", "--database", "sqlite://", "--public-url", url]
    )
    assert done.exit_code == 2
    assert done.stderr.startswith(f"--public-url {says}")


def test_ready_file_replaces_regular_files_only(tmp_path: Path) -> None:
    """Otherwise `--ready-file /dev/stdout` would make root lose `/dev/stdout`."""
    link, kept = tmp_path / "stdout", tmp_path / "kept.txt"
    kept.write_text("mine")
    link.symlink_to(kept)
    for path in (link, tmp_path):
        with pytest.raises(ReadyFileError, match=r"\(it is not a regular file\); choose another one with"):
            ReadyFile.prepare(path)
    assert link.is_symlink()
    assert kept.read_text() == "mine"
    assert sorted(tmp_path.iterdir()) == [kept, link]


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("first-moment", "tomorrow", "must be a date and time with an offset, such as 2026-03-02T09:00:00Z."),
        ("first-moment", "2026-03-02T09:00:00", "must be a date and time with an offset, such as"),
        ("first-moment", "9999-12-31T23:59:59-05:00", "must be between the years 1990 and 2199."),
        ("first-moment", "0001-01-01T00:00:00+01:00", "must be between the years 1990 and 2199."),
        ("first-moment", "2200-01-01T00:00:00Z", "must be between the years 1990 and 2199."),
        ("seed", str(2**64), "9007199254740991"),
        ("seed", "-1", "0"),
    ],
)
def test_impossible_start_is_reported_in_one_sentence(option: str, value: str, says: str) -> None:
    arguments = ["serve", "--port", "0", "--database", "sqlite://", f"--{option}", value]
    done = CliRunner().invoke(_program(), arguments)
    assert done.exit_code == 2, done.output
    assert f"--{option}" in done.stderr
    assert says in done.stderr


@pytest.mark.parametrize("empty", ["", " "])
def test_empty_secret_in_the_environment_is_ignored(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise every key could be computed, and the control plane would accept any host name."""
    for name in ("RETURNS_SECRET", "RETURNS_CONTROL_TOKEN"):
        monkeypatch.setenv(name, empty)
    settings = Settings()
    assert settings.secret is None
    assert settings.control_token is None
    assert Settings(secret="given").secret is not None


@pytest.mark.parametrize(
    ("settings", "public"),
    [
        ({}, True),
        ({"host": "localhost"}, True),
        ({"public_url": "http://127.0.0.1:4020"}, True),
        ({"host": "0.0.0.0"}, False),
        ({"host": "::"}, False),
        ({"host": "192.0.2.7"}, False),
        ({"public_url": "https://some-words.example.com"}, False),
        ({"host": "0.0.0.0", "demo_keys": True}, True),
        ({"demo_keys": False}, False),
    ],
)
def test_public_demo_keys_work_on_loopback_only(settings: dict[str, Any], public: bool) -> None:
    app = create_app(Settings(seed_size=0, vendor="swap", database="sqlite://", **settings))
    try:
        keys = app.world.keys
        assert (keys.look_up("swap", "sandbox-demo-swap") is not None) is public
        assert keys.look_up("swap", keys.key(DEMO, "swap")) is not None
        shown = facts(app)["vendors"]["swap"]["fields"]["api_key"]
        assert (shown == "sandbox-demo-swap") is public
        assert keys.look_up("swap", shown) is not None
    finally:
        app.world.close()


def test_public_demo_keys_depend_on_the_address_of_each_start(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'kept.db'}"
    for public in (True, False, True):
        app = create_app(Settings(seed_size=0, database=database, demo_keys=public))
        assert (app.world.keys.look_up("swap", "sandbox-demo-swap") is not None) is public
        app.world.close()


class Full(io.StringIO):
    """A stream on a full disk."""

    encoding = "utf-8"

    def flush(self) -> None:
        raise OSError(28, "No space left on device")


def test_full_output_does_not_stop_the_sandbox(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    app = create_app(Settings(seed_size=0, database="sqlite://"))
    monkeypatch.setattr(sys, "stdout", Full())
    try:
        show(app)
    finally:
        app.world.close()
    assert "Standard output cannot be written (no space left on device)" in capsys.readouterr().err


def test_missing_standard_streams_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    terminal.say("This is lost.")
    terminal.warn("So is this.")


def test_unsupported_characters_are_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(kept, encoding="ascii"))
    terminal.say("A … b")
    assert kept.getvalue() == b"A \\u2026 b\n"


def test_broken_pipe_is_reported_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        for _ in range(3):
            terminal.say("Is anybody there?")
    assert capsys.readouterr().err.count("Standard output cannot be written (broken pipe)") == 1


def test_closed_standard_streams_are_replaced_by_devnull(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the database would be opened as standard output."""
    opened: list[str] = []

    def is_open(number: int) -> None:
        if number == 1:
            raise OSError(9, "Bad file descriptor")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fstat", is_open)
        patched.setattr(os, "open", lambda path, _flags: opened.append(path))
        terminal.open_closed_streams()
    assert opened == [os.devnull]


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("LocalHost", True), ("127.9.9.9", True), ("::1", True), ("::", False), ("", False)],
)
def test_loopback_is_recognized_in_every_spelling(host: str, loopback: bool) -> None:
    assert address.is_loopback(host) is loopback
