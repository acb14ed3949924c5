"""Triggers, actions and searches for returns APIs, in Python and as apps for Zapier, Make and n8n.

    async with connector.open("returnmate", api_key="…") as rm:
        result = await rm.triggers["new_return"].poll(cursor)
        created = await rm.actions["create_return"](order_number="#1001", …)
        response = await rm.operations.list_returns(status=["pending", "approved"])

`open` returns a `Connection`, and `open_sync` one for programs without async code. An event handler raises
`Skip` if an event should be skipped and not retried. `connector.errors` contains all exceptions,
`connector.runtime.runner` polls triggers and stores their cursors between runs, and `connector.unified`
converts records from all vendors to a common model. `connector.typed` contains the types of each vendor's
inputs and records, for type checkers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.errors import Skip

if TYPE_CHECKING:
    from connector.typed.opening import open, open_sync  # noqa: A004 - read as connector.open
else:
    from connector.opening import open, open_sync  # noqa: A004

__all__ = ["Skip", "open", "open_sync"]
