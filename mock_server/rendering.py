"""Draws PDFs beside the event loop: drawing one takes milliseconds, so another thread does it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Renderer:
    """Runs one drawing at a time: reportlab keeps its fonts in one place for the whole process."""

    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def draw(self, drawing: Callable[[], bytes]) -> bytes:
        """Return the bytes that `drawing` returns in another thread."""
        async with self._lock:
            return await asyncio.to_thread(drawing)
