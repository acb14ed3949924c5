"""Prints events for `returns trigger`, and ends the command on SIGTERM, on errors, or if output is lost."""

from __future__ import annotations

import asyncio
import signal
import sys
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING

import typer

from connector.cli.exit_codes import INTERRUPTED, TERMINATED
from connector.cli.output import encodable, encoding, is_closed, notify_stopped, print_encoded
from connector.errors import ConfigurationError, ConnectorError, Skip, as_connector_error

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from connector.runtime.polling import Event
    from connector.runtime.runner import Handler


class OutputLost(Exception):  # noqa: N818 - describes what happened
    """Raised when standard output can no longer be written to; `error` is the original `OSError`."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


def printing(render: Callable[[Event], str]) -> Handler:
    """Build an event handler that formats each event with `render` and prints the text.

    The handler raises `Skip` if an event cannot be formatted, because another attempt would fail too. It
    raises `OutputLost` if standard output cannot be written to.
    """

    async def hand_over(event: Event) -> None:
        try:
            text = render(event)
        except Exception as error:  # after any error, the next events must still be printed
            raise Skip(f"it cannot be printed ({type(error).__name__}: {error}).") from error
        try:
            print_encoded(text)
        except OSError as error:
            raise OutputLost(error) from error
        except ValueError as error:  # the stream is closed
            raise OutputLost(OSError(str(error))) from error

    return hand_over


def run(coroutine: Coroutine[Any, Any, None], *, debug: bool) -> None:
    """Run a command. On SIGTERM, finish printing the current event, then exit with code 143.

    On Ctrl-C, print one line and exit with code 130. If the command raises `OutputLost`, the original
    `OSError` is raised instead. An unexpected error is converted to a `ConnectorError`.
    """
    try:
        terminated = asyncio.run(_until_terminated(coroutine))
    except OutputLost as lost:
        raise lost.error from None
    except KeyboardInterrupt:
        notify_stopped("Stopped. The same command continues where this one ended.")
        raise typer.Exit(INTERRUPTED) from None
    except (OSError, typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except Exception as error:
        print_traceback(error, debug=debug)
        raise with_debug_hint(error) from error
    if terminated:
        raise typer.Exit(TERMINATED)


async def _until_terminated(coroutine: Coroutine[Any, Any, None]) -> bool:
    """Await a coroutine, and cancel it if SIGTERM arrives; return whether SIGTERM arrived."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    signals: list[int] = []

    def end() -> None:
        signals.append(signal.SIGTERM)
        if task is not None:
            task.cancel()

    with suppress(NotImplementedError, RuntimeError, ValueError):  # Windows, or not the main thread
        loop.add_signal_handler(signal.SIGTERM, end)
    try:
        await coroutine
    except asyncio.CancelledError:
        if not signals:
            raise
    finally:
        with suppress(NotImplementedError, RuntimeError, ValueError):
            loop.remove_signal_handler(signal.SIGTERM)
    return bool(signals)


def refuse_without_output() -> None:
    """Raise `ConfigurationError` if standard output is closed: events printed to it would be lost."""
    if is_closed():
        raise ConfigurationError(
            "Standard output is closed, so events would be lost. Redirect it to a file, or to /dev/null if"
            " you do not need the events."
        )


def with_debug_hint(problem: Exception) -> ConnectorError:
    """Convert an exception to a `ConnectorError` whose message mentions --debug.

    A `ConnectorError` is returned unchanged.
    """
    error = as_connector_error(problem)
    if error is not problem:
        error.message = f"{error.message} --debug shows where."
    return error


def print_traceback(error: Exception, *, debug: bool) -> None:
    """Print the traceback of an exception on standard error if `debug` is true; otherwise do nothing."""
    if debug:
        text = "".join(traceback.format_exception(error))
        print(encodable(text, encoding(sys.stderr)), file=sys.stderr, flush=True)  # noqa: T201
