"""Triggers, actions and searches for returns APIs, in Python and as apps for Zapier, Make and n8n.

    async with connector.open("returnmate", api_key="…") as rm:
        result = await rm.triggers["new_return"].poll(cursor)
        created = await rm.actions["create_return"](order_number="#1001", …)
        response = await rm.operations.list_returns(status=["pending", "approved"])

`open` returns a `Connection`, and `open_sync` one for programs without async code. `Runner` delivers the
events of a trigger to a handler, and keeps its place between runs in `Cursors` (a SQLite file) or
`DatabaseCursors` (another database). A handler raises `Skip` if an event should be skipped and not retried.
`CursorTable` keeps the cursors in transactions of your own. `connector.errors` contains all exceptions, and
`connector.unified` converts records from all vendors to a common model. `connector.typed` contains the
types of each vendor's inputs and records, for type checkers.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from connector.errors import Skip

if TYPE_CHECKING:
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
        """Import what only some programs need: SQLAlchemy alone takes a fifth of a second."""
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
    "open",
    "open_sync",
]
