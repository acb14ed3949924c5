"""The checks of a receiver: each function sends requests and judges the receiver's answers."""

import asyncio
import statistics
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import httpx

from mock_server.receiver_check.events import DAY, Events
from mock_server.receiver_check.judging import IN_TIME, accepted, finding, refused, skipped, survived
from mock_server.receiver_check.posting import Answer, Outgoing, Poster
from mock_server.receiver_check.results import Finding, Verdict

LARGE: Final = 5_000_000
"""The size of the largest event, in bytes."""
_SLOW: Final = 0.5
"""An answer is slow if it takes more than this fraction of the time limit."""
_DUPLICATES: Final = 3
_ORDERED: Final = 5
_SECRET: Final = "Check that the secret is the one with which the receiver verifies signatures."  # noqa: S105
_LOG: Final = "Look in the receiver's log for the reason: the event is valid."
_VERIFY: Final = "Verify the signature over the raw body with the secret, and answer 401 if it is wrong."
_MINUTES: Final = "Refuse signatures older than a few minutes, so that an old request cannot be sent again."
_LOST: Final = "The vendor does not repeat events, so these are lost."
_DUPLICATE: Final = (
    "Answer 200 to an event that you know already: senders repeat events whose answer was lost. "
    "Recognize it by its ID."
)


@dataclass(frozen=True, slots=True)
class Examination:
    """The inputs of every check: the `Poster`, the `Events`, and the number of events in a burst."""

    poster: Poster
    events: Events
    burst: int

    async def post(self, *outgoing: Outgoing) -> list[Answer]:
        """Post requests one after the other, and return the answers in the same order."""
        return [await self.poster.post(one) for one in outgoing]

    async def post_together(self, outgoing: Sequence[Outgoing]) -> list[Answer]:
        """Post requests concurrently, and return the answers in the order of the requests."""
        return list(await asyncio.gather(*map(self.poster.post, outgoing)))


Question = Callable[[Examination], Awaitable[Finding]]


async def kinds_of_events(examination: Examination) -> AsyncIterator[Finding]:
    """Send a valid event of each kind, in each version of the payload."""
    events = examination.events
    for version in events.format.versions or (0,):
        for kind in events.kinds:
            name = f"{kind}.v{version}" if version else kind
            answers = await examination.post(events.valid(kind, version=version))
            words = f", version {version}" if version else ""
            advice = _SECRET if events.is_signed and answers[0].is_refused else _LOG
            yield accepted(f"event.{name}", f"Accepts {kind}{words}", answers, advice=advice)


async def wrong_secret(examination: Examination) -> Finding:
    """Send an event that is signed with a wrong secret, which the receiver must refuse."""
    id_, question = "signature.wrong", "Refuses a wrong signature"
    if not examination.events.is_signed:
        return _unsigned(examination, id_, question)
    answers = await examination.post(examination.events.with_wrong_secret())
    return refused(id_, question, answers, advice=f"Anybody can send events. {_VERIFY}")


async def no_signature(examination: Examination) -> Finding:
    """Send an event without a signature, which the receiver must refuse."""
    id_, question = "signature.missing", "Refuses a missing signature"
    if not examination.events.is_signed:
        return _unsigned(examination, id_, question)
    answers = await examination.post(examination.events.without_signature())
    return refused(id_, question, answers, advice=f"Anybody can send events. {_VERIFY}")


async def changed_body(examination: Examination) -> Finding:
    """Send an event with the signature of a different event, which the receiver must refuse."""
    id_, question = "signature.changed_body", "Refuses the signature of another event"
    if not examination.events.is_signed:
        return _unsigned(examination, id_, question)
    answers = await examination.post(examination.events.with_changed_body())
    advice = "Compare the signature with the body that was received, not only with the secret."
    return refused(id_, question, answers, advice=advice)


async def unsigned_token(examination: Examination) -> Finding:
    """Send an event whose JSON Web Token has the algorithm `none`, which the receiver must refuse."""
    id_, question = "signature.alg_none", "Refuses a token without an algorithm"
    outgoing = examination.events.with_unsigned_token()
    if outgoing is None:
        return skipped(id_, question, "The vendor's events contain no JSON Web Token.")
    advice = 'Accept only the vendor\'s algorithm; never the one that the token names ("alg": "none").'
    return refused(id_, question, await examination.post(outgoing), advice=advice)


