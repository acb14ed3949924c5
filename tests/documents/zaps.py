"""The table of docs/zapier.md: how many Zaps fit the limits of each vendor."""

from collections.abc import Iterator

from connector.definition.compiler import integration, vendors
from connector.definition.model import Integration
from connector.generator.requests_a_day import INTERVALS, limits_in_words, watchers_that_fit
from documents.tables import table


def zaps_that_fit() -> str:
    """Return a row per vendor and plan with a limit: Zaps whose every poll reads as much as it can."""
    head = ["vendor", "plan", "requests allowed", *(f"every {minutes} min" for minutes in INTERVALS)]
    return table(head, (row for vendor in vendors() for row in _rows(integration(vendor))))


def _rows(offer: Integration) -> Iterator[list[str]]:
    promises = [one.guarantees["zapier"] for one in offer.triggers.values() if "zapier" in one.guarantees]
    fewest, most = min(one.calls_per_poll for one in promises), max(one.calls_per_poll for one in promises)
    for plan in offer.limits.plans:
        if plan.windows:
            fitting = ({watchers_that_fit(plan, calls, one) for calls in (fewest, most)} for one in INTERVALS)
            spans = (" to ".join(f"{number:,}" for number in sorted(numbers)) for numbers in fitting)
            yield [offer.vendor.title, plan.name, limits_in_words(plan).replace(" requests", ""), *spans]
