"""Judges a receiver's answers, and builds findings with advice for the developer of the receiver."""

from collections.abc import Sequence

from mock_server.receiver_check.posting import Answer
from mock_server.receiver_check.results import Finding, Verdict

NO_REDIRECTS = "Register the URL to which the receiver redirects: webhooks do not follow redirects."
IN_TIME = "Store the event, answer 200, and process it afterwards."
REFUSE_EARLY = "Answer 4xx instead: the vendor would repeat a request that can never succeed."


def accepted(
    id_: str,
    question: str,
    answers: Sequence[Answer],
    *,
    advice: str,
    refused: Verdict = Verdict.failed,
) -> Finding:
    """Judge answers that must have a 2xx status; `refused` is the verdict if the worst answer is 4xx."""
    answer = _worst(answers)
    if answer.is_accepted:
        return finding(id_, question, Verdict.passed, f"The receiver accepts it: {answer}.", answers)
    verdict = refused if answer.is_refused else Verdict.failed
    sentence = f"The receiver does not accept it: {answer}."
    return finding(id_, question, verdict, sentence, answers, advice=_cause(answer) or advice)


def refused(
    id_: str,
    question: str,
    answers: Sequence[Answer],
    *,
    advice: str,
    accepted: Verdict = Verdict.failed,
) -> Finding:
    """Judge answers that must have a 4xx status; `accepted` is the verdict if an answer is 2xx.

    A 5xx answer is only a warning: it refuses the request, but the vendor would send the request again.
    """
    taken = next((answer for answer in answers if answer.is_accepted), None)
    if taken is not None:
        sentence = f"The receiver accepts it: {taken}."
        return finding(id_, question, accepted, sentence, answers, advice=advice)
    answer = next((one for one in answers if not one.is_refused), answers[0])
    if answer.is_refused:
        return finding(id_, question, Verdict.passed, f"The receiver refuses it: {answer}.", answers)
    if answer.status is not None and not answer.is_redirect:
        sentence = f"The receiver does not accept it, but {answer}."
        return finding(id_, question, Verdict.warned, sentence, answers, advice=REFUSE_EARLY)
    sentence = f"The receiver does not refuse it properly: {answer}."
    return finding(id_, question, Verdict.failed, sentence, answers, advice=_cause(answer) or REFUSE_EARLY)


def survived(
    id_: str, question: str, answer: Answer, *, advice: str, no_answer: Verdict = Verdict.failed
) -> Finding:
    """Judge an answer that must be 2xx or 4xx; `no_answer` is the verdict if the connection is closed."""
    if answer.is_accepted or answer.is_refused:
        return finding(id_, question, Verdict.passed, f"The receiver decides: {answer}.", [answer])
    closed = answer.status is None and not answer.timed_out
    verdict = no_answer if closed else Verdict.failed
    sentence = f"The receiver does not decide: {answer}."
    return finding(id_, question, verdict, sentence, [answer], advice=_cause(answer) or advice)


def skipped(id_: str, question: str, sentence: str) -> Finding:
    """Build the finding for a question that does not apply or was not asked; `sentence` is the reason."""
    return Finding(id_, question, Verdict.skipped, sentence)


def finding(
    id_: str, question: str, verdict: Verdict, sentence: str, answers: Sequence[Answer], *, advice: str = ""
) -> Finding:
    """Build a `Finding` with the number of answers and the slowest response time in milliseconds."""
    slowest = max((answer.milliseconds for answer in answers), default=0.0)
    return Finding(id_, question, verdict, sentence, advice, len(answers), round(slowest, 1))


def _worst(answers: Sequence[Answer]) -> Answer:
    """Return the worst answer: 2xx is the best, 4xx is worse, and all other results are the worst."""
    order = sorted(answers, key=lambda answer: (answer.is_accepted, answer.is_refused))
    return order[0]


def _cause(answer: Answer) -> str:
    """Return advice about a redirect or a timeout, or "" for other answers."""
    if answer.is_redirect:
        return NO_REDIRECTS
    return IN_TIME if answer.timed_out else ""
