"""Reads what the vendor answers: a typed `Answer`, or the error of the tree that fits."""

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
from connector.transport.redirects import redirected
from connector.transport.times import http_date
from connector.transport.waits import NOTABLE, asked_wait, spelled

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from connector.definition.model import ErrorFormat, ErrorKind, Integration, Operation
    from connector.transport.bodies import Reply
    from connector.transport.waits import Wait

    Secrets = Collection[str]

LONGEST_MESSAGE = 500
MOST_FIELDS = 20
DEEPEST = 100
SUCCESS, REDIRECT, CLIENT_ERROR, SERVER_ERROR = 200, 300, 400, 500


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer.

    `data` is what is of interest in the body (for lists: the rows of this page), `meta` what is said about it
    (page numbers and totals; empty when nothing is). Amounts and other fractions are `Decimal`. Fields that
    the description does not know are kept as they came. `date` is when the vendor answered, by its clock.
    """

    operation: str
    status: int
    data: Any
    meta: Mapping[str, Any]
    body: Any
    date: datetime | None = None


class OddRows(UnexpectedResponse):
    """A list holds rows that are no objects; `answer` is all of it, for those who can tell the rows apart."""

    def __init__(self, message: str, answer: Answer) -> None:
        super().__init__(message, operation=answer.operation, status=answer.status)
        self.answer = answer


def read(
    integration: Integration,
    operation: Operation,
    reply: Reply,
    secrets: Secrets = (),
    *,
    clock: datetime,
) -> Answer:
    """Return the answer, or raise the error that the reply means; `secrets` never appear in a message.

    `clock` is the time here. It tells how long a wait until a moment is, if the reply has no `Date`.
    """
    if SUCCESS <= reply.status_code < REDIRECT:
        body = _parsed(operation, reply)
        code = at_path(body, integration.errors.code)
        if isinstance(code, str) and at_path(body, operation.payload) is None:
            raise _error(integration, operation, reply, body, secrets, clock)
        date = http_date(reply.headers.get("date", ""))
        return _answer(integration, operation, reply.status_code, body, date)
    if reply.status_code < CLIENT_ERROR:
        raise UnexpectedResponse(
            f"{operation.id}: {redirected(reply, secrets)}", operation=operation.id, status=reply.status_code
        )
    try:
        body = loaded(reply.content)
    except ValueError:
        body = None
    raise _error(integration, operation, reply, body, secrets, clock)


def _parsed(operation: Operation, reply: Reply) -> Any:
    try:
        return loaded(reply.content)
    except ValueError as problem:
        if reply.content:
            kind = reply.headers.get("content-type", "").partition(";")[0].strip() or "no content type"
            coding = reply.headers.get("content-encoding", "")
            packed = f", packed as {coding}," if coding else ""
            said = (
                f"with {_clean(kind, ())} of {len(reply.content)} bytes{_clean(packed, ())} that is not JSON"
            )
        else:
            said = f"with status {reply.status_code} and without a body"
        raise UnexpectedResponse(
            f"{operation.id} was answered {said}.", operation=operation.id, status=reply.status_code
        ) from problem


def loaded(content: bytes) -> Any:
    """Read JSON; fractions become `Decimal`. Raises `ValueError` for anything else, however odd it is."""
    try:
        found = json.loads(content, parse_float=Decimal, parse_constant=_no_number)
    except (RecursionError, ArithmeticError) as problem:
        raise ValueError("not readable") from problem
    if _deeper_than(DEEPEST, found):
        raise ValueError("nested too deeply")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


def _deeper_than(levels: int, found: Any) -> bool:
    """Say whether JSON is nested so deeply that a program which walks through it could fail."""
    level = [found] if isinstance(found, (dict, list)) else []
    for _ in range(levels):
        level = [
            part
            for one in level
            for part in (one.values() if type(one) is dict else one)
            if type(part) is dict or type(part) is list
        ]
        if not level:
            return False
    return True


def _answer(
    integration: Integration, operation: Operation, status: int, body: Any, date: datetime | None
) -> Answer:
    data = at_path(body, operation.payload)
    wanted = list if operation.payload_is_list else dict
    where = ".".join(operation.payload) or "the answer"
    problem = None
    if not isinstance(data, wanted):
        problem = f"{where} is {_kind(data)}, not {'a list' if wanted is list else 'an object'}"
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
    odd = [row for row in data if not isinstance(row, dict)] if isinstance(data, list) else []
    if odd:
        raise OddRows(f"{operation.id}: a record in {where} is {_kind(odd[0])}, not an object.", answer)
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
    said = at_path(body, form.message)
    message = _sentence(said, secrets) if isinstance(said, str) and said.strip() else ""
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
        case "not_found" if body is None and (reply.content or reply.unread):
            return UnexpectedResponse(
                f"{operation.id} was answered with status {status} and a page that is not {title}'s; "
                "check the base URL.",
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
            wait = asked_wait(reply.headers, integration.limits.reset_header, clock)
            text = message or f"{title} wants fewer requests."
            return RateLimited(_with_wait(text, wait), retry_after=wait.seconds, **common)
        case "unavailable":
            wait = asked_wait(reply.headers, None, clock)
            text = message or f"{title} failed with status {status}."
            return VendorUnavailable(_with_wait(text, wait), retry_after=wait.seconds, **common)
    return UnexpectedResponse(message or f"{title} answered with status {status}.", **common)


def _kind_of(form: ErrorFormat, status: int, code: Any) -> ErrorKind:
    """The status decides; the body's code decides where the status says nothing of its own."""
    if status in form.by_status:
        return form.by_status[status]
    if isinstance(code, str) and code in form.by_code:
        return form.by_code[code]
    return "unavailable" if status >= SERVER_ERROR else "unexpected"


