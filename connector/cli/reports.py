"""Shows on the terminal what the connector reports through `logging`: long waits, and what it ignored."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from connector.cli.output import printable, tell

if TYPE_CHECKING:
    from collections.abc import Iterator

LOGGER = "returns_connector"


class _OnTerminal(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        tell(printable(record.getMessage()))


@contextmanager
def reported() -> Iterator[None]:
    """Print reports as lines on standard error until the block ends."""
    logger, handler = logging.getLogger(LOGGER), _OnTerminal(logging.INFO)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
