"""The sandbox's commands in this process: `run` runs one, and `COMMANDS` lists all with their parameters."""

import os
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import Any
from unittest.mock import patch

import typer

from mock_server.cli.serve import register


def _program() -> Any:
    app = typer.Typer(rich_markup_mode=None)
    register(app)
    return typer.main.get_command(app)


def _commands(group: Any, *words: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, *words, name)
        else:
            yield (*words, name), command


_PROGRAM = _program()
COMMANDS: dict[tuple[str, ...], Any] = dict(_commands(_PROGRAM))
"""Every command with its words, such as `("sandbox", "webhook", "add")`."""


@dataclass(frozen=True)
class Ran:
    """What a command printed, and its exit code."""

    exit_code: int
    stdout: str
    stderr: str


def run(url: str, *words: str, **environment: str) -> Ran:
    """Run a command against the sandbox at `url`.

    Typer's own runner builds all commands again for each call, which takes most of the time.
    """
    output, errors = StringIO(), StringIO()
    settings = {"RETURNS_SANDBOX_URL": url, "COLUMNS": "200", **environment}
    with patch.dict(os.environ, settings), redirect_stdout(output), redirect_stderr(errors):
        try:
            code = _PROGRAM.main(args=list(words), standalone_mode=False, prog_name="returns")
        except Exception as error:
            if not hasattr(error, "show"):
                raise
            error.show()  # a usage error of the command line library
            code = getattr(error, "exit_code", 1)
    return Ran(code or 0, output.getvalue(), errors.getvalue())
