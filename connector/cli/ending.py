"""How a command that hands over events begins and ends: a lost output, SIGTERM, what nothing foresees."""

from __future__ import annotations

import asyncio
import signal
import sys
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING

import typer

from connector.cli.exit_codes import TERMINATED
from connector.cli.output import closed, encoding, put, shown
from connector.errors import ConfigurationError, ConnectorError, Skip, as_connector_error

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from connector.runtime.polling import Event
    from connector.runtime.runner import Handler


class OutputLost(Exception):  # noqa: N818 - it is what happens
    """Standard output cannot be written to; `problem` says why."""

    def __init__(self, problem: OSError) -> None:
        super().__init__(str(problem))
        self.problem = problem


def printing(written: Callable[[Event], str]) -> Handler:
    """Return a handler that prints what `written` makes of an event.

    An event of which nothing can be made is set aside at once: to try again would change nothing.
    """

    async def hand_over(event: Event) -> None:
        try:
            text = written(event)
        except Exception as problem:  # whatever is wrong with this event, others follow
            raise Skip(f"it cannot be written ({type(problem).__name__}: {problem}).") from problem
        try:
            put(text)
        except OSError as problem:
            raise OutputLost(problem) from problem
        except ValueError as problem:  # the stream was closed
            raise OutputLost(OSError(str(problem))) from problem

    return hand_over


def run(coroutine: Coroutine[Any, Any, None], *, debug: bool) -> None:
    """Run a command to its end; SIGTERM ends it as Ctrl-C does, between two events and with exit code 143."""
    try:
        terminated = asyncio.run(_until_terminated(coroutine))
    except OutputLost as lost:
        raise lost.problem from None
    except (OSError, typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except Exception as problem:
        report(problem, debug=debug)
        raise hinted(problem) from problem
    if terminated:
        raise typer.Exit(TERMINATED)


async def _until_terminated(coroutine: Coroutine[Any, Any, None]) -> bool:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    told: list[int] = []

    def end() -> None:
        told.append(signal.SIGTERM)
        if task is not None:
            task.cancel()

    with suppress(NotImplementedError, RuntimeError, ValueError):  # Windows, or not the main thread
        loop.add_signal_handler(signal.SIGTERM, end)
    try:
        await coroutine
    except asyncio.CancelledError:
        if not told:
            raise
    finally:
        with suppress(NotImplementedError, RuntimeError, ValueError):
            loop.remove_signal_handler(signal.SIGTERM)
    return bool(told)


def refuse_without_output() -> None:
    """Raise `ConfigurationError` where what is handed over would be lost."""
    if closed():
        raise ConfigurationError(
            "Standard output is closed, so events would be lost. Send them to a file, or to /dev/null if"
            " they are not needed."
        )


def hinted(problem: Exception) -> ConnectorError:
    """Return an exception as an error of the tree; one that nothing foresees says how to see more of it."""
    made = as_connector_error(problem)
    if made is not problem:
        made.message = f"{made.message} --debug shows where."
    return made


def report(problem: Exception, *, debug: bool) -> None:
    """Print where an exception comes from on standard error, if that is asked for."""
    if debug:
        text = "".join(traceback.format_exception(problem))
        print(shown(text, encoding(sys.stderr)), file=sys.stderr, flush=True)  # noqa: T201
