"""Reads the answers of targets, whose bodies are untrusted and may have any length."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from typing import Final

MAX_ANSWER: Final = 500
"""The most characters of a response's body that are read."""
BODY_SECONDS: Final = 5.0
"""The longest time in seconds in which the beginning of a body must arrive."""


async def beginning(answer: httpx.Response) -> str:
    """Read the first `MAX_ANSWER` characters of a response, close it, and return them.

    The status alone decides whether a target accepted a request, so a body that is cut off or late is no
    error. The body is not decompressed: a small one can become very large. Unprintable characters are
    replaced; PostgreSQL, for example, cannot store NUL.
    """
    content = b""
    try:
        with suppress(httpx.HTTPError, TimeoutError):
            async with asyncio.timeout(BODY_SECONDS):
                if answer.headers.get("content-encoding", "identity") != "identity":
                    return ""
                async for part in answer.aiter_bytes():
                    content += part
                    if len(content) >= MAX_ANSWER * 4:
                        break
    finally:
        await answer.aclose()
    text = content.decode("utf-8", "replace")[:MAX_ANSWER]
    return "".join(letter if letter.isprintable() or letter.isspace() else "\ufffd" for letter in text)
