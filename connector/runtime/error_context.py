"""Adds the vendor, the profile and advice to errors raised by actions, searches, triggers and dropdowns."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from connector.definition.offer import REFUSALS, advice
from connector.errors import ConnectorError, attributed_to

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Call = TypeVar("Call", bound="Callable[..., Awaitable[Any]]")


def attributed(call: Call) -> Call:
    """Decorate an async method so that its errors contain the vendor and profile of `self._client`.

    If `self.preview` is true and the vendor refuses the request, the message says that the step is a preview.
    """

    @wraps(call)
    async def named(self: Any, /, *args: Any, **inputs: Any) -> Any:
        client = self._client
        vendor = client.integration.vendor.id
        with attributed_to(vendor, client.profile):
            try:
                return await call(self, *args, **inputs)
            except ConnectorError as problem:
                if self.preview and problem.status in REFUSALS:
                    _advise(problem, vendor)
                raise

    return cast("Call", named)


def _advise(problem: ConnectorError, vendor: str) -> None:
    sentence = advice(vendor)
    if sentence not in problem.message:  # a method may call another one that has added the sentence
        problem.message = f"{problem.message} {sentence}"
