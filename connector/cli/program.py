"""Implements the `returns` program: collects all packages' subcommands, and converts errors to exit codes."""

from __future__ import annotations

import os
import sys
from typing import Annotated, NoReturn

import typer

from connector.cli.exit_codes import INTERRUPTED, exit_code
from connector.cli.help import CommandList
from connector.cli.installed import installed_version, registered
from connector.cli.reports import log_everything, log_to_terminal
from connector.cli.streams import prepare_streams
from connector.cli.usage_errors import explain
from connector.errors import ConnectorError, OutcomeUnknown

HELP = """Automate product returns: one connector for several returns services, and a sandbox to try it in.

Exit codes: 0 success, 1 failure of the vendor or of this program, 2 wrong usage, 3 login refused or access
denied, 4 nothing found, 5 invalid inputs, 6 rate limit exceeded, 7 unknown whether a write succeeded,
130 interrupted, 143 terminated.
"""


def program() -> typer.Typer:
    """Build the program from the subcommands that entry points in the `returns.commands` group register."""
    app = typer.Typer(
        name="returns",
        cls=CommandList,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback(help=HELP)(_options)
    for register in registered("returns.commands"):
        register(app)
    return app


def _print_version(requested: bool) -> None:  # noqa: FBT001 - the value of the option
    if requested:
        print(f"returns {installed_version()}")  # noqa: T201
        raise typer.Exit


def _options(
    _version: Annotated[  # noqa: FBT002
        bool,
        typer.Option("--version", help="Show the version and exit.", callback=_print_version, is_eager=True),
    ] = False,
    verbose: Annotated[  # noqa: FBT002
        bool, typer.Option("--verbose", "-v", help="Report each request, wait and login on standard error.")
    ] = False,
) -> None:
    """Define the options that come before the name of a command, such as --version."""
    if verbose:
        log_everything()


def main() -> NoReturn:
    """Run the program with the arguments in `sys.argv`, and end the process with the exit code."""
    prepare_streams()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the program with the given arguments, print errors on standard error, and return the exit code."""
    try:
        with log_to_terminal():
            code = program()(args=arguments, standalone_mode=False, prog_name="returns")
        sys.stdout.flush()
    except ConnectorError as error:
        return _print_error(error)
    except SystemExit as exit_:  # raised by the command line library, for example for a broken pipe
        return _discard_output() if isinstance(exit_.__context__, BrokenPipeError) else int(exit_.code or 0)
    except OSError as error:
        return _discard_output() if isinstance(error, BrokenPipeError) else _print_system_error(error)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except Exception as error:
        if not hasattr(error, "show") or not hasattr(error, "exit_code"):
            raise
        explain(error)
        error.show()  # a usage error of the command line library
        return int(error.exit_code)
    return code if isinstance(code, int) else 0


def _discard_output() -> int:
    """Redirect standard output to the null device and return exit code 0.

    This is called after the reader of a pipe, such as `head`, has closed the pipe. Otherwise Python would
    print an error when it flushes standard output at exit.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _print_system_error(error: OSError) -> int:
    """Print an operating system error, such as a full disk, as one sentence; return exit code 1."""
    file = error.filename or "The output"
    print(f"{file} cannot be used: {(error.strerror or str(error)).lower()}.", file=sys.stderr)  # noqa: T201
    _discard_output()
    return 1


def _print_error(error: ConnectorError) -> int:
    print(error, file=sys.stderr)  # noqa: T201
    if isinstance(error, OutcomeUnknown):
        sent = error.sent
        print(f"The request was: {sent.get('method')} {sent.get('path')}", file=sys.stderr)  # noqa: T201
    return exit_code(error)
