"""Converts an HTTP response to an `Answer`, or raises a `ConnectorError` if it is an error response."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

from connector.definition.paths import at_path
from connector.errors import (
    AuthenticationError,
    ConnectorError,
    FieldError,
    NotFound,
    PermissionDenied,
    RateLimited,
    UnexpectedResponse,
    ValidationFailed,
    VendorUnavailable,
)
from connector.transport.redirects import redirect_message
from connector.transport.retry_after import NOTABLE, duration, requested_wait
from connector.transport.times import http_date

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from connector.definition.model import ErrorFormat, ErrorKind, Integration, Operation
    from connector.transport.bodies import Reply
    from connector.transport.retry_after import Wait

    Secrets = Collection[str]

MAX_MESSAGE = 500
"""The maximum length of a vendor's message within an error message."""
MAX_FIELDS = 20
MAX_DEPTH = 100
"""The maximum nesting depth of JSON; it keeps recursive functions within Python's recursion limit."""
EMPTY = (b"", b"null")
"""Bodies without content."""
SUCCESS, REDIRECT, CLIENT_ERROR, SERVER_ERROR = 200, 300, 400, 500


@dataclass(frozen=True, slots=True)
class Answer:
    """The data in a successful response.

    `data` is the record, or the list of rows on one page. `meta` is the JSON object that contains a list's
    page numbers and totals (empty if the response has no such object), and `body` is the whole JSON body.
    Numbers with a decimal point are `Decimal`. Fields that are not in the specification are kept. `date` is
    the time in the `Date` header, or None if the header is missing or invalid.
    """

    operation: str
    status: int
    data: Any
    meta: Mapping[str, Any]
    body: Any
    date: datetime | None = None


class MalformedRows(UnexpectedResponse):
    """Raised if rows of a list are not JSON objects; `answer` contains all rows, valid and malformed."""

    def __init__(self, message: str, answer: Answer) -> None:
        super().__init__(message, operation=answer.operation, status=answer.status)
        self.answer = answer


def read_answer(
    integration: Integration,
    operation: Operation,
    reply: Reply,
    secrets: Secrets = (),
    *,
    clock: datetime,
) -> Answer:
    """Convert a response to an `Answer`; raise the matching `ConnectorError` for an error response.

    Error messages never contain `secrets`. `clock` is the current time. If the vendor asks the client to wait
    until a certain time, the length of the wait is computed from the response's `Date` header, or from
    `clock` if that header is missing.
    """
    if SUCCESS <= reply.status_code < REDIRECT:
        body = _parsed(operation, reply)
        # Some vendors report an error with status 200, in a body that has an error code and no data.
        code = at_path(body, integration.errors.code)
        if isinstance(code, str) and at_path(body, operation.payload) is None:
            raise _error(integration, operation, reply, body, secrets, clock)
        date = http_date(reply.headers.get("date", ""))
        return _answer(integration, operation, reply.status_code, body, date)
    if reply.status_code < CLIENT_ERROR:
        raise UnexpectedResponse(
            f"{operation.id}: {redirect_message(reply, secrets)}",
            operation=operation.id,
            status=reply.status_code,
        )
    try:
        body = parse_json(reply.content)
    except ValueError:
        body = None
    raise _error(integration, operation, reply, body, secrets, clock)


def _parsed(operation: Operation, reply: Reply) -> Any:
    try:
        return parse_json(reply.content)
    except ValueError as problem:
        if reply.content:
            kind = reply.headers.get("content-type", "").partition(";")[0].strip() or "no content type"
            coding = reply.headers.get("content-encoding", "")
            encoded = f", encoded as {coding}," if coding else ""
            fault = (
                f"with {_clean(kind, ())} of {len(reply.content)} bytes{_clean(encoded, ())} that is not JSON"
            )
        else:
            fault = f"with status {reply.status_code} and without a body"
        raise UnexpectedResponse(
            f"{operation.id} was answered {fault}.", operation=operation.id, status=reply.status_code
        ) from problem


def parse_json(content: bytes) -> Any:
    """Parse a JSON body; numbers with a decimal point or an exponent become `Decimal`.

    Raises `ValueError` if the body is not valid JSON or is nested more than `MAX_DEPTH` levels deep.
    """
    try:
        value = json.loads(content, parse_float=Decimal, parse_constant=_refuse_constant)
    except (RecursionError, ArithmeticError) as problem:
        raise ValueError("not readable") from problem
    if _deeper_than(MAX_DEPTH, value):
        raise ValueError("nested too deeply")
    return value


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")  # Python accepts NaN and Infinity, RFC 8259 does not


