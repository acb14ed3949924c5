"""Registers the address of a connection at its vendor, if the vendor's API offers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.errors import ConfigurationError, NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connector.definition.model import Integration, Registration
    from connector.runtime.connection import Connection


def check(integration: Integration, public_url: str) -> Registration:
    """Return how webhooks of a vendor are registered.

    Raises `ConfigurationError` if the vendor's API does not offer it, or if the hub's public URL is unknown.
    """
    registration = integration.webhooks.registration if integration.webhooks else None
    title = integration.vendor.title
    if registration is None:
        raise ConfigurationError(
            f"{title}'s API has no operation to register webhooks. Add the address in {title}'s own settings."
        )
    if not public_url:
        raise ConfigurationError(
            f"The hub must know the address under which {title} reaches it: start it with --public-url."
        )
    return registration


async def register(
    connection: Connection, registration: Registration, url: str, already: Sequence[dict[str, str]]
) -> list[dict[str, str]]:
    """Register `url` for each event that is not in `already`; return the event and ID of each webhook.

    Webhooks with this URL that exist at the vendor already are left to `unregister`: an event that was
    registered twice only brings the same poll forward.
    """
    done = [dict(one) for one in already]
    for event in registration.events:
        if event in {one["event"] for one in done}:
            continue
        body: dict[str, Any] = {}
        _put(body, registration.url, url)
        _put(body, registration.event, event)
        answer = await connection.operations[registration.subscribe](**body)
        done.append({"event": event, "id": str(_at(answer.data, registration.id))})
    return done


async def unregister(
    connection: Connection, registration: Registration, registered: Sequence[dict[str, str]]
) -> None:
    """Delete the webhooks in `registered` at the vendor; one that no longer exists is no error."""
    for one in registered:
        try:
            await connection.operations[registration.unsubscribe](**{registration.parameter: one["id"]})
        except NotFound:
            continue


def _put(body: dict[str, Any], path: tuple[str, ...], value: str) -> None:
    *outer, last = path
    for step in outer:
        body = body.setdefault(step, {})
    body[last] = value


def _at(content: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        content = content[step]
    return content