def field_errors(found: Any, secrets: Secrets = ()) -> tuple[FieldError, ...]:
    """Read a list of `{"field", "message"}` or a mapping of field to message; anything else is no field.

    At most `MOST_FIELDS` are returned: more help no reader, and a vendor may send a million.
    """
    if isinstance(found, dict):
        found = [{"field": field, "message": message} for field, message in found.items()]
    if not isinstance(found, list):
        return ()
    named = (
        (_said(one.get("field"), secrets), _said(one.get("message"), secrets))
        for one in found
        if isinstance(one, dict)
    )
    return tuple(FieldError(*pair) for pair in islice((pair for pair in named if all(pair)), MOST_FIELDS))


def _said(value: Any, secrets: Secrets) -> str:
    """Return a vendor's words about a field: a text, a number, or the first texts of a list."""
    if isinstance(value, list):
        return _clean("; ".join(one for one in value[:MOST_FIELDS] if isinstance(one, str)), secrets)
    return "" if isinstance(value, bool | dict | None) else _clean(str(value), secrets)


def _with_wait(message: str, wait: Wait) -> str:
    """Add how long the vendor asks to wait."""
    if wait.seconds is not None and wait.seconds > NOTABLE:
        return f"{message} It asks to wait {spelled(wait.seconds)}."
    return f"{message} {wait.doubt}".rstrip()


def _sentence(text: str, secrets: Secrets) -> str:
    cleaned = _clean(text, secrets)
    return cleaned if cleaned.endswith((".", "!", "?", "…")) else f"{cleaned}."


def _clean(text: str, secrets: Secrets) -> str:
    """Return a stranger's text as it may be shown: one line, no secrets, no control characters, not long."""
    text = " ".join(text.split())
    for secret in secrets:
        text = text.replace(secret, "***")
    text = "".join(letter if letter.isprintable() else "�" for letter in text[: LONGEST_MESSAGE + 1])
    return text if len(text) <= LONGEST_MESSAGE else f"{text[: LONGEST_MESSAGE - 1]}…"
