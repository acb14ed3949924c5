"""Applies faults to requests: `Injector` finds the faults that fire, and `Injection` applies them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from mock_server.access.grants import Grant
from mock_server.clock import sleep
from mock_server.engine.answer import Answer
from mock_server.engine.operation import Operation
from mock_server.engine.problem import Problem
from mock_server.engine.protocols import Injected
from mock_server.faults.effects import Effect, effect_of
from mock_server.faults.registry import Faults, Firing
from mock_server.faults.viewed_store import ViewedStore
from mock_server.store import Store
from mock_server.world import World

HEADER: Final = b"x-sandbox-fault"
ServiceOver = Callable[[ViewedStore], Any]
"""A function that creates a service whose handlers read from the given store."""


class Injector:
    """Finds the faults that fire for calls to one vendor's API; implements the engine's protocol `Injector`.

    `over(store)` creates a service with the API's handlers, which read from the given store.
    """

    def __init__(self, faults: Faults, world: World, vendor: str, over: ServiceOver) -> None:
        self.tenants: Mapping[str, Any] = faults.disturbed
        """The tenants with active faults that affect requests."""
        self._faults = faults
        self._world = world
        self._vendor = vendor
        self._over = over

    def inject(self, tenant: str, operation: str) -> None:
        """Count a call of an operation; raise `Injected` if a fault fires for it."""
        firings = self._faults.fire(tenant, self._vendor, operation)
        if firings:
            world = self._world
            raise Injected(Injection(firings, world.clocks.now(tenant), world.store, self._over))

    def owner(self, body: Any) -> str:
        """Return the tenant whose API key is a value in a request's body, or "" if there is no key."""
        if not isinstance(body, dict):
            return ""
        for value in body.values():
            if isinstance(value, str) and (grant := self._grant(value)):
                return grant.tenant
        return ""

    def _grant(self, presented: str) -> Grant | None:
        return self._world.keys.look_up(self._vendor, presented)


class Injection:
    """The faults that fire for one request; `id` contains their IDs, separated by commas."""

    def __init__(self, firings: list[Firing], now: int, store: Store, over: ServiceOver) -> None:
        self.id = ", ".join(firing.fault.id for firing in firings)
        self._effects: list[Effect] = [effect_of(firing, now) for firing in firings]
        self._store = store
        self._over = over

    async def wait(self) -> None:
        """Wait for the sum of the faults' delays."""
        seconds = sum(effect.delay for effect in self._effects)
        if seconds:
            await sleep(seconds)

    @property
    def problem(self) -> Problem | None:
        """The error to send instead of the operation's response, or None."""
        return next((effect.problem for effect in self._effects if effect.problem), None)

    @property
    def after_commit(self) -> bool:
        """True if the operation runs and its changes are stored before the error is sent."""
        return any(effect.after_commit for effect in self._effects)

    @property
    def answer(self) -> Callable[[int], Answer] | None:
        """A function that builds the response to send instead of executing the operation, or None.

        The function takes the time of the response in microseconds since the Unix epoch.
        """
        return next((effect.answer for effect in self._effects if effect.answer), None)

    def operation(self, operation: Operation) -> Operation:
        """Return the operation; if a fault distorts rows, the handler reads from a `ViewedStore`."""
        view = next((effect.view for effect in self._effects if effect.view), None)
        if view is None:
            return operation
        return replace(operation, handler=getattr(self._over(ViewedStore(self._store, view)), operation.id))

    def change(self, answer: Answer) -> Answer:
        """Apply the faults' changes to the response, and add a header with the faults' IDs."""
        for effect in self._effects:
            answer = answer._replace(headers=_with(answer.headers, effect.headers))
            if effect.change is not None:
                answer = effect.change(answer)
        return answer._replace(headers=(*answer.headers, (HEADER, self.id.encode())))


def _with(
    headers: tuple[tuple[bytes, bytes], ...], added: tuple[tuple[bytes, bytes], ...]
) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers followed by `added`, which replace existing headers with the same names."""
    names = {name for name, _ in added}
    return (*(pair for pair in headers if pair[0] not in names), *added)
