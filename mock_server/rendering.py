"""Renders PDFs in a worker thread, because rendering takes milliseconds and would block the event loop."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Renderer:
    """Renders one PDF at a time, because reportlab shares its fonts across the whole process."""

    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def draw(self, drawing: Callable[[], bytes]) -> bytes:
        """Call `drawing` in a worker thread, and return the PDF that `drawing` returns."""
        async with self._lock:
            return await asyncio.to_thread(drawing)
