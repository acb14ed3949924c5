"""Checks one receiver: calls the functions of the module `checks` in order, and collects their findings."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from secrets import token_hex
from typing import Final

import httpx

from mock_server.clock import ticks, wall
from mock_server.receiver_check import checks
from mock_server.receiver_check.checks import Examination
from mock_server.receiver_check.events import Events
from mock_server.receiver_check.judging import finding, skipped
from mock_server.receiver_check.posting import Poster
from mock_server.receiver_check.results import Finding, Report, Verdict
from mock_server.webhooks.format import WebhookFormat

TIMEOUT: Final = 10.0
"""The default time limit for an answer, in seconds; an assumption, because no vendor documents a limit."""
BURST: Final = 25
_QUESTION: Final = "Answers at all"
_REACHABLE: Final = (
    "Start the receiver, and check the URL: host, port and path. The other questions were not asked."
)
_NOTHING_ACCEPTED: Final = "The receiver accepts no valid event, so refusing forged ones would prove nothing."
_HANGS: Final = "Answer first and process the event afterwards. The other questions were not asked."


@dataclass(frozen=True, slots=True)
class Target:
    """The receiver to check: URL, secret, time limit in seconds, and number of events in a burst."""

    url: str
    secret: str
    timeout: float = TIMEOUT
    burst: int = BURST

    def __repr__(self) -> str:
        """Leave out the URL and the secret, so that they do not appear in logs."""
        return "Target()"


async def check(
    target: Target,
    format_: WebhookFormat,
    client: httpx.AsyncClient,
    *,
    now: Callable[[], int] = wall,
    ticks: Callable[[], int] = ticks,
    found: Callable[[Finding], None] = lambda _finding: None,
) -> Report:
    """Check a receiver, and return a report; call `found` with each finding as soon as it is made.

    `now` returns real time, and `ticks` measures durations, both in microseconds. If the receiver does not
    answer the first event, or accepts no valid event, the other checks are skipped.
    """
    poster = Poster(client, target.url, target.timeout, ticks)
    events = Events(format_, target.secret, now, lambda: token_hex(8))
    findings: list[Finding] = []
    async for one in _findings(Examination(poster, events, target.burst)):
        findings.append(one)
        found(one)
    return Report(_shown(target.url), format_.vendor, tuple(findings))


async def _findings(examination: Examination) -> AsyncIterator[Finding]:
    first = await _reachable(examination)
    yield first
    if first.verdict is Verdict.failed:
        return
    kinds = [one async for one in checks.kinds_of_events(examination)]
    for one in kinds:
        yield one
    if all(one.verdict is Verdict.failed for one in kinds):
        yield skipped("others", "Everything else", _NOTHING_ACCEPTED)
        return
    yield checks.speed(examination, max(one.milliseconds for one in kinds))
    for question in checks.BEFORE_BODIES:
        yield await question(examination)
    async for one in checks.broken_bodies(examination):
        yield one
    for question in checks.AFTER_BODIES:
        yield await question(examination)


async def _reachable(examination: Examination) -> Finding:
    """Send a first valid event; the check fails only if the receiver does not answer."""
    (answer,) = await examination.post(examination.events.valid())
    if answer.status is not None:
        return finding("reachable", _QUESTION, Verdict.passed, f"The receiver answers: {answer}.", [answer])
    advice = _HANGS if answer.timed_out else _REACHABLE
    sentence = f"The receiver does not answer: {answer}."
    return finding("reachable", _QUESTION, Verdict.failed, sentence, [answer], advice=advice)


def _shown(text: str) -> str:
    """Remove the parts of a URL that may be secret: credentials, query (shown as `hidden`) and fragment."""
    url = httpx.URL(text)
    return str(url.copy_with(userinfo=b"", query=b"hidden" if url.query else None, fragment=None))
