"""What a record that changes its state has told, and what it has to tell now.

An event of a state is called `<trigger>:<record>:<state>`, with `:2`, `:3` … behind it when the record enters
the same state again; of a trigger for some states, only `<trigger>:<record>`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connector.model import ChangedSince, WindowScan
    from connector.polling.parts import About

Told = tuple[str, int]
"""A state, and which time it was."""


def told_since(about: About) -> dict[str, list[Told]]:
    """Return what may have been told of each record although no kept cursor knows of it, in that order."""
    found: dict[str, list[Told]] = {}
    for event in about.told:
        key, _, suffix = event.removeprefix(f"{about.name}:").partition(":")
        state, _, again = suffix.rpartition(":")
        told = (state, int(again)) if state and again.isdecimal() else (suffix, 1)
        found.setdefault(key, []).append(told)
    return found


def entered(
    state: str, last: str | None, counts: Mapping[str, int], told: Sequence[Told]
) -> tuple[int | None, dict[str, int]]:
    """Say which time a record entered its state (None: it was there already), and how often each was entered.

    `last` and `counts` are what the cursor knows. What was `told` goes before it: whoever heard of another
    state last has to hear of this one, and what was told last is told again under the same id.
    """
    known = dict(counts)
    for word, times in told:
        known[word] = max(times, known.get(word, 0))
    before = told[-1][0] if told else last
    if state == before:
        return (told[-1][1] if told else None), known
    known[state] = known.get(state, 0) + 1
    return known[state], known


def suffix(
    source: ChangedSince | WindowScan,
    key: str,
    state: str,
    times: int,
    counts: Mapping[str, int],
    *,
    new: bool,
) -> str | None:
    """Return the end of the id of the event that entering a state makes; None where it makes none.

    A `new` record did not move into its first state. With `source.reached`, a record is an event once, when
    the first of these states is seen; `counts` are the states seen before.
    """
    if source.reached is not None:
        before = any(word in counts for word in source.reached)
        return key if state in source.reached and not before else None
    if new and state in source.initial:
        return None
    return f"{key}:{state}:{times}" if times > 1 else f"{key}:{state}"