def _deeper_than(levels: int, value: Any) -> bool:
    """Check whether parsed JSON is nested more than `levels` levels deep, without using recursion."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(levels):
        level = [
            part
            for container in level
            for part in (container.values() if type(container) is dict else container)
            if type(part) is dict or type(part) is list
        ]
        if not level:
            return False
    return True


def _answer(
    integration: Integration, operation: Operation, status: int, body: Any, date: datetime | None
) -> Answer:
    data = at_path(body, operation.payload)
    expected = list if operation.payload_is_list else dict
    where = ".".join(operation.payload) or "the answer"
    problem = None
    if not isinstance(data, expected):
        problem = f"{where} is {_kind(data)}, not {'a list' if expected is list else 'an object'}"
    if problem:
        raise UnexpectedResponse(f"{operation.id}: {problem}.", operation=operation.id, status=status)
    paging = integration.paging.get(operation.paging or "")
    meta = at_path(body, paging.total[:-1]) if paging and paging.total else None
    answer = Answer(
        operation=operation.id,
        status=status,
        data=data,
        meta=meta if isinstance(meta, dict) else {},
        body=body,
        date=date,
    )
    malformed = [row for row in data if not isinstance(row, dict)] if isinstance(data, list) else []
    if malformed:
        raise MalformedRows(
            f"{operation.id}: a record in {where} is {_kind(malformed[0])}, not an object.", answer
        )
    return answer


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "missing"}
    return names.get(type(value), "a number")


# --- Errors


def _error(  # noqa: PLR0911 - one return per kind
    integration: Integration,
    operation: Operation,
    reply: Reply,
    body: Any,
    secrets: Secrets,
    clock: datetime,
) -> ConnectorError:
    form, status = integration.errors, reply.status_code
    text = at_path(body, form.message)
    message = _sentence(text, secrets) if isinstance(text, str) and text.strip() else ""
    title = integration.vendor.title
    common: dict[str, Any] = {"operation": operation.id, "status": status}
    match _kind_of(form, status, at_path(body, form.code)):
        case "authentication":
            return AuthenticationError(message or f"{title} does not accept this login.", **common)
        case "permission":
            scope = operation.scope
            needed = f" {operation.id} needs {scope}." if scope and scope not in message else ""
            return PermissionDenied(
                f"{message or f'{title} does not allow this.'}{needed}", scope=scope, **common
            )
        case "not_found" if body is None and (reply.unread or reply.content.strip() not in EMPTY):
            return UnexpectedResponse(
                f"{operation.id} was answered with status {status} and a page that does not come from "
                f"{title}; check the base URL.",
                **common,
            )
        case "not_found":
            return NotFound(message or f"{title} has no such record.", **common)
        case "validation":
            fields = field_errors(at_path(body, form.fields) if form.fields else None, secrets)
            listed = _clean("; ".join(str(field) for field in fields), secrets)
            return ValidationFailed(
                message or f"{title} refused the request{f': {listed}' if listed else ''}.",
                fields=fields,
                **common,
            )
        case "rate_limited":
            wait = requested_wait(reply.headers, integration.limits.reset_header, clock)
            sentence = message or f"{title} limits the number of requests."
            return RateLimited(_with_wait(sentence, wait), retry_after=wait.seconds, **common)
        case "unavailable":
            wait = requested_wait(reply.headers, None, clock)
            sentence = message or f"{title} failed with status {status}."
            return VendorUnavailable(_with_wait(sentence, wait), retry_after=wait.seconds, **common)
    return UnexpectedResponse(message or f"{title} answered with status {status}.", **common)


def _kind_of(form: ErrorFormat, status: int, code: Any) -> ErrorKind:
    """Return the kind of error that a response reports.

    The vendor's definition maps status codes and error codes to kinds; the status code is looked up first. If
    neither is in the definition, the kind is `unavailable` for a 5xx status, otherwise `unexpected`.
    """
    if status in form.by_status:
        return form.by_status[status]
    if isinstance(code, str) and code in form.by_code:
        return form.by_code[code]
    return "unavailable" if status >= SERVER_ERROR else "unexpected"


def field_errors(value: Any, secrets: Secrets = ()) -> tuple[FieldError, ...]:
    """Parse the field errors in a vendor's error response; return an empty tuple if there are none.

    `value` can be a list of `{"field": …, "message": …}` objects, or an object that maps fields to messages.
    At most `MAX_FIELDS` errors are returned, because a response could contain any number of them.
    """
    if isinstance(value, dict):
        value = [{"field": field, "message": message} for field, message in value.items()]
    if not isinstance(value, list):
        return ()
    pairs = (
        (_text(entry.get("field"), secrets), _text(entry.get("message"), secrets))
        for entry in value
        if isinstance(entry, dict)
    )
    return tuple(FieldError(*pair) for pair in islice((pair for pair in pairs if all(pair)), MAX_FIELDS))


def _text(value: Any, secrets: Secrets) -> str:
    """Convert a field name or message in an error response to a clean string.

    The strings in a list are joined, up to `MAX_FIELDS` of them. Returns "" for true, false, null and
    objects.
    """
    if isinstance(value, list):
        return _clean("; ".join(text for text in value[:MAX_FIELDS] if isinstance(text, str)), secrets)
    return "" if isinstance(value, bool | dict | None) else _clean(str(value), secrets)


def _with_wait(message: str, wait: Wait) -> str:
    """Append to a message how long the vendor asks the client to wait, if that is more than two seconds.

    If the requested wait is implausible, append a sentence that says so instead.
    """
    if wait.seconds is not None and wait.seconds > NOTABLE:
        return f"{message} It asks to wait {duration(wait.seconds)}."
    return f"{message} {wait.doubt}".rstrip()


def _sentence(text: str, secrets: Secrets) -> str:
    cleaned = _clean(text, secrets)
    return cleaned if cleaned.endswith((".", "!", "?", "…")) else f"{cleaned}."


def _clean(text: str, secrets: Secrets) -> str:
    """Convert a vendor's string to one line of at most `MAX_MESSAGE` characters.

    Secrets and unprintable characters are replaced.
    """
    text = " ".join(text.split())
    for secret in secrets:
        text = text.replace(secret, "***")
    text = "".join(letter if letter.isprintable() else "�" for letter in text[: MAX_MESSAGE + 1])
    return text if len(text) <= MAX_MESSAGE else f"{text[: MAX_MESSAGE - 1]}…"
