"""The program `returns`: commands of all installed parts, errors as one sentence, exit codes."""

from __future__ import annotations

import os
import sys
from importlib.metadata import entry_points
from typing import NoReturn

import typer

from connector.cli.exit_codes import INTERRUPTED, exit_code
from connector.cli.reports import reported
from connector.cli.streams import prepared
from connector.errors import ConnectorError, OutcomeUnknown

HELP = """Automate product returns: a sandbox of returns services, and a connector for them.

Exit codes: 0 done, 1 the vendor or this program failed, 2 wrong usage, 3 login refused or not allowed,
4 nothing found, 5 wrong inputs, 6 too many requests, 7 not known whether a write was done, 130 interrupted,
143 terminated.
"""


def program() -> typer.Typer:
    """Build the program from the entry points of the group `returns.commands`."""
    app = typer.Typer(
        name="returns", help=HELP, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None
    )
    for entry in sorted(entry_points(group="returns.commands"), key=lambda one: one.name):
        entry.load()(app)
    return app


def main() -> NoReturn:
    """Run the program and end the process with its exit code; an output that is closed is none."""
    prepared()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the program with arguments and return its exit code."""
    try:
        with reported():
            code = program()(args=arguments, standalone_mode=False, prog_name="returns")
        sys.stdout.flush()
    except ConnectorError as problem:
        return _failed(problem)
    except SystemExit as ended:  # how the command line library leaves on a broken pipe
        return _reader_left() if isinstance(ended.__context__, BrokenPipeError) else int(ended.code or 0)
    except OSError as problem:
        return _reader_left() if isinstance(problem, BrokenPipeError) else _unusable(problem)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except Exception as problem:
        if not hasattr(problem, "show") or not hasattr(problem, "exit_code"):
            raise
        problem.show()  # a usage error of the command line library
        return int(problem.exit_code)
    return code if isinstance(code, int) else 0


def _reader_left() -> int:
    """Nobody reads any more: what Python still wants to flush goes nowhere, and that is no failure."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _unusable(problem: OSError) -> int:
    """Tell of a full disk, or of a folder that may not be written to, in the system's words."""
    where = problem.filename or "The output"
    print(f"{where} cannot be used: {(problem.strerror or str(problem)).lower()}.", file=sys.stderr)  # noqa: T201
    _reader_left()
    return 1


def _failed(problem: ConnectorError) -> int:
    print(problem, file=sys.stderr)  # noqa: T201
    if isinstance(problem, OutcomeUnknown):
        sent = problem.sent
        print(f"Sent was: {sent.get('method')} {sent.get('path')}", file=sys.stderr)  # noqa: T201
    return exit_code(problem)
