"""Detects state changes, decides whether an event is emitted for a change, and builds the event's ID.

Case, spaces, hyphens and underscores are ignored when states are compared. No event is emitted for a record
without a state, and the record's entry in the cursor stays unchanged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from connector.definition.spelling import folded

if TYPE_CHECKING:
    from collections.abc import Collection

Entry = list[Any]
"""A record's entry in the cursor: a list of a time or version, the last state, and the state counts.

The state counts map each state to the number of times that the record entered it.
"""


class Watches(Protocol):
    """A source whose trigger emits an event when a record's state changes.

    If `reached` is not None, an event is emitted only when a record enters one of the `reached` states.
    Otherwise an event is emitted for every state change, and also for a record's first known state unless
    that state is one of the `initial` states.
    """

    @property
    def reached(self) -> tuple[str, ...] | None: ...

    @property
    def initial(self) -> tuple[str, ...]: ...


def is_among(state: str | None, words: Collection[str]) -> bool:
    """Check whether a state equals one of `words`, ignoring case, spaces, hyphens and underscores."""
    return state is not None and folded(state) in {folded(word) for word in words}


def compare_state(source: Watches, key: str, state: str | None, known: Entry) -> tuple[str | None, Entry]:
    """Compare a record's state with the entry `known`; return the suffix of the event's ID and the new entry.

    The suffix is None if no event is emitted for the record. `known` is the record's entry in the cursor; the
    time or version in the entry is already updated.

    The state counts make event IDs unique: if a record enters a state for the second time, the ID ends with
    `:2`. If the source has `reached` states, only one event is emitted for each record, when the record first
    enters one of these states.
    """
    when, last, counted = known
    if state is None or state == last or (last is not None and folded(state) == folded(last)):
        return None, known
    word = folded(state)
    # The counts are merged by normalized state, because a different spelling is not a state change.
    counts: dict[str, int] = {}
    for name, times in counted.items():
        counts[folded(name)] = counts.get(folded(name), 0) + times
    before = source.reached is not None and any(folded(name) in counts for name in source.reached)
    counts[word] = counts.get(word, 0) + 1
    after = [when, state, counts]
    if source.reached is not None:
        return (key if is_among(state, source.reached) and not before else None), after
    again = f":{counts[word]}" if counts[word] > 1 else ""
    return (None if last is None and is_among(state, source.initial) else f"{key}:{state}{again}"), after
