"""Reads what the vendor answers: a typed `Answer`, or the error of the tree that fits."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

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
from connector.resolve import at_path

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    import httpx

    from connector.model import ErrorFormat, ErrorKind, Integration, Operation

    Secrets = Collection[str]

LONGEST_MESSAGE = 500
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
    integration: Integration, operation: Operation, response: httpx.Response, secrets: Secrets = ()
) -> Answer:
    """Return the answer, or raise the error that the response means; `secrets` never appear in a message."""
    if SUCCESS <= response.status_code < REDIRECT:
        body = _parsed(operation, response)
        code = at_path(body, integration.errors.code)
        if isinstance(code, str) and at_path(body, operation.payload) is None:
            raise _error(integration, operation, response, body, secrets)
        date = http_date(response.headers.get("date", ""))
        return _answer(integration, operation, response.status_code, body, date)
    if response.status_code < CLIENT_ERROR:
        raise UnexpectedResponse(
            f"{operation.id} was answered with a redirect ({response.status_code}), which is not followed.",
            operation=operation.id,
            status=response.status_code,
        )
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        body = None
    raise _error(integration, operation, response, body, secrets)


def _parsed(operation: Operation, response: httpx.Response) -> Any:
    try:
        return json.loads(response.content, parse_float=Decimal)
    except (ValueError, RecursionError) as problem:
        kind = response.headers.get("content-type", "").partition(";")[0] or "no content type"
        raise UnexpectedResponse(
            f"{operation.id} was answered with {kind} of {len(response.content)} bytes that is not JSON.",
            operation=operation.id,
            status=response.status_code,
        ) from problem


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


def _error(  # noqa: PLR0911 - one per kind
    integration: Integration, operation: Operation, response: httpx.Response, body: Any, secrets: Secrets
) -> ConnectorError:
    form, status = integration.errors, response.status_code
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
        case "not_found" if body is None and response.content:
            return UnexpectedResponse(
                f"{operation.id} was answered with status {status} and a page that is not {title}'s; "
                "check the base URL.",
                **common,
            )
        case "not_found":
            return NotFound(message or f"{title} has no such record.", **common)
        case "validation":
            fields = field_errors(at_path(body, form.fields) if form.fields else None, secrets)
            listed = "; ".join(str(field) for field in fields)
            return ValidationFailed(
                message or f"{title} refused the request{f': {listed}' if listed else ''}.",
                fields=fields,
                **common,
            )
        case "rate_limited":
            delay = retry_after(response.headers, integration.limits.reset_header)
            return RateLimited(message or f"{title} wants fewer requests.", retry_after=delay, **common)
        case "unavailable":
            return VendorUnavailable(message or f"{title} failed with status {status}.", **common)
    return UnexpectedResponse(message or f"{title} answered with status {status}.", **common)


def _kind_of(form: ErrorFormat, status: int, code: Any) -> ErrorKind:
    """The status decides; the body's code decides where the status says nothing of its own."""
    if status in form.by_status:
        return form.by_status[status]
    if isinstance(code, str) and code in form.by_code:
        return form.by_code[code]
    return "unavailable" if status >= SERVER_ERROR else "unexpected"


def field_errors(found: Any, secrets: Secrets = ()) -> tuple[FieldError, ...]:
    """Read a list of `{"field", "message"}` or a mapping of field to message; anything else is no field."""
    if isinstance(found, dict):
        found = [{"field": field, "message": message} for field, message in found.items()]
    if not isinstance(found, list):
        return ()
    return tuple(
        FieldError(_clean(str(one["field"]), secrets), _clean(str(one["message"]), secrets))
        for one in found
        if isinstance(one, dict) and one.get("field") and one.get("message")
    )


def retry_after(headers: httpx.Headers, reset_header: str | None) -> float | None:
    """Return how many seconds the vendor asks to wait (RFC 9110 section 10.2.3, or its own reset header).

    Moments are compared with the response's `Date`; without one they tell nothing.
    """
    said = headers.get("retry-after", "").strip()
    if said.isdecimal():
        return float(said)
    date = http_date(headers.get("date", ""))
    until = http_date(said)
    if until is not None and date is not None:
        return max(0.0, (until - date).total_seconds())
    reset = headers.get(reset_header, "").strip() if reset_header else ""
    if reset.isdecimal() and date is not None:
        return max(0.0, float(reset) - date.timestamp())
    return None


def http_date(text: str) -> datetime | None:
    """Parse an HTTP date; None when it is none."""
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None


def _sentence(text: str, secrets: Secrets) -> str:
    cleaned = _clean(text, secrets)
    return cleaned if cleaned.endswith((".", "!", "?")) else f"{cleaned}."


def _clean(text: str, secrets: Secrets) -> str:
    text = " ".join(text.split())
    for secret in secrets:
        text = text.replace(secret, "***")
    return text if len(text) <= LONGEST_MESSAGE else f"{text[:LONGEST_MESSAGE]}…"
