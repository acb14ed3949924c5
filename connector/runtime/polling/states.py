"""Decides when a record that enters a state makes an event, and what the event's id is.

States are compared without case, spaces, hyphens and underscores. A record without a state makes no event and
keeps its entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from connector.definition.spelling import folded

if TYPE_CHECKING:
    from collections.abc import Collection

Entry = list[Any]
"""What is known of a record: a time or a version, its last state, how often it entered each state."""


class Watches(Protocol):
    """A source whose events are state changes; `reached` limits them to some states (None: every state)."""

    @property
    def reached(self) -> tuple[str, ...] | None: ...

    @property
    def initial(self) -> tuple[str, ...]: ...


def is_among(state: str | None, words: Collection[str]) -> bool:
    """Check whether a state is one of the given words."""
    return state is not None and folded(state) in {folded(word) for word in words}


def compare_state(source: Watches, key: str, state: str | None, known: Entry) -> tuple[str | None, Entry]:
    """Compare a record's state with what is known of the record.

    Returns the end of the event's id (None: no event) and the entry to keep. `known` holds the new time or
    version, and the last state and counts as they were.

    The counts make ids unique: a record that enters a state for the second time has `:2` at the end of its
    id. With `reached`, a record makes one event, the first time it enters any of these states.
    """
    when, last, counted = known
    if state is None or (last is not None and folded(state) == folded(last)):
        return None, known
    word = folded(state)
    # By folded word, and earlier counts too: a vendor that respells a state has not changed it.
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
