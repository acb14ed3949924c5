"""Lists the statuses to which a merchant can move a return now, with the effects of each move."""

from dataclasses import dataclass

from mock_server.forecast.rehearsal import Observer, rehearsal
from mock_server.forecast.sentences import explain
from mock_server.lifecycle import IllegalMove
from mock_server.store import Row
from mock_server.vendors import Vendor
from mock_server.webhooks.outbox import Delivery
from mock_server.world import World


@dataclass(frozen=True, slots=True)
class Move:
    """An allowed move of a return to another status.

    `name` is the text of the button for this move, such as "Approve". `status` is the vendor's status after
    the move, and `state` is the neutral state of this status. `sentence` describes the effects. `sends`
    contains the webhook deliveries that the move would queue.
    """

    name: str
    status: str
    state: str
    sentence: str
    sends: tuple[Delivery, ...]


def moves(world: World, vendor: Vendor, row: Row, at: int) -> list[Move]:
    """List the moves that the vendor allows for a return at the tenant's time `at` (µs)."""
    statuses = vendor.lifecycle.transitions.get(row.status, ())
    return [move for status in statuses if (move := _rehearsed(world, vendor, row, status, at))]


def _rehearsed(world: World, vendor: Vendor, row: Row, status: str, at: int) -> Move | None:
    """Rehearse one move; return None if the vendor does not allow it for this return.

    A vendor's code can reject moves that its lifecycle allows, for example for returns that are reopened.
    """
    lifecycle = vendor.lifecycle
    observer = Observer(world, row.tenant)
    try:
        with rehearsal(world.store) as change:
            vendor.move(change, row.tenant, row.id, status, at)
            effects = observer.effects()
    except IllegalMove:
        return None
    name = "Reopen" if row.state == "cancelled" else lifecycle.verbs[status]
    sentence = explain(effects, return_id=row.id)
    return Move(name, status, lifecycle.states[status], sentence, effects.deliveries)
