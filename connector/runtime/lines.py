"""Sends a request for each line of an action whose API accepts one line per request.

A line that the vendor refuses does not keep the others from being sent. After any other error, such as a
refused login or a lost response, the remaining lines are not sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.errors import (
    ConnectorError,
    FieldError,
    NotFound,
    OutcomeUnknown,
    PartlyDone,
    ValidationFailed,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

REFUSALS = (ValidationFailed, NotFound)
"""The errors that concern only the line that was sent."""


async def send_lines(
    key: str, values: Mapping[str, Any], send: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
) -> dict[str, Any]:
    """Send a request for each line in `values[key]`, and return the records as `{"results": [...]}`.

    Each request contains the other values and the members of the line. Raises `PartlyDone` if only some lines
    were written, or if that is unknown; `ValidationFailed` if the vendor refused every line; and the error
    itself if nothing was written because of another error.
    """
    lines = values[key]
    rest = {name: value for name, value in values.items() if name != key}
    done: dict[int, dict[str, Any]] = {}
    failed: dict[int, ConnectorError] = {}
    for number, line in enumerate(lines, 1):
        try:
            done[number] = await send({**rest, **line})
        except ConnectorError as problem:
            failed[number] = problem
            if not isinstance(problem, REFUSALS):
                break
    if failed:
        raise _failure(key, len(lines), done, failed)
    return {"results": [*done.values()]}


def _failure(
    key: str, count: int, done: Mapping[int, dict[str, Any]], failed: Mapping[int, ConnectorError]
) -> ConnectorError:
    *_, last = failed.values()
    certain = not isinstance(last, OutcomeUnknown)
    if not done and certain and not isinstance(last, REFUSALS) and len(failed) == 1:
        return last
    if count == 1:
        return last
    message = _sentences(count, list(done), failed)
    if not done and certain and len(failed) == count:
        fields = [
            FieldError(f"{key}[{number - 1}].{one.field}", one.message)
            for number, problem in failed.items()
            if isinstance(problem, ValidationFailed)
            for one in problem.fields
        ]
        return ValidationFailed(message, fields=fields, operation=last.operation, status=last.status)
    return PartlyDone(message, done=done, failed=failed, operation=last.operation, status=last.status)


def _sentences(count: int, done: list[int], failed: Mapping[int, ConnectorError]) -> str:
    sentences = [_written(count, done)]
    for number, problem in failed.items():
        unknown = isinstance(problem, OutcomeUnknown)
        state = (
            f"Whether line {number} was written is unknown" if unknown else f"Line {number} was not written"
        )
        sentences.append(f"{state}: {problem.message}")
    unsent = range(len(done) + len(failed) + 1, count + 1)
    if unsent:
        sentences.append(f"Lines not sent: {', '.join(map(str, unsent))}.")
    return " ".join(sentences)


def _written(count: int, done: list[int]) -> str:
    if not done:
        return f"None of {count} lines was written."
    were = "was" if len(done) == 1 else "were"
    return f"{len(done)} of {count} lines {were} written: {', '.join(map(str, done))}."
