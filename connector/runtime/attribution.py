"""Says in each error of what a connection offers which vendor and profile it concerns."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from connector.errors import concerning

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Call = TypeVar("Call", bound="Callable[..., Awaitable[Any]]")


def attributed(call: Call) -> Call:
    """Wrap a method of what one client sends, so that its errors name the vendor and the profile."""

    @wraps(call)
    async def named(self: Any, /, *args: Any, **inputs: Any) -> Any:
        client = self._client
        with concerning(client.integration.vendor.id, client.profile):
            return await call(self, *args, **inputs)

    return cast("Call", named)
