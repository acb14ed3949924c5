"""Staged returns: up to half of a seed reaches chosen states within the last 20 hours.

By chance alone, no return may be in some states for days, and triggers and actions would have nothing to work
on. 20 hours is less than the shortest period that any trigger looks back for changes.
"""

from dataclasses import dataclass
from typing import Final

from mock_server.seed.journey import HOUR, MINUTE, Fate, Journey, draw_journey, moments
from mock_server.seed.model import RefundStatus, ReturnType, Scanned, State
from mock_server.seed.randomness import SeededRandom

RECENT: Final = 20 * HOUR
"""How long before the first moment a return reaches its stage at most, in µs."""
_LEAST: Final = 5 * MINUTE
"""How long before the first moment a return reaches its stage at least, in µs."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The point that a staged return has reached: the move to `state`, or the parcel's scan `scan`.

    `fate` is how its journey would end. `partly` means that only some of its items have arrived, `fresh` that
    its order is at most five hours old. `return_type` and `refund` are drawn if None.
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
"""All stages, the most useful first: a small seed has only those."""


def stages(size: int) -> tuple[Stage, ...]:
    """Return the stages of a seed of `size` returns; at most half of them are staged."""
    return STAGES[: size // 2]


def to_stage(dice: SeededRandom, stage: Stage, before: int) -> Journey:
    """Draw a journey that has reached `stage`, and gone no further, at the moment `before` (µs)."""
    # A journey whose next event follows its stage too soon cannot stop there: draw another one.
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
    """Return when a journey reaches a stage, in µs."""
    if stage.scan and journey.shipment:
        return next(scan.at for scan in journey.shipment.scans if scan.status == stage.scan)
    return next(move.at for move in journey.moves if move.state == stage.state)
