"""The results of a check: one `Finding` per question, and the `Report` that contains them."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

NOTES: Final = (
    "whether an event that was sent twice was processed twice",
    "whether the newest state wins if events arrive in another order",
    "whether an event is stored before it is acknowledged",
)
"""Properties of a receiver that a check cannot observe, as clauses."""


class Verdict(StrEnum):
    """The result of a question; `skipped` means that the question does not apply or was not asked."""

    passed = "pass"
    warned = "warn"
    failed = "fail"
    skipped = "skip"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one question about a receiver.

    `sentence` describes what was observed. `advice` describes how to fix a problem, or is "" if there is no
    problem. `requests` is the number of requests, and `milliseconds` is the duration of the slowest request.
    """

    id: str
    question: str
    verdict: Verdict
    sentence: str
    advice: str = ""
    requests: int = 0
    milliseconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """All findings about one receiver, in the order in which they were made.

    `address` is the receiver's URL without parts that may be secret.
    """

    address: str
    vendor: str
    findings: tuple[Finding, ...]

    @property
    def counts(self) -> dict[Verdict, int]:
        """The number of findings for each verdict."""
        found = Counter(finding.verdict for finding in self.findings)
        return {verdict: found[verdict] for verdict in Verdict}

    def fails(self, *, strict: bool) -> bool:
        """Return True if a finding has the verdict `failed` or, if `strict` is True, `warned`."""
        bad = {Verdict.failed, Verdict.warned} if strict else {Verdict.failed}
        return any(finding.verdict in bad for finding in self.findings)
