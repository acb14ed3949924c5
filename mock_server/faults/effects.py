"""`effect_of`: builds the `Effect` of a fault on a request, such as a delay or an error response."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from functools import partial
from typing import Any, Final

from mock_server.clock import SECOND
from mock_server.engine.answer import Answer, Pairs
from mock_server.engine.problem import Kind, Problem
from mock_server.faults import wire
from mock_server.faults.registry import Firing
from mock_server.faults.schedule import draw
from mock_server.faults.viewed_store import View

Change = Callable[[Answer], Answer]
_HTML: Final = b"text/html; charset=utf-8"
_GATEWAY_PAGE: Final = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    b"<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)
_BAD_GATEWAY: Final = 502
_CUTS: Final = {"after_headers": wire.cut_after_headers, "mid_body": wire.cut_in_body}


@dataclass(frozen=True, slots=True)
class Effect:
    """What a fault does to one request; the default values have no effect.

    delay: the time to wait before the operation, in seconds of real time
    problem: the error to send, in the vendor's format, instead of the operation's response
    after_commit: whether the operation runs before the problem is sent
    answer: a function that builds the response to send instead of running the operation; its argument is the
        time of the response in µs since the Unix epoch
    headers: the headers to add to the response
    view: the distorted view of the store's rows for the operation
    change: a function that changes the response, or the way in which it is sent
    """

    delay: float = 0.0
    problem: Problem | None = None
    after_commit: bool = False
    answer: Callable[[int], Answer] | None = None
    headers: Pairs = ()
    view: View | None = None
    change: Change | None = None


def effect_of(firing: Firing, now: int) -> Effect:
    """Build the effect of a fault that fires; `now` is the tenant's time in µs since the Unix epoch."""
    return _EFFECTS[firing.fault.what](firing, firing.fault.parameters, now)


def _latency(firing: Firing, parameters: Mapping[str, Any], _now: int) -> Effect:
    low = parameters["milliseconds"]
    high = parameters.get("max_milliseconds", low)
    drawn = draw(firing.fault.condition.seed, *firing.name, firing.number, "milliseconds")
    return Effect(delay=(low + (high - low) * drawn) / 1_000)


def _refusal(kind: Kind, status: int, message: str) -> "Build":
    def build(_firing: Firing, parameters: Mapping[str, Any], now: int) -> Effect:
        seconds, works = parameters.get("retry_after"), bool(parameters.get("after_commit"))
        if seconds is None:
            return Effect(problem=Problem(kind, f"{message}.", status=status), after_commit=works)
        header = (b"retry-after", _retry_after(seconds, parameters["format"], now))
        advice = f"{message}; try again in {seconds} seconds."
        problem = Problem(kind, advice, details={"retry_after": seconds}, status=status)
        return Effect(problem=problem, after_commit=works, headers=(header,))

    return build


def _retry_after(seconds: int, form: str, now: int) -> bytes:
    """Format the value of Retry-After (RFC 9110, section 10.2.3); the form `milliseconds` is not standard."""
    if form == "date":
        return formatdate(now // SECOND + seconds, usegmt=True).encode()
    return b"%d" % (seconds * 1_000 if form == "milliseconds" else seconds)


def _bad_gateway(_firing: Firing, parameters: Mapping[str, Any], _now: int) -> Effect:
    page = partial(Answer, _BAD_GATEWAY, _GATEWAY_PAGE, (), content_type=_HTML)
    return _replacing(page, works=parameters["after_commit"])


def _redirect(_firing: Firing, parameters: Mapping[str, Any], _now: int) -> Effect:
    headers = ((b"location", parameters["location"].encode()),)
    return _replacing(partial(Answer, parameters["status"], b"", headers), works=parameters["after_commit"])


def _replacing(answer: Callable[[int], Answer], *, works: bool) -> Effect:
    """Build an effect that sends `answer` instead of the operation's response.

    If `works` is True, the operation runs nevertheless; otherwise, it does not run.
    """
    return Effect(change=lambda done: answer(done.now)) if works else Effect(answer=answer)


def _timeout(_firing: Firing, parameters: Mapping[str, Any], _now: int) -> Effect:
    return _closing(wire.Silence(parameters["seconds"]), works=parameters["after_commit"])


def _cut(_firing: Firing, parameters: Mapping[str, Any], _now: int) -> Effect:
    moment = parameters["moment"]
    return _closing(_CUTS.get(moment, wire.cut), works=moment != "before_work")


def _closing(sender: Any, *, works: bool) -> Effect:
    """Build an effect that uses `sender`, which closes the connection before the response is complete.

    If `works` is True, the operation runs first; otherwise, it does not run.
    """
    change = _sent_by(sender)
    return Effect(change=change) if works else Effect(answer=partial(Answer, 503, b"", ()), change=change)


def _sent_by(sender: Any) -> Change:
    return lambda answer: answer._replace(sender=sender)


def _truncated(answer: Answer) -> Answer:
    return answer._replace(body=answer.body[: len(answer.body) // 2])


def _emptied(answer: Answer) -> Answer:
    return answer._replace(body=b"")


def _changing(change: Change) -> "Build":
    return lambda _firing, _parameters, _now: Effect(change=change)


def _wrong_content_type(_firing: Firing, parameters: Mapping[str, Any], _now: int) -> Effect:
    kind = parameters["content_type"].encode()
    return Effect(change=lambda answer: answer._replace(content_type=kind))


def _slow_body(_firing: Firing, parameters: Mapping[str, Any], _now: int) -> Effect:
    return Effect(change=_sent_by(wire.Drip(parameters["bytes_per_second"])))


def _late_record(_firing: Firing, parameters: Mapping[str, Any], now: int) -> Effect:
    return Effect(view=View(created_until=now - parameters["seconds"] * SECOND))


def _moved_rows(_firing: Firing, parameters: Mapping[str, Any], _now: int) -> Effect:
    lost = parameters["direction"] == "lost"
    return Effect(view=View(shift=parameters["rows"] if lost else -parameters["rows"]))


def _repeated_page(_firing: Firing, _parameters: Mapping[str, Any], _now: int) -> Effect:
    return Effect(view=View(repeat=True))


Build = Callable[[Firing, Mapping[str, Any], int], Effect]
_EFFECTS: Final[Mapping[str, Build]] = {
    "latency": _latency,
    "rate_limited": _refusal("rate_limited", 429, "Too many requests"),
    "server_error": _refusal("server_error", 500, "An internal error occurred"),
    "bad_gateway": _bad_gateway,
    "unavailable": _refusal("unavailable", 503, "The service is not available"),
    "redirect": _redirect,
    "timeout": _timeout,
    "cut": _cut,
    "truncated_json": _changing(_truncated),
    "wrong_content_type": _wrong_content_type,
    "empty_body": _changing(_emptied),
    "slow_body": _slow_body,
    "expired_login": _refusal("unauthenticated", 401, "These credentials have expired"),
    "late_record": _late_record,
    "moved_rows": _moved_rows,
    "repeated_page": _repeated_page,
}
