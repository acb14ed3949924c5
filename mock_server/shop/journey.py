"""Builds the history of a return in a shop: its statuses and the scans of its parcel, with their times."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mock_server.seed import SeedMove, SeedScan, State
from mock_server.seed.words import ShopWords

_USUAL: Final[tuple[State, ...]] = (
    "requested", "approved", "label_sent", "in_transit", "received", "inspected", "completed",
)  # fmt: skip
"""The states of a return that is neither rejected nor cancelled, in order."""
PARCEL_FROM: Final = _USUAL.index("label_sent")
_HOURS: Final[dict[State, int]] = {
    "approved": 4, "label_sent": 2, "in_transit": 20, "received": 50, "inspected": 20, "completed": 8,
    "rejected": 4, "cancelled": 4,
}  # fmt: skip
"""The usual number of hours from the previous state to each state."""
_HOUR: Final = 3_600_000_000
_SECOND: Final = 1_000_000
_SCANS: Final = {
    "picked_up": "Picked up by the carrier",
    "in_transit": "Sorted at the hub",
    "out_for_delivery": "With the driver",
    "delivered": "Delivered",
}
"""The status and the description of each scan of a delivered parcel, in order."""
_DELAYED: Final = "Delayed, the carrier is looking for the parcel"


@dataclass(frozen=True, slots=True)
class Timing:
    """The times of a return, in microseconds since the Unix epoch.

    `created` is when the return was requested, and `changed` is when it got its current status; if `changed`
    is None, the usual delay applies. `start` is the tenant's first moment.
    """

    created: int
    changed: int | None
    start: int


def states(state: State, *, parcel: bool) -> tuple[State, ...]:
    """List the states that a return passes through up to `state`, in order.

    `parcel` matters only for rejected and cancelled returns: if it is True, the list includes the states in
    which the return has a parcel.
    """
    if state in _USUAL:
        return _USUAL[: _USUAL.index(state) + 1]
    if not parcel:
        return ("requested", state)
    return (*_USUAL[:-1], state) if state == "rejected" else (*_USUAL[: PARCEL_FROM + 1], state)


def moves(
    words: ShopWords, status: str, state: State, *, parcel: bool, timing: Timing
) -> tuple[SeedMove, ...]:
    """Build the status changes that lead to a return's current status.

    `status` is the current status at the vendor, and `state` is its neutral state. The earlier changes follow
    the usual order of states, up to the last state from which the vendor allows a change to `status`.
    """
    return _timed(_path(words, states(state, parcel=parcel), status), timing)


def _path(words: ShopWords, chain: Sequence[State], status: str) -> list[tuple[State, str]]:
    path = [(state, words.statuses[state]) for state in chain[:-1] if state in words.statuses]
    while path and path[-1][1] != status and status not in words.transitions[path[-1][1]]:
        path.pop()
    return [*path, (chain[-1], status)]


def _timed(path: Sequence[tuple[State, str]], timing: Timing) -> tuple[SeedMove, ...]:
    usual, hours = [0], 0
    for state, _ in path[1:]:
        hours += _HOURS[state]
        usual.append(hours * _HOUR)
    end = timing.start if timing.changed is None else timing.changed
    room, last = end - timing.created, usual[-1]
    if last and (room < last or timing.changed is not None):
        usual = [offset * room // last // _SECOND * _SECOND for offset in usual]
    return tuple(
        SeedMove(timing.created + offset, state, word)
        for offset, (state, word) in zip(usual, path, strict=True)
    )


def scans(history: Sequence[SeedMove], last: str, start: int) -> tuple[SeedScan, ...]:
    """Build the scans of a return's parcel from the return's status changes, which include `label_sent`.

    If the parcel has not arrived at the shop, `last` is the status of its newest scan. `start` is the
    tenant's first moment (µs).
    """
    when = {move.state: move.at for move in history}
    made = [SeedScan(when["label_sent"], "label_created", "Label created", "")]
    if "in_transit" not in when:
        return tuple(made)
    sent, arrived = when["in_transit"], when.get("received")
    names = list(_SCANS)
    if arrived is None:
        arrived = min(start, sent + _HOURS["received"] * _HOUR)
        names = names[: names.index(last) + 1] if last in _SCANS else names[:2]
    step = (arrived - sent) // len(_SCANS) // _SECOND * _SECOND
    for place, name in enumerate(names):
        made.append(SeedScan(sent + place * step, name, _SCANS[name], ""))  # type: ignore[arg-type]
    if last == "exception":
        made.append(SeedScan(sent + len(names) * step, "exception", _DELAYED, ""))
    return tuple(made)
