"""What a trigger promises, one function for each promise; each raises `Violation` if a story broke it.

The ledger says what happened (`Outcome.histories`), and the trigger's guarantee row says which part of it has
to be delivered (`Outcome.promise`).
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from support.certificate.adversary import Calls


class Violation(AssertionError):  # noqa: N818 - what happened
    """A story broke an invariant; `invariant` is the name of its function."""

    def __init__(self, invariant: str, message: str) -> None:
        super().__init__(f"{invariant}: {message}")
        self.invariant = invariant


class Delivered(NamedTuple):
    """An event as its consumer saw it first; `found` is the number of the poll that found it."""

    id: str
    record: str
    state: str
    found: int


@dataclass(frozen=True)
class Budget:
    """How many requests a poll may send: list pages, and other requests for each event."""

    pages: int
    per_event: int
    attempts: int


@dataclass
class Outcome:
    """What happened in a story, and what was delivered.

    `histories` and `baseline` contain the states of each record, at the end and at the first poll. `initial`
    and `reached` are the statuses that the trigger leaves out or waits for; nothing follows those in `final`.
    `dated` is the only status of `reached` that counts if records contain its time, or empty.
    `deleted` maps a record to the number of polls before its deletion, and `changed` contains the records
    that changed in any way after the first poll. `unreadable` contains the records
    whose rows were unreadable until they left the trigger's look-back. `repeated` contains the IDs that were
    handed over again although their first delivery was certain. `hidden` contains the numbers of polls that
    left out an unreadable row without a note. `writes` contains for each write whether it succeeded (None:
    unknown), and how many returns it made. `elsewhere` contains the addresses of requests to other hosts, and
    `calls` the requests of each poll with the number of events that it handed over. `excuses` contains the
    records of deliveries that were given up. `noticed` contains what a hub's poller saw for itself: the name
    of the invariant that is broken, and a sentence.
    """

    promise: str
    budget: Budget
    initial: frozenset[str] = frozenset()
    reached: frozenset[str] = frozenset()
    dated: frozenset[str] = frozenset()
    final: frozenset[str] = frozenset()
    histories: Mapping[str, list[str]] = field(default_factory=dict)
    baseline: Mapping[str, list[str]] = field(default_factory=dict)
    delivered: list[Delivered] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    deleted: dict[str, int] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()
    unreadable: set[str] = field(default_factory=set)
    hidden: list[int] = field(default_factory=list)
    writes: list[tuple[bool | None, int]] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    calls: list[tuple[Calls, int]] = field(default_factory=list)
    problem: str = ""
    excuses: set[str] = field(default_factory=set)
    noticed: list[tuple[str, str]] = field(default_factory=list)

    @property
    def excused(self) -> set[str]:
        """The records that need not be delivered."""
        return self.unreadable | set(self.deleted) | self.excuses

    def has_reached(self, states: list[str]) -> bool:
        """Check whether a record with this history has reached the trigger's status."""
        if self.dated:  # a record can skip this status
            return bool(self.dated & set(states))
        return states[-1] in self.reached

    def since(self, record: str) -> list[str]:
        """Return the states of a record after the first poll."""
        return self.histories.get(record, [])[len(self.baseline.get(record, [])) :]

    def states_of(self, record: str) -> list[str]:
        return [one.state for one in self.delivered if one.record == record]

    @property
    def records(self) -> set[str]:
        return {one.record for one in self.delivered}


def nothing_lost(outcome: Outcome) -> None:
    """Every event of the ledger that the guarantee promises was delivered."""
    if outcome.problem:
        raise Violation("nothing_lost", f"a poll of an undisturbed vendor fails: {outcome.problem}")
    lost = _LOST[outcome.promise](outcome) - outcome.excused
    if lost:
        told = {record: (outcome.histories[record], outcome.states_of(record)) for record in sorted(lost)}
        raise Violation("nothing_lost", f"record: (its history, what was delivered): {told}")


def _never_delivered(outcome: Outcome) -> set[str]:
    return set(outcome.histories) - set(outcome.baseline) - outcome.records


def _never_reached(outcome: Outcome) -> set[str]:
    histories = outcome.histories.items()
    there = {
        one for one, states in histories if states[-1] in outcome.reached and outcome.has_reached(states)
    }
    before = {one for one, states in outcome.baseline.items() if outcome.has_reached(states)}
    return there - before - outcome.records


