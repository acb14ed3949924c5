"""One write under one fault: what the sandbox holds afterwards, and what the caller learned."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from connector.definition.model import Action
from support.actions.faults import Fault
from support.actions.served import Arrived, Served
from support.actions.writes import Example, Write, example

Learned = Literal["record", "unknown", "again", "refused"]
"""`unknown`: the write may or may not be done; `again`: it was not done, and the platform may repeat it."""
Effects = Literal["none", "one", "noted", "other"]
"""`noted`: one effect, and a record's own history mentions the second, equal write."""
UNCHANGED = ("ledger", "counters", "steps")


@dataclass(frozen=True)
class Outcome:
    """What the caller learned: the record, or an error, its message, and what it says was sent."""

    learned: Learned
    record: Any = None
    message: str = ""
    sent: Any = None


@dataclass(frozen=True)
class Case:
    """The result of one write; `requests` are the writes that arrived.

    `clean` is the outcome without a fault, and `request` what arrived then. `changes` is false if the
    operation only reads, although its method is that of a write.
    """

    fault: Fault
    outcome: Outcome
    effects: Effects
    clean: Outcome
    request: Arrived
    changes: bool
    requests: tuple[Arrived, ...]


@dataclass
class Bench:
    """One write of a served sandbox, run again and again from the same first state."""

    served: Served
    write: Write

    def __post_init__(self) -> None:
        self.example: Example = example(self.served.document, self.write)
        self.served.restore()
        self.before = self.served.state()

    def inputs(self, action: Action) -> dict[str, Any]:
        """Return the example as inputs of an action; one that sets a status gets a record that allows it."""
        inputs = self.example.inputs(action)
        for _path, status in action.constants:
            own = next(one for one in action.inputs if one.location == "path")
            inputs[own.key] = self.served.movable_to(status)
        return inputs

    @property
    def changes(self) -> bool:
        """Whether the write changes anything; known after `measure`."""
        return bool(self.once != self.before)

    def measure(self, run: Callable[[], Outcome]) -> None:
        """Run the write without a fault; remember its result and the state after exactly one."""
        self.served.restore()
        self.clean = run()
        assert self.clean.learned == "record", self.clean
        self.once = self.served.state()
        (self.request,) = self.served.writes()

    def case(self, fault: Fault, run: Callable[[], Outcome]) -> Case:
        """Run the write while its first request meets a fault."""
        self.served.restore()
        parameters = dict(fault.parameters)
        if fault.what == "redirect":
            parameters["location"] = self.served.base_url + self.request.path
        self.served.add_fault(self.write.operation.id, fault.what, **parameters)
        return self.again(fault, run)

    def again(self, fault: Fault, run: Callable[[], Outcome]) -> Case:
        """Run the write in the present state; the fault does not fire a second time."""
        outcome = run()
        state, requests = self.served.state(), tuple(self.served.writes())
        return Case(fault, outcome, self._effects(state), self.clean, self.request, self.changes, requests)

    def _effects(self, state: Any) -> Effects:
        if state == self.before:
            return "none"
        if state == self.once:
            return "one"
        same = all(state[name] == self.once[name] for name in UNCHANGED)
        return "noted" if same else "other"
