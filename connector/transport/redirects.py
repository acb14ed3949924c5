"""Says what a redirect means. None is followed: the login, and a write, would go where nobody sent them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Collection

    from connector.transport.bodies import Reply

MULTIPLE_CHOICES, NOT_MODIFIED = 300, 304
LONGEST = 300


def redirected(reply: Reply, secrets: Collection[str] = ()) -> str:
    """Return sentences about an answer with a status below 400 that is no success."""
    status, asked = reply.status_code, shown(reply.url, secrets)
    if status < MULTIPLE_CHOICES:
        return f"{asked} was answered with status {status}, which is no answer to this request."
    if status == NOT_MODIFIED:
        return (
            f"{asked} was answered with status 304 (not modified), although the request did not ask whether "
            "anything was modified."
        )
    better = moved(reply)
    hint = (
        f" It names {shown(better, secrets)} as the address to use; if that is the API's, set the base URL "
        "accordingly."
        if better
        else ""
    )
    return f"{asked} was answered with a redirect ({status}), which is not followed.{hint}"


def moved(reply: Reply) -> httpx.URL | None:
    """Return where a redirect leads, if only http became https, or only the path differs on the same host."""
    try:
        target = reply.url.join(reply.location) if reply.location else None
    except (httpx.InvalidURL, UnicodeError, ValueError):
        return None
    if target is None or target.userinfo or target.host != reply.url.host:
        return None
    same_place = (target.scheme, target.port) == (reply.url.scheme, reply.url.port)
    if same_place:
        return target if target.path != reply.url.path else None
    secured = (reply.url.scheme, target.scheme) == ("http", "https") and target.port == reply.url.port
    return target if secured and target.path == reply.url.path else None


def shown(url: httpx.URL, secrets: Collection[str] = ()) -> str:
    """Write an address without its query, which may hold people's data."""
    text = str(url.copy_with(query=None, fragment=None))
    for secret in secrets:
        text = text.replace(secret, "***")
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
