"""Computes, for each runtime, what an action guarantees if the response to its write is lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from connector.definition.model import Action, Risk, Runtime

ZAPIER_RISKS: tuple[Risk, ...] = ("read", "write")
"""The risks of the actions that Zapier accepts; its policy forbids moving money and deleting data."""
MOST_SENDS = 3
"""The maximum number of times that Python sends a write if sending it again is safe."""

AfterLoss = Literal["repeats", "looks", "reports", "platform"]
AFTER_LOSS: dict[AfterLoss, str] = {
    "repeats": "sends the write again",
    "looks": "searches for the record, or reports an unknown outcome",
    "reports": "reports an unknown outcome",
    "platform": "the platform sends the write again",
}
"""The text that describes each value of `AfterLoss` to users."""


@dataclass(frozen=True, slots=True)
class ActionGuarantee:
    """What an action guarantees in one runtime if it is unknown whether its write succeeded.

    `after_failure` applies if the vendor responds with a 5xx status or without a usable record. `after_cut`
    applies if the connection is lost or the time limit expires before the response arrives. The values are:

    - "repeats": the write is sent again, because a second one sets the same values;
    - "looks": the record is searched for; if it is not found, the outcome is reported as unknown;
    - "reports": the outcome is reported as unknown;
    - "platform": the platform sends the write again, which the app cannot prevent.

    `attempts` is the maximum number of times that the write is sent, or None if the platform decides.
    """

    runtime: Runtime
    after_failure: AfterLoss
    after_cut: AfterLoss
    attempts: int | None


def action_guarantees(action: Action) -> tuple[ActionGuarantee, ...]:
    """Return the guarantees of an action, one for each runtime that offers it."""
    repeatable = action.after_timeout == "repeat"
    in_python: dict[str, AfterLoss] = {"repeat": "repeats", "find": "looks", "ask": "reports"}
    after = in_python[action.after_timeout]
    rows = [ActionGuarantee("python", after, after, MOST_SENDS if repeatable else 1)]
    if action.risk in ZAPIER_RISKS:
        rows.append(ActionGuarantee("zapier", "reports", "reports", 1))
    # A module of Make sends one request, so Make has no action that sends a request for each line.
    # Make runs a module again after an error of type ConnectionError or ModuleTimeoutError. An app chooses
    # the type for each error response, but not the type that Make uses if no response arrives.
    if not action.each:
        rows.append(
            ActionGuarantee("make", "repeats", "repeats", None)
            if repeatable
            else ActionGuarantee("make", "reports", "platform", None)
        )
    rows.append(ActionGuarantee("n8n", "reports", "reports", 1))
    return tuple(rows)
