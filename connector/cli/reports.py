"""Prints the connector's log messages on standard error, for example about ignored settings."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from connector.cli.output import notify, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

LOGGER = "returns_connector"


class _TerminalHandler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        notify(printable(record.getMessage()))


@contextmanager
def log_to_terminal() -> Iterator[None]:
    """Print messages logged by `returns_connector` on standard error until the `with` block ends."""
    logger, handler = logging.getLogger(LOGGER), _TerminalHandler()
    level = logger.level
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def log_everything() -> None:
    """Also log requests, short waits and logins, until the `with` block of `log_to_terminal` ends."""
    logging.getLogger(LOGGER).setLevel(logging.DEBUG)
