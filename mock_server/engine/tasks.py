"""Runs the rest of a request in a task, if the server runs the request without one (`serving/cycle.py`)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator


class _Turn:
    def __await__(self) -> Generator[None, None, None]:
        yield


async def in_task() -> None:
    """Make sure that the rest of the request runs in a task.

    Call this before code that may need a task, such as `asyncio.timeout`. If there is no task, the server
    creates one, which continues in the next turn of the event loop.
    """
    if asyncio.current_task() is None:
        await _Turn()
