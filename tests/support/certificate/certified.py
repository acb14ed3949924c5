"""The results of the certificate and of the museum, as rows of a report."""

from support.certificate.exhibits import Exhibit
from support.certificate.invariants import Violation
from support.certificate.search import Searched
from support.report_data import Row


def as_row(vendor: str, trigger: str, searched: Searched) -> Row:
    """Return the row of one trigger."""
    tried = f"{searched.stories:,} stories, {searched.steps:,} steps, {searched.events:,} events"
    if searched.violation is None:
        return Row(vendor, trigger, "every invariant", "held", tried)
    detail = f"seed {searched.seed}: {searched.violation}"
    return Row(vendor, trigger, searched.violation.invariant, "failed", detail)


def exhibit_row(exhibit: Exhibit, broken: Violation | None) -> Row:
    """Return the row of an exhibit; `broken` is what its story breaks with the mistake."""
    caught = broken is not None and broken.invariant == exhibit.caught_by
    detail = f"{exhibit.bug} Reported in {', '.join(exhibit.cited)}; story of {exhibit.story.length} steps."
    return Row(exhibit.vendor, exhibit.name, exhibit.caught_by, "caught" if caught else "failed", detail)
