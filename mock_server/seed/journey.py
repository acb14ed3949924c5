"""Generates a return's history: its status changes, the scans of its parcel, and its notes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from mock_server.seed import vocabulary
from mock_server.seed.model import SeedMove, SeedNote, SeedScan, SeedShipment
from mock_server.seed.randomness import SeededRandom

MINUTE: Final = 60_000_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

Fate = Literal[
    "completed", "rejected on request", "rejected on inspection", "withdrawn", "never sent", "lost"
]
"""How a return ends."""
FATES: Final[dict[Fate, int]] = {
    "completed": 80,
    "rejected on request": 6,
    "rejected on inspection": 4,
    "withdrawn": 4,
    "never sent": 4,
    "lost": 2,
}
"""The percentage of returns with each fate."""


@dataclass(frozen=True, slots=True)
class Journey:
    """A return's history: its status changes, its shipment and its notes, in chronological order."""

    moves: tuple[SeedMove, ...]
    shipment: SeedShipment | None
    notes: tuple[SeedNote, ...]

    def until(self, moment: int) -> "Journey":
        """Copy this history without any events after `moment` (microseconds since the Unix epoch)."""
        return Journey(
            tuple(move for move in self.moves if move.at <= moment),
            _shipment_until(self.shipment, moment),
            tuple(note for note in self.notes if note.at <= moment),
        )

    def later(self, by: int) -> "Journey":
        """Copy this history with all times moved `by` microseconds later."""
        shipment = self.shipment
        return Journey(
            tuple(replace(move, at=move.at + by) for move in self.moves),
            shipment
            and replace(
                shipment,
                created_at=shipment.created_at + by,
                scans=tuple(replace(scan, at=scan.at + by) for scan in shipment.scans),
            ),
            tuple(replace(note, at=note.at + by) for note in self.notes),
        )


def draw_journey(dice: SeededRandom, created_at: int, fate: Fate) -> Journey:
    """Generate the whole history of a return that is created at `created_at` (µs).

    `fate` determines how the history ends, for example with a refund or a rejection.
    """
    moves = [SeedMove(created_at, "requested")]
    notes = _notes(dice, created_at)
    shipment = None
    days = dice.weighted({1: 50, 3: 35, 7: 15})  # within how many days the shop decides
    decided = created_at + dice.between(45, days * 24 * 60) * MINUTE
    if fate == "rejected on request":
        moves.append(SeedMove(decided, "rejected"))
        notes.append(SeedNote(decided, vocabulary.REFUSALS["requested"], False, dice.pick(vocabulary.STAFF)))
    elif fate == "withdrawn":
        moves.append(SeedMove(created_at + dice.between(5, 300) * MINUTE, "cancelled"))
    else:
        sent = decided + dice.between(2, 36 * 60) * MINUTE
        shipment = _shipment(dice, sent, fate)
        moves += [SeedMove(decided, "approved"), SeedMove(sent, "label_sent")]
        moves += _moves_after_label(dice, shipment, fate)
        if moves[-1].state == "rejected":
            notes.append(
                SeedNote(moves[-1].at, vocabulary.REFUSALS["inspected"], True, dice.pick(vocabulary.STAFF))
            )
    return Journey(tuple(moves), shipment, tuple(sorted(notes, key=lambda note: note.at)))


def _moves_after_label(dice: SeededRandom, shipment: SeedShipment, fate: Fate) -> list[SeedMove]:
    if fate == "never sent":
        return [SeedMove(shipment.created_at + dice.between(14 * 24, 21 * 24) * HOUR, "cancelled")]
    moves = [SeedMove(scan.at, "in_transit") for scan in shipment.scans if scan.status == "picked_up"]
    if fate == "lost":
        return moves
    received = shipment.scans[-1].at + dice.between(30, 20 * 60) * MINUTE
    inspected = received + dice.between(2 * 60, 48 * 60) * MINUTE
    settled = inspected + dice.between(15, 36 * 60) * MINUTE
    end = SeedMove(settled, "rejected" if fate == "rejected on inspection" else "completed")
    return [*moves, SeedMove(received, "received"), SeedMove(inspected, "inspected"), end]


def _shipment(dice: SeededRandom, sent: int, fate: Fate) -> SeedShipment:
    carrier = dice.weighted(vocabulary.CARRIERS)
    express = dice.chance(0.25)
    scans = [SeedScan(sent, "label_created", "Label created", "")]
    if fate != "never sent":
        scans += _scans(dice, sent, express=express, lost=fate == "lost")
    return SeedShipment(
        created_at=sent,
        carrier=carrier,
        service="express" if express else "standard",
        tracking_number=f"{vocabulary.TRACKING_LETTERS[carrier]}{dice.between(0, 9_999_999_999):010d}",
        scans=tuple(scans),
    )


def _scans(dice: SeededRandom, sent: int, *, express: bool, lost: bool) -> list[SeedScan]:
    slowness = 1 if express else 2
    at = sent + dice.between(6 * 60, 90 * 60) * MINUTE
    scans = [SeedScan(at, "picked_up", "Picked up by the carrier", dice.pick(vocabulary.HUBS))]
    for _ in range(dice.between(1, 3)):
        at += dice.between(4 * 60, 16 * 60) * slowness * MINUTE
        scans.append(SeedScan(at, "in_transit", "Sorted at the hub", dice.pick(vocabulary.HUBS)))
    if lost or dice.chance(0.06):
        at += dice.between(6, 30) * HOUR
        mishap = vocabulary.LOST if lost else dice.pick(vocabulary.MISHAPS)
        scans.append(SeedScan(at, "exception", mishap, scans[-1].location))
        if lost:
            return scans
        at += dice.between(8, 40) * HOUR
        scans.append(SeedScan(at, "in_transit", "On its way again", dice.pick(vocabulary.HUBS)))
    at += dice.between(5 * 60, 20 * 60) * MINUTE
    scans.append(SeedScan(at, "out_for_delivery", "With the driver", vocabulary.DOCK))
    at += dice.between(40, 7 * 60) * MINUTE
    return [*scans, SeedScan(at, "delivered", "Delivered", vocabulary.DOCK)]


def _notes(dice: SeededRandom, created_at: int) -> list[SeedNote]:
    notes: list[SeedNote] = []
    for _ in range(dice.weighted({0: 5, 1: 4, 2: 1})):
        content, internal = dice.pick(vocabulary.REMARKS)
        at = created_at + dice.between(10, 4 * 24 * 60) * MINUTE
        notes.append(SeedNote(at, content, internal, dice.pick(vocabulary.STAFF)))
    return notes


def _shipment_until(shipment: SeedShipment | None, until: int) -> SeedShipment | None:
    """Copy a shipment without the scans after `until` (µs); return None if the shipment is created later."""
    if shipment is None or shipment.created_at > until:
        return None
    return replace(shipment, scans=tuple(scan for scan in shipment.scans if scan.at <= until))


def moments(journey: Journey) -> Sequence[int]:
    """List the times of all status changes and scans in a history (µs), in ascending order."""
    scans = journey.shipment.scans if journey.shipment else ()
    return sorted({*(move.at for move in journey.moves), *(scan.at for scan in scans)})