def _outdated(outcome: Outcome) -> set[str]:
    """Return the records whose latest state was not delivered, or is not the last one delivered."""
    found = set()
    for record, states in outcome.histories.items():
        known = [*outcome.baseline.get(record, [])[-1:], *outcome.states_of(record)][-1:]
        if known != states[-1:] and not (not known and states[-1] in outcome.initial):
            found.add(record)
    return found


_LOST: Mapping[str, Callable[[Outcome], set[str]]] = {
    "every_record": _never_delivered,
    "reached": _never_reached,
    "latest_state": _outdated,
    "while_there": _never_reached,
}


def nothing_twice(outcome: Outcome) -> None:
    """An event is handed over again only if the process ended before its delivery was recorded."""
    if outcome.repeated:
        raise Violation("nothing_twice", f"delivered again: {outcome.repeated}")


def nothing_under_a_second_id(outcome: Outcome) -> None:
    """No event of the ledger is delivered under two IDs."""
    for record in sorted(outcome.records):
        delivered, since = Counter(outcome.states_of(record)), Counter(outcome.since(record))
        if outcome.promise == "while_there":
            twice = []
        elif outcome.promise == "latest_state":
            twice = [state for state, times in delivered.items() if times > since[state] > 0]
        else:
            twice = list(delivered) if delivered.total() > 1 else []
        if twice:
            raise Violation("nothing_under_a_second_id", f"{record}: {twice}, after {outcome.since(record)}")


def nothing_from_before_the_start(outcome: Outcome) -> None:
    """What happened before the first poll, or never, is not delivered."""
    for record in sorted(outcome.records):
        since = set(outcome.since(record))
        if outcome.promise == "every_record":
            invented = outcome.states_of(record) if record in outcome.baseline or not since else []
        elif outcome.promise in {"reached", "while_there"}:
            before = record in outcome.baseline and outcome.has_reached(outcome.baseline[record])
            if outcome.promise == "while_there" and before and record in outcome.changed:
                continue  # each later change of a record that stays in the status is delivered
            happened = (outcome.dated or outcome.reached) & since
            invented = outcome.states_of(record) if before or not happened else []
        else:
            invented = sorted(set(outcome.states_of(record)) - since)
        if invented:
            raise Violation(
                "nothing_from_before_the_start", f"{record}: {invented}, but since then only {sorted(since)}"
            )


def nothing_revived(outcome: Outcome) -> None:
    """Nothing is found of a record after its deletion, and no earlier status after a final one."""
    for one in outcome.delivered:
        if one.found > outcome.deleted.get(one.record, one.found):
            raise Violation("nothing_revived", f"{one.record} was deleted, and then found {one.state!r}")
    for record in sorted(outcome.records):
        states = outcome.states_of(record)
        ended = next((place for place, state in enumerate(states) if state in outcome.final), len(states))
        if outcome.promise == "latest_state" and set(states[ended + 1 :]) - outcome.final:
            raise Violation("nothing_revived", f"{record} went on after its end: {states}")


def order_per_return(outcome: Outcome) -> None:
    """The states of a record are delivered in the order in which it reached them."""
    if outcome.promise != "latest_state":
        return
    for record in sorted(outcome.records):
        remaining = iter(outcome.since(record))
        if not all(state in remaining for state in outcome.states_of(record)):
            told = f"{record} went through {outcome.since(record)}, delivered {outcome.states_of(record)}"
            raise Violation("order_per_return", told)


def calls_within_the_budget(outcome: Outcome) -> None:
    """A poll sends no more requests than its guarantee row says, and ends.

    A refused request is sent again a limited number of times. If the page at which the last poll stopped no
    longer exists, the list is read from its beginning to its end.
    """
    budget, rows = outcome.budget, len(outcome.histories)
    for number, (calls, attempted) in enumerate(outcome.calls):
        again = (1 + rows + budget.pages) * (calls.rejected_positions > 0)
        answered, again_each = calls.lists + calls.others + calls.tokens, budget.attempts - 1
        stuck = 10 * budget.per_event * budget.attempts
        allowed = {
            "list": (calls.lists, budget.pages + again),
            "other": (calls.others, budget.per_event * (attempted + 10) * budget.attempts),
            "refused": (calls.refused, again_each * answered + budget.attempts + stuck),
        }
        for name, (sent, most) in allowed.items():
            if sent > most:
                told = f"poll {number} sent {sent} {name} requests, more than {most}"
                raise Violation("calls_within_the_budget", told)


