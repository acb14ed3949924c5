"""Staged returns: up to half of the generated returns reach a given stage shortly before the first moment.

If all stages were left to chance, there could be states that no return reaches for days, and triggers and
actions for these states would have no data to work with. A staged return reaches its stage at most 20 hours
before the first moment; every trigger looks back further than that.
"""

from dataclasses import dataclass
from typing import Final

from mock_server.seed.journey import HOUR, MINUTE, Fate, Journey, draw_journey, moments
from mock_server.seed.model import RefundStatus, ReturnType, Scanned, State
from mock_server.seed.randomness import SeededRandom

RECENT: Final = 20 * HOUR
"""The longest time between a return's arrival at its stage and the tenant's first moment (µs)."""
_LEAST: Final = 5 * MINUTE
"""The shortest time between a return's arrival at its stage and the tenant's first moment (µs)."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The point that a staged return has reached: the state `state` or, if set, the parcel scan `scan`.

    `fate` is how the return's history would end later. If `partly` is True, only some items have arrived. If
    `fresh` is True, the order is at most five hours old. If `return_type` or `refund` is None, it is chosen
    at random.
    """

    state: State
    fate: Fate = "completed"
    scan: Scanned | None = None
    return_type: ReturnType | None = None
    refund: RefundStatus | None = None
    partly: bool = False
    fresh: bool = False


STAGES: Final = (
    Stage("requested", fresh=True),
    Stage("approved"),
    Stage("received"),
    Stage("inspected"),
    Stage("completed", return_type="refund", refund="paid"),
    Stage("rejected", "rejected on request"),
    Stage("cancelled", "withdrawn"),
    Stage("label_sent"),
    Stage("in_transit"),
    Stage("in_transit", scan="delivered"),
    Stage("rejected", "rejected on inspection"),
    Stage("cancelled", "never sent"),
    Stage("received", partly=True),
    Stage("inspected", partly=True),
    Stage("completed", return_type="exchange"),
    Stage("completed", return_type="store_credit", refund="paid"),
    Stage("completed", return_type="refund", refund="failed"),
    Stage("completed", return_type="refund", refund="awaited"),
    Stage("in_transit", "lost", scan="exception"),
    Stage("in_transit", scan="out_for_delivery"),
    Stage("requested", return_type="exchange"),
    Stage("approved", return_type="refund"),
    Stage("received", return_type="store_credit"),
)
"""All stages, the most useful first, because a small seed uses only the first stages."""


def stages(size: int) -> tuple[Stage, ...]:
    """Return the stages of the staged returns, at most half of the `size` returns that are generated."""
    return STAGES[: size // 2]


def to_stage(dice: SeededRandom, stage: Stage, before: int) -> Journey:
    """Generate a return's history that ends at `stage`, reached shortly before the time `before` (µs)."""
    # If the next event follows the stage too soon, the journey cannot stop there: draw another journey.
    while True:
        journey = draw_journey(dice, 0, stage.fate)
        reached = _reached(journey, stage)
        following = [at for at in moments(journey) if at > reached]
        recent = HOUR if stage.fresh else RECENT
        longest = min(recent, following[0] - reached - MINUTE) if following else recent
        if longest > _LEAST:
            break
    ago = dice.between(_LEAST // MINUTE, longest // MINUTE) * MINUTE
    return journey.later(before - ago - reached).until(before)


def _reached(journey: Journey, stage: Stage) -> int:
    """Return the time (µs) at which a return's history reaches a stage."""
    if stage.scan and journey.shipment:
        return next(scan.at for scan in journey.shipment.scans if scan.status == stage.scan)
    return next(move.at for move in journey.moves if move.state == stage.state)
