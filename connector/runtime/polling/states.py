"""States that records go through: when a record that comes into one makes an event.

States are compared without regard to case, blanks, hyphens and underscores. A record without a state makes no
event, and what was known of it stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from connector.definition.naming import folded

if TYPE_CHECKING:
    from collections.abc import Collection

Entry = list[Any]
"""What is known of a record: a time or a version, its last state, and how often it entered each state."""


class Watches(Protocol):
    """A source that looks at states."""

    @property
    def reached(self) -> tuple[str, ...] | None: ...

    @property
    def initial(self) -> tuple[str, ...]: ...


def among(state: str | None, words: Collection[str]) -> bool:
    """Say whether a state is one of some words."""
    return state is not None and folded(state) in {folded(word) for word in words}


def entered(source: Watches, key: str, state: str | None, known: Entry) -> tuple[str | None, Entry]:
    """Compare a record's state with what is known of it.

    Returns the end of the event's id (None: no event) and the entry to keep. `known` holds the new time or
    version, and the last state and the counts as they were.
    """
    when, last, counted = known
    if state is None or (last is not None and folded(state) == folded(last)):
        return None, known
    word = folded(state)
    counts: dict[str, int] = {}
    for name, times in counted.items():
        counts[folded(name)] = counts.get(folded(name), 0) + times
    before = source.reached is not None and any(folded(one) in counts for one in source.reached)
    counts[word] = counts.get(word, 0) + 1
    after = [when, state, counts]
    if source.reached is not None:
        return (key if among(state, source.reached) and not before else None), after
    again = f":{counts[word]}" if counts[word] > 1 else ""
    return (None if last is None and among(state, source.initial) else f"{key}:{state}{again}"), after
