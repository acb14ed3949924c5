"""Explains redirects in error messages.

Redirects are not followed, because credentials must not be sent to an address that the user did not enter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Collection

    from connector.transport.bodies import Reply

MULTIPLE_CHOICES, NOT_MODIFIED = 300, 304
MAX_ADDRESS = 300


def redirect_message(reply: Reply, secrets: Collection[str] = ()) -> str:
    """Explain a response with a 1xx or 3xx status in sentences that can be shown to the user.

    The URLs in the message do not contain query strings or `secrets`.
    """
    status, requested = reply.status_code, displayed(reply.url, secrets)
    if status < MULTIPLE_CHOICES:
        return f"{requested} was answered with status {status}, which is not a response to this request."
    if status == NOT_MODIFIED:
        return (
            f"{requested} was answered with status 304 (not modified), although the request was not "
            "conditional."
        )
    target = redirect_target(reply)
    hint = (
        f" It points to {displayed(target, secrets)}; if that is the API's address, set the base URL "
        "accordingly."
        if target
        else ""
    )
    return f"{requested} was answered with a redirect ({status}), which is not followed.{hint}"


def redirect_target(reply: Reply) -> httpx.URL | None:
    """Return a redirect's target if it is safe to suggest to the user as a base URL, otherwise None.

    A target is safe if only the scheme changes from http to https, or if only the path changes. Any other
    target may belong to someone else.
    """
    try:
        target = reply.url.join(reply.location) if reply.location else None
        if target is None or target.userinfo or target.host != reply.url.host:
            return None
    except (httpx.InvalidURL, ValueError):  # also UnicodeError: a host name that IDNA does not allow
        return None
    same_place = (target.scheme, target.port) == (reply.url.scheme, reply.url.port)
    if same_place:
        return target if target.path != reply.url.path else None
    secured = (reply.url.scheme, target.scheme) == ("http", "https") and target.port == reply.url.port
    return target if secured and target.path == reply.url.path else None


def displayed(url: httpx.URL, secrets: Collection[str] = ()) -> str:
    """Format a URL for a message, without `secrets`.

    The query is removed, because it may contain personal data.
    """
    text = str(url.copy_with(query=None, fragment=None))
    for secret in secrets:
        text = text.replace(secret, "***")
    return text if len(text) <= MAX_ADDRESS else f"{text[:MAX_ADDRESS]}…"
