"""Runs a vendor's code in a transaction that is always undone, and collects the effects."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from mock_server.ledger import Event
from mock_server.store import Change, Store
from mock_server.webhooks.outbox import Delivery, Selection
from mock_server.world import World


class _UndoError(Exception):
    """Raised at the end of a rehearsal, so that its transaction is rolled back."""


@contextmanager
def rehearsal(store: Store) -> Iterator[Change]:
    """Open a transaction that is always undone; reads inside the `with` block see the block's writes."""
    with suppress(_UndoError), store.change() as change:
        yield change
        raise _UndoError


@dataclass(frozen=True, slots=True)
class Effects:
    """The ledger events and the webhook deliveries that a rehearsal caused."""

    events: tuple[Event, ...]
    deliveries: tuple[Delivery, ...]


class Observer:
    """Collects the effects on one tenant in a rehearsal; create it before the rehearsed code runs."""

    def __init__(self, world: World, tenant: str) -> None:
        self._world = world
        self._tenant = tenant
        self._last_event = world.ledger.last(tenant)
        self._last_delivery = max((one.id for one in world.outbox.deliveries(tenant, last=1)), default=0)

    def effects(self) -> Effects:
        """Return the effects since the previous call, or since the observer was created."""
        events = self._world.ledger.events(self._tenant, after=self._last_event)
        deliveries: list[Delivery] = []
        if self._world.outbox.next_due(self._tenant) is not None:  # most tenants have no webhooks
            deliveries = self._world.outbox.deliveries(self._tenant, Selection(after=self._last_delivery))
        self._last_event = events[-1].sequence if events else self._last_event
        self._last_delivery = deliveries[-1].id if deliveries else self._last_delivery
        return Effects(tuple(events), tuple(deliveries))
