"""Registers the address of a connection at its vendor, if the vendor's API offers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.definition.paths import at_path
from connector.errors import ConfigurationError, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connector.definition.model import Hook, Integration
    from connector.runtime.connection import Connection


def check(integration: Integration, public_url: str) -> Hook:
    """Return how webhooks of a vendor are registered.

    Raises `ConfigurationError` if the vendor's API does not offer it, or if the hub's public URL is unknown.
    """
    hook, title = way(integration), integration.vendor.title
    if hook is None:
        raise ConfigurationError(
            f"{title}'s API has no operation to register webhooks. Add the address in {title}'s own settings."
        )
    if not public_url:
        raise ConfigurationError(
            f"The hub must know the address under which {title} reaches it: start it with --public-url."
        )
    return hook


def way(integration: Integration) -> Hook | None:
    """Return the requests that register webhooks of a vendor, or None if its API has none."""
    return next((trigger.hook for trigger in integration.triggers.values() if trigger.hook), None)


def wanted(integration: Integration) -> list[str]:
    """Return the vendor's events that have the event type of one of its triggers."""
    kinds = set(integration.unified.events.values()) if integration.unified else set()
    events = integration.webhooks.events if integration.webhooks else {}
    return [name for name, event in events.items() if event.kind in kinds]


async def register(
    connection: Connection, hook: Hook, url: str, already: Sequence[dict[str, str]]
) -> list[dict[str, str]]:
    """Register `url` for each wanted event that is not in `already`; return the event and ID of each."""
    done = [dict(one) for one in already]
    for event in wanted(connection.integration):
        if event in {one["event"] for one in done}:
            continue
        body = _with_event(hook.body, event)
        _put(body, hook.url, url)
        answer = await connection.operations[hook.subscribe](**body)
        done.append({"event": event, "id": str(at_path(answer.data, hook.id))})
    return done


async def unregister(connection: Connection, hook: Hook, registered: Sequence[dict[str, str]]) -> None:
    """Delete the webhooks in `registered` at the vendor; one that no longer exists is no error."""
    for one in registered:
        try:
            await connection.operations[hook.unsubscribe](**{hook.parameter: one["id"]})
        except NotFound:
            continue


def _with_event(body: Mapping[str, Any], event: str) -> dict[str, Any]:
    """Return a copy of the body of a registration for another event; the event is its only constant."""
    return {
        name: _with_event(value, event) if isinstance(value, dict) else event for name, value in body.items()
    }


def _put(body: dict[str, Any], path: tuple[str, ...], value: str) -> None:
    *outer, last = path
    for step in outer:
        body = body.setdefault(step, {})
    body[last] = value
