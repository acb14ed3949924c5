"""Returns laid out on purpose: each status that a shop works with is reached shortly before the first moment.

What happens by chance alone leaves some statuses empty for days, so a trigger or an action would find
nothing to try on. So a part of every seed stands at a chosen stage, reached within the last 20 hours: that
is inside the shortest window that any trigger reads of changes.
"""

from dataclasses import dataclass
from typing import Final

from mock_server.seed.journey import HOUR, MINUTE, Fate, Journey, journey, moments
from mock_server.seed.model import RefundStatus, ReturnType, Scanned, State
from mock_server.seed.randomness import SeededRandom

RECENT: Final = 20 * HOUR
"""How long ago, at most, a return reached its stage."""
_LEAST: Final = 5 * MINUTE


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a return stands, and how it came there.

    It stands at the move to `state`, or at the parcel's scan `scan`. `partly`: only some of its items
    arrived. `fresh`: its order was placed within the last five hours. None leaves the choice to chance.
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
    Stage("rejected", "refused at once"),
    Stage("cancelled", "withdrawn"),
    Stage("label_sent"),
    Stage("in_transit"),
    Stage("in_transit", scan="delivered"),
    Stage("rejected", "refused at last"),
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
"""The first ones matter most: a small seed has only those."""


def stages(size: int) -> tuple[Stage, ...]:
    """Return the stages that a seed of `size` returns has room for: half of it at most."""
    return STAGES[: size // 2]


def staged(dice: SeededRandom, stage: Stage, before: int) -> Journey:
    """Draw the journey of a return that stands at `stage` at the moment `before` (µs)."""
    while True:
        story = journey(dice, 0, stage.fate)
        reached = _reached(story, stage)
        following = [at for at in moments(story) if at > reached]
        recent = HOUR if stage.fresh else RECENT
        longest = min(recent, following[0] - reached - MINUTE) if following else recent
        if longest > _LEAST:
            break
    ago = dice.between(_LEAST // MINUTE, longest // MINUTE) * MINUTE
    return story.later(before - ago - reached).until(before)


def _reached(story: Journey, stage: Stage) -> int:
    if stage.scan and story.shipment:
        return next(scan.at for scan in story.shipment.scans if scan.status == stage.scan)
    return next(move.at for move in story.moves if move.state == stage.state)