async def old_signature(examination: Examination) -> Finding:
    """Send an event that was signed a day ago, which the receiver must refuse."""
    id_, question = "signature.old", "Refuses a signature that is a day old"
    if not examination.events.signs_time:
        return skipped(id_, question, "The vendor's signatures contain no time, so old ones cannot be found.")
    return refused(id_, question, await examination.post(examination.events.old()), advice=_MINUTES)


async def secret_in_the_url(examination: Examination) -> Finding:
    """Send an event to the URL without its query, which contains the secret if events are not signed."""
    id_, question = "url.secret", "Refuses a URL without its secret"
    events, url = examination.events, httpx.URL(examination.poster.url)
    if events.is_signed:
        return skipped(id_, question, "The vendor signs its events, so the URL needs no secret.")
    if not url.query:
        sentence = "The vendor does not sign its events, and the URL has no query that could be a secret."
        advice = "Register a URL such as https://hooks.example.com/in?key=SECRET, and refuse other requests."
        return finding(id_, question, Verdict.warned, sentence, [], advice=advice)
    plain = events.valid()
    without = Outgoing(plain.body, plain.headers, url=str(url.copy_with(query=None)))
    advice = "Anybody can send events. Compare the secret in the query, and answer 401 if it is wrong."
    return refused(id_, question, await examination.post(without), advice=advice)


async def encrypted(examination: Examination) -> Finding:
    """Check that the URL uses HTTPS; skipped if the receiver is on this machine."""
    id_, question, url = "url.https", "Uses HTTPS", httpx.URL(examination.poster.url)
    if url.scheme == "https":
        return finding(id_, question, Verdict.passed, "The URL begins with https.", [])
    if url.raw_host in {b"localhost", b"127.0.0.1", b"::1"}:
        return skipped(id_, question, "The receiver is on this machine.")
    advice = "Register an https URL: events contain names and addresses of customers."
    return finding(id_, question, Verdict.warned, "The URL is not encrypted.", [], advice=advice)


async def duplicates(examination: Examination) -> Finding:
    """Send one event several times in sequence, with a new signature each time, as vendors do."""
    events = examination.events
    event = events.compose(events.kinds[0])
    answers = await examination.post(*(events.signed(event) for _ in range(_DUPLICATES)))
    return accepted("duplicate", "Accepts an event that is repeated", answers, advice=_DUPLICATE)


async def simultaneous(examination: Examination) -> Finding:
    """Send one event in several concurrent requests."""
    events = examination.events
    event = events.compose(events.kinds[0])
    answers = await examination.post_together([events.signed(event) for _ in range(_DUPLICATES)])
    advice = f"{_DUPLICATE} Store the ID under a unique key, so that two requests at once do not fail."
    return accepted(
        "duplicate.together", "Accepts the same event several times at once", answers, advice=advice
    )


async def reversed_order(examination: Examination) -> Finding:
    """Send events of several kinds about one return in reverse order, newest first."""
    events, number = examination.events, examination.events.next_number()
    newest = events.compose(events.kinds[0]).at
    kinds = list(enumerate(events.kinds[:_ORDERED]))
    composed = [
        events.compose(kind, number=number, at=newest - DAY + place * 1_000_000) for place, kind in kinds
    ]
    answers = await examination.post(*map(events.signed, reversed(composed)))
    advice = (
        "Accept events in any order: compare their times, or read the return from the vendor's API again."
    )
    return accepted("order", "Accepts events in the wrong order", answers, advice=advice)


async def burst(examination: Examination) -> Finding:
    """Send many different events in concurrent requests."""
    events, kinds = examination.events, examination.events.kinds
    outgoing = [events.valid(kinds[number % len(kinds)]) for number in range(examination.burst)]
    answers = await examination.post_together(outgoing)
    question = f"Accepts {examination.burst} events at once"
    lost = [answer for answer in answers if not answer.is_accepted]
    times = f"the median time is {statistics.median(answer.milliseconds for answer in answers):.0f} ms"
    if not lost:
        return finding("burst", question, Verdict.passed, f"The receiver accepts all; {times}.", answers)
    repeats = bool(events.format.delays) and all(answer.is_refused for answer in lost)
    sentence = f"The receiver does not accept {len(lost)} of {len(answers)}: {lost[0]}; {times}."
    advice = IN_TIME if events.format.delays else f"{IN_TIME} {_LOST}"
    verdict = Verdict.warned if repeats else Verdict.failed
    return finding("burst", question, verdict, sentence, answers, advice=advice)


