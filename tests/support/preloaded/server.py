"""Runs commands in copies of this process, which has imported everything and compiled all vendors.

`python -m support.preloaded.server NUMBER` accepts connections on the listening socket with that descriptor,
and ends with its standard input. A command is a process of its own: it has its own arguments, environment,
folder, streams, signals and exit code. Only the start of Python and the imports are shared.
"""

import atexit
import gc
import importlib
import json
import os
import pkgutil
import select
import shutil
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from support import read_once
from support.preloaded.client import WORD, exactly

read_once.install()

import typer  # noqa: E402 - reading once is installed first

import connector  # noqa: E402 - as above
import mock_server  # noqa: E402 - as above
import openapi  # noqa: E402 - as above
from connector.cli import program  # noqa: E402 - as above
from mock_server.cli.serve import register  # noqa: E402 - as above

_UNWRITTEN = 120
"""The exit code of Python if it cannot write the rest of its output."""

RARE = ("connector.mcp", "mock_server.mcp", "mock_server.testing")
"""Packages that few commands need and that import much."""


def preload() -> None:
    """Import all modules, and compile all vendors."""
    for package in (connector, mock_server):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.startswith(RARE) and not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    for vendor in openapi.vendors():
        connector.definition.compiler.integration(vendor)
    for name in (*openapi.vendors(), openapi.CONTROL_PLANE):
        openapi.read(name)
    gc.collect()
    gc.freeze()  # a copy does not look at what exists already
    assert threading.active_count() == 1, "A copy would miss the other threads."


def programs() -> Mapping[str, Callable[[], Any]]:
    """Return what can be run: the whole `returns`, or its commands of the sandbox only.

    Both are built here, once, because building takes 0.1 s.
    """
    whole = typer.main.get_command(program.program())
    program.program = lambda: whole  # type: ignore[assignment,return-value]
    app = typer.Typer()
    register(app)
    return {"returns": program.main, "sandbox": typer.main.get_command(app)}


def serve(listener: socket.socket, known: Mapping[str, Callable[[], Any]]) -> None:
    """Start a copy for every connection until standard input ends; the copies return as well."""
    folder = Path(listener.getsockname()).parent
    while True:
        ready, _, _ = select.select([listener.fileno(), 0], [], [])
        if 0 in ready:
            shutil.rmtree(folder)
            return
        connection, _ = listener.accept()
        _remove_ended()
        if os.fork():
            connection.close()
            continue
        listener.close()
        _run(connection, known)
        return


def _remove_ended() -> None:
    """Wait for the copies that have ended, so that the system counts their time as this process's."""
    with suppress(ChildProcessError):  # there is no copy
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass


def _run(connection: socket.socket, known: Mapping[str, Callable[[], Any]]) -> None:
    """Run the requested command in one more copy, and send its process id and its exit code."""
    size, streams, _, _ = socket.recv_fds(connection, WORD, 3)
    wanted = json.loads(exactly(connection, int.from_bytes(size, "big")))
    process = os.fork()
    if not process:
        connection.close()
        _become(wanted, streams)
        _execute(known[wanted["program"]])
        return
    for stream in (0, 1, 2, *streams):
        os.close(stream)
    connection.sendall(process.to_bytes(WORD, "big", signed=True))
    _, status = os.waitpid(process, 0)
    connection.sendall(os.waitstatus_to_exitcode(status).to_bytes(WORD, "big", signed=True))
    os._exit(0)


def _become(wanted: Mapping[str, Any], streams: list[int]) -> None:
    """Take over streams, folder, environment and arguments, and run the program."""
    for place, stream in enumerate(streams):
        os.dup2(stream, place)
        os.close(stream)
    os.chdir(wanted["folder"])
    os.environ.clear()
    os.environ.update(wanted["environment"])
    time.tzset()
    sys.argv = ["returns", *wanted["words"]]


def _execute(run: Callable[[], Any]) -> None:
    """Run a program; the process then ends as Python does, except that no memory is cleaned up."""
    code = [1]
    atexit.register(_leave, code)  # what the program registers runs before it
    try:
        run()
        code[0] = 0
    except SystemExit as ended:
        code[0] = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 - as Python does at the end of a program
        traceback.print_exc()


def _leave(code: list[int]) -> None:
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code[0] = _UNWRITTEN
    os._exit(code[0])


if __name__ == "__main__":
    preload()
    serve(socket.socket(fileno=int(sys.argv[1])), programs())
