"""Renders PDFs in another thread: rendering one takes milliseconds, which would block the event loop."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Renderer:
    """Renders one PDF at a time, because reportlab shares its fonts within the whole process."""

    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def draw(self, drawing: Callable[[], bytes]) -> bytes:
        """Call `drawing` in another thread, and return its result."""
        async with self._lock:
            return await asyncio.to_thread(drawing)
