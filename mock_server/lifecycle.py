"""`Lifecycle`: checks status changes against a vendor's transition table.

For each status, the table lists the corresponding vendor-neutral state and the statuses that may follow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, get_args

from mock_server.seed.model import State

STATES: Final[tuple[State, ...]] = get_args(State)


@dataclass
class IllegalMove(Exception):  # noqa: N818 - an adjective and a noun read better than another Error
    """Raised if a return's status cannot change to `wanted`; `allowed` lists the statuses that may follow."""

    current: str
    wanted: str
    allowed: tuple[str, ...]

    def __str__(self) -> str:
        choice = f"it can become {', '.join(self.allowed)}" if self.allowed else "its status is final"
        return f"A return that is {self.current!r} cannot become {self.wanted!r}; {choice}."


class UnknownReturn(LookupError):  # noqa: N818 - an adjective and a noun read better than another Error
    """Raised if no return has the requested ID."""

    def __init__(self, id_: str) -> None:
        super().__init__(f"No return has the id {id_}.")


class Lifecycle:
    """A vendor's statuses and the allowed transitions between them.

    `states` maps each status to its vendor-neutral state. `transitions` maps each status to the statuses that
    may follow; if no status may follow, the status is final. `initial` is the status of a new return. `verbs`
    maps a status to the text of the button that changes a return to this status, such as "Approve"; the
    default is "Mark as" followed by the status. Raises `ValueError`, with a list of all errors, if the tables
    are inconsistent.
    """

    def __init__(
        self,
        states: Mapping[str, State],
        transitions: Mapping[str, tuple[str, ...]],
        initial: str,
        verbs: Mapping[str, str] | None = None,
    ) -> None:
        self.states = dict(states)
        self.transitions = {word: tuple(transitions.get(word, ())) for word in states}
        self.initial = initial
        self.verbs = {word: f"Mark as {word}" for word in states} | dict(verbs or {})
        faults = [f"{word!r} has no state" for word in transitions if word not in states]
        faults += [f"{word!r} has the unknown state {s!r}" for word, s in states.items() if s not in STATES]
        faults += [
            f"{word!r} leads to {target!r}, which has no state"
            for word, targets in transitions.items()
            for target in targets
            if target not in states
        ]
        faults += [
            f"the verb {verb!r} is for the unknown status {word!r}"
            for word, verb in self.verbs.items()
            if word not in states
        ]
        if initial not in states:
            faults.append(f"the initial status {initial!r} has no state")
        if faults:
            raise ValueError(f"The transition table is wrong: {'; '.join(faults)}.")

    def check(self, current: str, wanted: str) -> None:
        """Raise `IllegalMove` unless `wanted` may follow `current`.

        This also applies if both are the same status.
        """
        allowed = self.transitions.get(current, ())
        if wanted not in allowed:
            raise IllegalMove(current, wanted, allowed)

    def is_open(self, status: str) -> bool:
        """Return True if another status may follow `status`, and False if `status` is final."""
        return bool(self.transitions.get(status))

    def word(self, state: State) -> str:
        """Return the vendor's status for a neutral state; if there are several, return the first.

        Raises `LookupError` if no status has this state.
        """
        for word, known in self.states.items():
            if known == state:
                return word
        raise LookupError(f"No status has the state {state!r}.")