def unreadable_rows_are_reported(outcome: Outcome) -> None:
    """A row that cannot be read is named in a note; it does not vanish in silence."""
    if outcome.hidden:
        raise Violation("unreadable_rows_are_reported", f"the polls {outcome.hidden} reported none")


def one_effect_per_write(outcome: Outcome) -> None:
    """A write that succeeds made one return, a refused one none, and one of unknown outcome one at most."""
    for number, (told, made) in enumerate(outcome.writes):
        if made not in {True: {1}, False: {0}, None: {0, 1}}[told]:
            raise Violation("one_effect_per_write", f"write {number} made {made}, and succeeded: {told}")


def the_key_stays_home(outcome: Outcome) -> None:
    """No request goes to another host."""
    if outcome.elsewhere:
        raise Violation("the_key_stays_home", f"sent to another host: {outcome.elsewhere}")


def late_within_the_bound(outcome: Outcome) -> None:
    """While nothing disturbs it, a hub delivers a change within the time that its plan publishes."""
    _raise_noticed(outcome, "late_within_the_bound")


def a_gap_is_shown(outcome: Outcome) -> None:
    """After a delivery was given up, the later ones of its record carry `gap: true`; no others do."""
    _raise_noticed(outcome, "a_gap_is_shown")


def deliveries_are_signed(outcome: Outcome) -> None:
    """The signature of each delivery belongs to its ID, its time and its body."""
    _raise_noticed(outcome, "deliveries_are_signed")


def only_gone_ends_a_subscription(outcome: Outcome) -> None:
    """A subscription ends if its target answers 410, and for no other reason."""
    _raise_noticed(outcome, "only_gone_ends_a_subscription")


def _raise_noticed(outcome: Outcome, invariant: str) -> None:
    for name, text in outcome.noticed:
        if name == invariant:
            raise Violation(invariant, text)


INVARIANTS: Mapping[str, Callable[[Outcome], None]] = {
    one.__name__: one
    for one in (
        the_key_stays_home,
        one_effect_per_write,
        calls_within_the_budget,
        nothing_twice,
        nothing_from_before_the_start,
        nothing_revived,
        nothing_under_a_second_id,
        order_per_return,
        nothing_lost,
        unreadable_rows_are_reported,
        deliveries_are_signed,
        only_gone_ends_a_subscription,
        a_gap_is_shown,
        late_within_the_bound,
    )
}
"""The invariants, in the order in which a story is judged."""
BROKEN_BY: Mapping[str, tuple[str, ...]] = {
    "the_key_stays_home": ("redirect",),
    "one_effect_per_write": ("write", "lose", "redirect"),
    "calls_within_the_budget": ("storm", "loop", "look", "revoke", "cap", "hints", "spend"),
    "nothing_twice": ("rival", "restart", "refuse", "storm", "overlap"),
    "nothing_from_before_the_start": ("restart", "date", "clock"),
    "nothing_revived": ("delete", "stale", "loop"),
    "nothing_under_a_second_id": ("restart", "tick", "stale", "target"),
    "order_per_return": ("refuse", "stale", "tick", "target"),
    "nothing_lost": (
        "cap",
        "date",
        "clock",
        "future",
        "poison",
        "revoke",
        "delete",
        "refuse",
        "target",
        "unfit",
    ),
    "unreadable_rows_are_reported": ("poison",),
    "deliveries_are_signed": ("target", "unfit"),
    "only_gone_ends_a_subscription": ("target", "gone"),
    "a_gap_is_shown": ("target",),
    "late_within_the_bound": ("refuse", "target", "run", "hint"),
}
"""The troubles that are most likely to break each invariant.

A search for a story that breaks one invariant uses them more often.
"""


def judge(outcome: Outcome) -> None:
    """Raise the first violation of a story."""
    for name, invariant in INVARIANTS.items():
        invariant(outcome)
        _raise_noticed(outcome, name)
