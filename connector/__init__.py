"""Triggers, actions and searches for returns APIs, in Python and as apps for Zapier, Make and n8n.

    async with connector.open("returnmate", api_key="…") as rm:
        result = await rm.triggers["new_return"].poll(cursor)
        created = await rm.actions["create_return"](order_number="#1001", …)
        response = await rm.operations.list_returns(status=["pending", "approved"])

`open` returns a `Connection`, and `open_sync` one for programs without async code. `Runner` polls a trigger,
delivers its events to a handler, and stores its cursor between runs in `Cursors` (a SQLite file) or
`DatabaseCursors` (another database). A handler raises `Skip` if an event should be skipped and not retried.
`CursorTable` stores cursors in your own database transactions. `connector.errors` contains all exceptions,
and `connector.unified` converts records from all vendors to a common model. `connector.typed` contains the
types of each vendor's inputs and records, for type checkers.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from connector.errors import Skip

if TYPE_CHECKING:
    from connector import errors, unified, webhooks
    from connector.runtime.cursor_table import CursorTable
    from connector.runtime.cursors import Cursors
    from connector.runtime.database_cursors import DatabaseCursors
    from connector.runtime.polling import Event
    from connector.runtime.runner import Runner, RunResult
    from connector.typed.opening import open, open_sync  # noqa: A004 - read as connector.open
else:
    from connector.opening import open, open_sync  # noqa: A004

    _LATER = {
        "CursorTable": "connector.runtime.cursor_table",
        "Cursors": "connector.runtime.cursors",
        "DatabaseCursors": "connector.runtime.database_cursors",
        "Event": "connector.runtime.polling",
        "RunResult": "connector.runtime.runner",
        "Runner": "connector.runtime.runner",
    }

    def __getattr__(name: str) -> Any:
        """Import a class or a module when it is first used; SQLAlchemy takes a fifth of a second."""
        if name in {"errors", "unified", "webhooks"}:
            return import_module(f"connector.{name}")
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_LATER[name]), name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


__all__ = [
    "CursorTable",
    "Cursors",
    "DatabaseCursors",
    "Event",
    "RunResult",
    "Runner",
    "Skip",
    "errors",
    "open",
    "open_sync",
    "unified",
    "webhooks",
]
