"""Adds the vendor and profile to errors raised by a connection's actions, searches and triggers."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from connector.errors import attributed_to

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Call = TypeVar("Call", bound="Callable[..., Awaitable[Any]]")


def attributed(call: Call) -> Call:
    """Decorate an async method so that its errors contain the vendor and profile of `self._client`."""

    @wraps(call)
    async def named(self: Any, /, *args: Any, **inputs: Any) -> Any:
        client = self._client
        with attributed_to(client.integration.vendor.id, client.profile):
            return await call(self, *args, **inputs)

    return cast("Call", named)
