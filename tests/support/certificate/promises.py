"""What the guarantee row of a trigger promises, as an `Outcome` to which a story adds what happened."""

from typing import Any

from connector.definition.model import Runtime, Trigger
from support.certificate.invariants import Budget, Outcome
from support.certificate.ledger import event_path
from support.merchant import VendorSandbox

ATTEMPTS = 4
"""How often a request is sent at most."""


def promised(backend: VendorSandbox, trigger: Trigger, runtime: Runtime) -> Outcome:
    """Return what a trigger promises in a runtime, before anything has happened."""
    source: Any = trigger.source
    row = trigger.guarantees[runtime]
    lifecycle = backend.served.lifecycle.transitions
    by_status = getattr(source, "state", None) and event_path(source)[-1:] != ("quality_control_status",)
    return Outcome(
        promise=row.delivers,
        budget=Budget(
            pages=source.pages if runtime == "python" else row.pages,
            per_event=row.calls_per_event,
            attempts=ATTEMPTS,
        ),
        initial=frozenset(getattr(source, "initial", None) or ()),
        reached=frozenset(getattr(source, "reached", None) or {"delivered"}),
        dated=frozenset({source.reached[0]} if trigger.reached_at else ()),
        final=frozenset(word for word, after in lifecycle.items() if by_status and not after),
    )
