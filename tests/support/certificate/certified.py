"""The results of the certificate and of the museum, as rows of a report."""

from support.certificate.exhibits import Exhibit
from support.certificate.invariants import Violation
from support.certificate.search import Searched
from support.report_data import Row


def as_row(vendor: str, trigger: str, runtime: str, searched: Searched) -> Row:
    """Return the row of one trigger in one runtime."""
    tried = f"{searched.stories:,} stories, {searched.steps:,} steps, {searched.events:,} events"
    if searched.violation is None:
        return Row(vendor, trigger, runtime, "held", f"every invariant in {tried}")
    return Row(vendor, trigger, runtime, "failed", f"seed {searched.seed}: {searched.violation}")


def exhibit_row(exhibit: Exhibit, broken: Violation | None) -> Row:
    """Return the row of an exhibit; `broken` is what its story breaks with the mistake."""
    caught = broken is not None and broken.invariant == exhibit.caught_by
    detail = f"{exhibit.bug} Reported in {', '.join(exhibit.cited)}; story of {exhibit.story.length} steps."
    return Row(exhibit.vendor, exhibit.name, exhibit.caught_by, "caught" if caught else "failed", detail)
