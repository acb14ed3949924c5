"""The results of the certificate and of the museum, as rows of a report."""

from connector.definition.left_out import why_left_out
from connector.definition.model import Runtime, Trigger
from support.certificate.exhibits import Exhibit
from support.certificate.invariants import Violation
from support.certificate.search import Searched
from support.report_data import Row

NO_EVENT = "nothing happened that fires the trigger, so nothing was tested"


def as_row(vendor: str, trigger: str, runtime: str, searched: Searched) -> Row:
    """Return the row of one trigger in one runtime."""
    tried = f"{searched.stories:,} stories, {searched.steps:,} steps, {searched.events:,} events"
    if searched.violation is None and not searched.events:
        return Row(vendor, trigger, runtime, "failed", f"{NO_EVENT} ({tried})")
    if searched.violation is None:
        return Row(vendor, trigger, runtime, "held", f"every invariant in {tried}")
    return Row(vendor, trigger, runtime, "failed", f"seed {searched.seed}: {searched.violation}")


def left_out_row(vendor: str, trigger: Trigger, runtime: Runtime) -> Row:
    """Return the row of a trigger that a runtime does not offer, with the reason."""
    reason = why_left_out(trigger, runtime) or "The app leaves out requests that no account has confirmed."
    return Row(vendor, trigger.key, runtime, "not reachable", f"Not offered. {reason}")


def exhibit_row(exhibit: Exhibit, broken: Violation | None) -> Row:
    """Return the row of an exhibit; `broken` is what its story breaks with the mistake."""
    caught = broken is not None and broken.invariant == exhibit.caught_by
    detail = f"{exhibit.bug} Reported in {', '.join(exhibit.cited)}; story of {exhibit.story.length} steps."
    return Row(exhibit.vendor, exhibit.name, exhibit.caught_by, "caught" if caught else "failed", detail)
