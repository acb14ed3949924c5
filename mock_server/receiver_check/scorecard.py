"""Formats a report for a terminal: what was found, in the order of the questions, and what to fix."""

import textwrap
from collections.abc import Iterator
from typing import Final

from mock_server.receiver_check.results import NOTES, Finding, Report, Verdict

_INDENT: Final = " " * 6
_NARROWEST: Final = 40
_MAX_QUESTIONS: Final = 4
"""The maximum number of questions to list with a piece of advice; the rest are only counted."""


def finding_lines(finding: Finding, previous: Finding | None, width: int) -> list[str]:
    """Return the lines for a finding: the question with its time, and what was observed.

    If the check passed, or if the observation is the same as that of the `previous` finding, the observation
    is omitted. The first line begins with the question, without the verdict. Lines are wrapped to `width`.
    """
    took = f"  {finding.milliseconds:.0f} ms" if finding.requests else ""
    lines = _wrapped(finding.question + took, width)
    repeated = previous is not None and (previous.verdict, previous.sentence) == (
        finding.verdict,
        finding.sentence,
    )
    if finding.verdict is not Verdict.passed and not repeated:
        lines += _wrapped(finding.sentence, width)
    return [line.removeprefix(_INDENT) if number == 0 else line for number, line in enumerate(lines)]


def summary_lines(report: Report, width: int) -> Iterator[str]:
    """Yield a line with the number of findings per verdict, and then each piece of advice once.

    Each piece of advice is followed by the questions that it applies to. Lines are wrapped to `width`.
    """
    counts = {verdict.value: count for verdict, count in report.counts.items()}
    yield (
        f"{counts['pass']} passed, {counts['warn']} with a warning, {counts['fail']} failed, "
        f"{counts['skip']} skipped."
    )
    advised: dict[str, list[str]] = {}
    for finding in report.findings:
        if finding.advice:
            advised.setdefault(finding.advice, []).append(finding.question)
    if advised:
        yield ""
        yield "What to fix:"
    for number, (advice, questions) in enumerate(advised.items(), start=1):
        yield ""
        yield from _wrapped(advice, width, first=f"{number:>4}. ")
        yield from _wrapped(f"For: {_listed(questions)}", width)


def not_judged(width: int) -> str:
    """Return a text that lists what a check cannot observe, wrapped to `width` characters."""
    points = [line for note in NOTES for line in _wrapped(note, width, first="    - ")]
    return "\n".join(("Not judged, because it is not visible from outside:", *points))


def _listed(questions: list[str]) -> str:
    shown = "; ".join(questions[:_MAX_QUESTIONS])
    more = len(questions) - _MAX_QUESTIONS
    return f"{shown}; and {more} more" if more > 0 else shown


def _wrapped(text: str, width: int, first: str = _INDENT) -> list[str]:
    return textwrap.wrap(
        text,
        max(width, _NARROWEST),
        initial_indent=first,
        subsequent_indent=_INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
