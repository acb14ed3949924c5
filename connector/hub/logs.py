"""Writes the hub's log as text or as JSON, one line per entry, and keeps the newest entries for the page."""

from __future__ import annotations

import json
import logging
import sys
from collections import deque
from datetime import UTC, datetime
from typing import Any

LOGGER = "returns_connector"
KEPT = 300
"""How many entries are kept in memory."""
FIELDS = ("connection", "list", "subscription", "webhook_id", "status", "attempts", "alarm", "kind", "job")
"""Additional values of an entry (`extra`), which become members in JSON."""


class JsonLines(logging.Formatter):
    """Formats an entry as a JSON object: time, level, logger, message, and the additional values."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": moment_of(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


class Recent(logging.Handler):
    """Keeps the newest entries in memory, newest last."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.entries: deque[dict[str, str]] = deque(maxlen=KEPT)

    def emit(self, record: logging.LogRecord) -> None:
        level, message = record.levelname.lower(), record.getMessage()
        self.entries.append({"time": moment_of(record), "level": level, "message": message})


def moment_of(record: logging.LogRecord) -> str:
    """Return the time of an entry as an RFC 3339 date-time in UTC."""
    at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    return at.replace("+00:00", "Z")


def configure(form: str) -> None:
    """Write the log of this process to standard error, from level INFO on, instead of other handlers."""
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S%z")
    handler.setFormatter(JsonLines() if form == "json" else text)
    logger = logging.getLogger(LOGGER)
    logger.setLevel(logging.INFO)
    logger.handlers[:] = [handler]
    logging.getLogger("uvicorn").addHandler(handler)
