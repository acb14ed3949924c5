"""Judges what a hub delivered in some days: by the sandbox's ledger, and by the bound of the plan."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from connector.definition.model import Trigger
from connector.hub.polling import LONGEST_PAUSE
from mock_server.clock import moment
from mock_server.ledger import Event
from support.certificate.invariants import (
    Delivered,
    Violation,
    nothing_from_before_the_start,
    nothing_lost,
    nothing_twice,
    nothing_under_a_second_id,
    order_per_return,
)
from support.certificate.ledger import LedgerCheck
from support.certificate.promises import promised
from support.days.network import Trouble
from support.days.shops import Shop

PROMISES = (
    nothing_twice,
    nothing_from_before_the_start,
    nothing_under_a_second_id,
    order_per_return,
    nothing_lost,
)
Times = Mapping[tuple[str, str], Sequence[datetime]]
"""When each record reached each of its states."""


@dataclass(frozen=True)
class Arrival:
    """A delivery as its target received it; `record` and `state` are those of the event."""

    target: str
    shop: str
    trigger: str
    event: str
    record: str
    state: str
    at: datetime


@dataclass
class Replayed(Shop):
    """A shop in which only `events` have happened yet."""

    events: list[Event] = field(default_factory=list)

    def story(self) -> list[Event]:
        return self.events


@dataclass
class Watched:
    """One trigger of one shop: what had to be delivered, and when it happened."""

    shop: Shop
    key: str

    def __post_init__(self) -> None:
        self.trigger: Trigger = self.shop.offer.triggers[self.key]
        self.outcome = promised(self.shop.backend, self.trigger, "python")
        self.outcome.histories = LedgerCheck(self.shop, self.trigger).histories
        self.times = times(self.shop, self.trigger)

    def problems(self, target: str, arrivals: Iterable[Arrival]) -> Iterable[str]:
        """Yield a sentence for each promise that the deliveries to a target break."""
        known: set[str] = set()
        outcome = replace(self.outcome, delivered=[], repeated=[])
        for one in arrivals:
            if one.event in known:
                outcome.repeated.append(one.event)
            else:
                outcome.delivered.append(Delivered(one.event, one.record, one.state, 0))
            known.add(one.event)
        for promise in PROMISES:
            try:
                promise(outcome)
            except Violation as broken:
                yield f"{self.shop.name} {self.key} at {target}: {broken}"

    def happened(self, one: Arrival) -> datetime | None:
        """Return when the change of a delivery happened; None if the ledger has no such change."""
        if self.outcome.promise == "latest_state":
            found = [at for at in self.times.get((one.record, one.state), ()) if at <= one.at]
            return max(found, default=None)
        wanted = self.outcome.dated or self.outcome.reached
        return min(
            (
                at
                for (record, state), ats in self.times.items()
                if record == one.record and (self.outcome.promise == "every_record" or state in wanted)
                for at in ats
            ),
            default=None,
        )


def times(shop: Shop, trigger: Trigger) -> Times:
    """Return when each record of a trigger reached its states, by the ledger.

    The ledger of each return is replayed, one event after another.
    """
    groups: dict[str, list[Event]] = {}
    for event in shop.story():
        groups.setdefault(event.body.get("return", event.subject), []).append(event)
    found: dict[tuple[str, str], list[datetime]] = {}
    replayed = Replayed(shop.backend, shop.tenant, name=shop.name)
    check = LedgerCheck(replayed, trigger)
    for group in groups.values():
        known: dict[str, int] = {}
        for count, event in enumerate(group, 1):
            replayed.events = group[:count]
            for record, states in check.histories.items():
                for state in states[known.get(record, 0) :]:
                    found.setdefault((record, state), []).append(moment(event.at))
                known[record] = len(states)
    return found


def is_disturbed(vendor: str, change: datetime, arrival: datetime, troubles: Iterable[Trouble]) -> bool:
    """Check whether a vendor's trouble can have delayed a delivery; polls go on up to an hour after it."""
    after = LONGEST_PAUSE + timedelta(minutes=5)
    return any(
        one.vendor == vendor and change <= one.end + after and arrival >= one.begin for one in troubles
    )


def most_in_a_day(sent: Sequence[datetime]) -> int:
    """Return the highest number of calls within any 24 hours."""
    most = first = 0
    for last, at in enumerate(sent):
        while at - sent[first] >= timedelta(days=1):
            first += 1
        most = max(most, last - first + 1)
    return most