async def new_kind(examination: Examination) -> Finding:
    """Send a validly signed event of a kind that does not exist at the vendor."""
    advice = "Answer 200 to kinds that you do not know, and ignore them: vendors add kinds without notice."
    answers = await examination.post(examination.events.of_new_kind())
    question = "Accepts a kind of event that it does not know"
    return accepted("future.kind", question, answers, advice=advice, refused=Verdict.warned)


async def new_field(examination: Examination) -> Finding:
    """Send a validly signed event with an extra field that a vendor might add in the future."""
    advice = "Ignore fields that you do not know: vendors add fields without notice."
    answers = await examination.post(examination.events.with_new_field())
    return accepted("future.field", "Accepts a field that it does not know", answers, advice=advice)


async def broken_bodies(examination: Examination) -> AsyncIterator[Finding]:
    """Send bodies that are not events: malformed JSON, invalid UTF-8, an empty body and a list."""
    advice = "Answer 400 to a body that is not an event."
    for id_, question, body in (
        ("body.malformed", "Refuses a body that is not JSON", b'{"unfinished": "ev'),
        ("body.not_utf8", "Refuses a body that is not text", b"\xff\xfe\x00\xd8" * 8),
        ("body.empty", "Refuses an empty body", b""),
        ("body.list", "Refuses JSON that is not an object", b"[1, 2, 3]"),
    ):
        answers = await examination.post(examination.events.with_body(body))
        yield refused(id_, question, answers, advice=advice, accepted=Verdict.warned)


async def content_type(examination: Examination) -> Finding:
    """Send a valid event with the content type of an HTML form."""
    plain = examination.events.valid()
    form = Outgoing(plain.body, plain.headers, content_type="application/x-www-form-urlencoded")
    (answer,) = await examination.post(form)
    advice = "Answer 415 to a content type other than application/json, or read the body anyway."
    return survived("body.content_type", "Decides on a wrong content type", answer, advice=advice)


async def large(examination: Examination) -> Finding:
    """Send a validly signed event of five megabytes."""
    (answer,) = await examination.post(examination.events.with_new_field("x" * LARGE))
    advice = "Limit the size of bodies, and answer 413 to larger ones."
    question = f"Decides on an event of {LARGE // 1_000_000} MB"
    return survived("body.large", question, answer, advice=advice, no_answer=Verdict.warned)


async def still_working(examination: Examination) -> Finding:
    """Send another valid event after all other requests, to check that the receiver still accepts it."""
    answers = await examination.post(examination.events.valid())
    advice = "A request before this one has broken the receiver; look at its log."
    return accepted("still_working", "Accepts a valid event after all of this", answers, advice=advice)


def speed(examination: Examination, slowest: float) -> Finding:
    """Judge the response time; `slowest` is the time of the slowest answer to a valid event, in ms."""
    limit = examination.poster.timeout * 1_000
    sentence = f"The slowest answer to a single valid event took {slowest:.0f} ms of {limit:.0f} ms."
    slow = slowest > limit * _SLOW
    return Finding(
        "speed",
        "Answers quickly",
        Verdict.warned if slow else Verdict.passed,
        sentence,
        IN_TIME if slow else "",
        0,
        slowest,
    )


def _unsigned(examination: Examination, id_: str, question: str) -> Finding:
    return skipped(id_, question, f"{examination.events.format.vendor} does not sign its events.")


BEFORE_BODIES: Final[tuple[Question, ...]] = (
    encrypted,
    secret_in_the_url,
    wrong_secret,
    no_signature,
    changed_body,
    unsigned_token,
    old_signature,
    duplicates,
    simultaneous,
    reversed_order,
    new_kind,
    new_field,
)
AFTER_BODIES: Final[tuple[Question, ...]] = (content_type, large, burst, still_working)
