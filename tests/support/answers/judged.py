"""Judges the result of a use: nothing crashes, hangs or shows a secret, and its kind fits the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.errors import ConnectorError, OutcomeUnknown, UnexpectedResponse
from connector.transport.client import DEADLINE
from connector.unified import PollAllResult
from support.answers.expected import WAITS, documented_error, undocumented_error, wrong_answer
from support.answers.vendor import secrets

if TYPE_CHECKING:
    from connector.definition.model import Operation
    from support.answers.bench import Bench, Ended
    from support.answers.cases import Served
    from support.answers.uses import Use


def problem(bench: Bench, use: Use, served: Served, ended: Ended) -> str:
    """Return what is wrong with a result, or "" if it is right."""
    if ended.error is not None and not isinstance(ended.error, ConnectorError):
        return f"crashed with {type(ended.error).__name__}"
    if ended.seconds > DEADLINE * use.calls:
        return f"took {ended.seconds:.0f} seconds"
    if any(secret in shown(ended) for secret in secrets(bench.name, use.operation)):
        return "shows a secret"
    if isinstance(ended.value, PollAllResult):
        failed = ended.value.failed.get("shop")
        wraps = failed is not None and failed.__cause__ is not None and type(failed) is ConnectorError
        return "poll_all wraps a crash" if wraps else ""
    return wrong_kind(bench, use, served, ended)


def shown(ended: Ended) -> str:
    """Return everything that a user or a log may see of an error."""
    error = ended.error
    parts: list[Any] = [ended.logged, error, repr(error), vars(error) if error else ""]
    if isinstance(ended.value, PollAllResult):
        parts += [str(one) + repr(vars(one)) for one in ended.value.failed.values()]
    return " ".join(map(str, parts))


def wrong_kind(bench: Bench, use: Use, served: Served, ended: Ended) -> str:
    """Compare the kind of a result with the answer: a value, or the error that fits."""
    operation = bench.vendor.made.operations[use.operation]
    safe = operation.method == "GET"
    if use.kind != "operation":
        return ""
    if served.origin == "documented" and served.status < 300:
        return wrong_success(operation, served, ended, safe=safe)
    if served.origin == "documented":
        wanted: tuple[type[ConnectorError], ...] = (documented_error(served.status, safe=safe),)
    else:
        wanted = undocumented_error(served.wire, safe=safe)
    if ended.error is None:
        return "" if served.wire.status < 300 else "returned a value"
    if not isinstance(ended.error, wanted):
        return f"raised {type(ended.error).__name__}, not {wanted[0].__name__}"
    wait = getattr(ended.error, "retry_after", None)
    if served.kind in WAITS and hasattr(ended.error, "retry_after") and wait != WAITS[served.kind]:
        return f"waits {wait}, not {WAITS[served.kind]}"
    return ""


def wrong_success(operation: Operation, served: Served, ended: Ended, *, safe: bool) -> str:
    if ended.error is None:
        return wrong_answer(operation, served.body, ended.value)
    fits = isinstance(ended.error, UnexpectedResponse if safe else OutcomeUnknown)
    if served.valid or not fits:
        return f"raised {type(ended.error).__name__} for a {'valid' if served.valid else 'changed'} body"
    return ""
