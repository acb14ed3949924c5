"""Converts errors to responses of the hub's API: `{"error": {"code", "message"}}`."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException

import openapi
from connector.definition.naming import listed
from connector.definition.spelling import did_you_mean
from connector.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    ValidationFailed,
)
from connector.hub.api.connexion_parts import ConnexionResponse, ProblemException
from connector.hub.store import DatabaseUnavailableError

if TYPE_CHECKING:
    from connector.hub.api.connexion_parts import AsyncApp, ConnexionRequest

log = logging.getLogger("returns_connector.hub")

INTERNAL = 500
NEEDS_A_KEY = "This request needs an API key"
CODES = {
    400: "invalid",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "outcome_unknown",
    413: "too_large",
    415: "unsupported_media_type",
    502: "vendor_unavailable",
    503: "unavailable",
}
PATHS = tuple(openapi.read(openapi.HUB)["paths"])
STATUSES: tuple[tuple[type[ConnectorError], int], ...] = (
    (DatabaseUnavailableError, 503),
    (OutcomeUnknown, 409),
    (NotFound, 404),
    (ConfigurationError, 400),
    (ValidationFailed, 400),
    (AuthenticationError, 400),
    (PermissionDenied, 400),
    (RateLimited, 503),
)


def add_handlers(app: AsyncApp) -> None:
    """Make the application respond to each error in the format of the specification."""
    app.add_error_handler(ConnectorError, _of_the_connector)
    app.add_error_handler(ProblemException, _of_the_request)
    app.add_error_handler(HTTPException, _of_the_request)
    app.add_error_handler(Exception, _unforeseen)


def problem(status: int, message: str) -> ConnexionResponse:
    """Build the response to a request that failed, with the HTTP status `status` and a message."""
    body = {
        "error": {
            "code": CODES.get(status, "refused" if status < INTERNAL else "internal"),
            "message": message,
        }
    }
    return ConnexionResponse(status_code=status, content_type="application/json", body=json.dumps(body))


def _of_the_connector(_request: ConnexionRequest, error: Exception) -> ConnexionResponse:
    status = next((number for kind, number in STATUSES if isinstance(error, kind)), 502)
    return problem(status, str(getattr(error, "message", error)))


def _of_the_request(request: ConnexionRequest, error: Any) -> ConnexionResponse:
    status: int = getattr(error, "status", None) or error.status_code
    if status == 401:  # noqa: PLR2004
        why = "The hub does not know this API key" if request.headers.get("authorization") else NEEDS_A_KEY
        return problem(status, f"{why}: Authorization: Bearer <key>.")
    path = request.scope.get("path", "")
    if status == 404:  # noqa: PLR2004
        return problem(status, f"There is nothing at {path}{_suggestion(path)}")
    if status == 405:  # noqa: PLR2004
        return problem(status, f"{request.method} is not allowed at {path}{_allowed(error)}")
    if status == 415 and request.headers.get("content-encoding", "identity") == "identity":  # noqa: PLR2004
        return problem(status, "The body must be JSON: send the header Content-Type: application/json.")
    if error.detail == "RequestBody is required":
        return problem(status, "The request needs a body, which must be a JSON object.")
    return problem(status, str(error.detail).partition("\n")[0] or "The request is invalid.")


def _suggestion(path: str) -> str:
    """Return the end of the sentence about an unknown path: a similar path of the API if there is one."""
    first, slash, rest = path.strip("/").partition("/")
    known = {one.strip("/").partition("/")[0] for one in PATHS}
    guess = "" if first in known else did_you_mean(first, sorted(known))
    return f"{guess.replace('mean ', 'mean /').removesuffix('?')}{slash}{rest}?" if guess else "."


def _allowed(error: Any) -> str:
    """Return the end of the sentence about a method that is not allowed: the methods that are."""
    methods = [name.strip() for name in ((error.headers or {}).get("Allow") or "").split(",") if name.strip()]
    known = sorted(set(methods) - {"HEAD"})
    return f"; use {listed(known)}." if known else "."


def _unforeseen(_request: ConnexionRequest, error: Exception) -> ConnexionResponse:
    log.error("A request failed.", exc_info=error)
    return problem(500, "The hub failed to answer this request; its log says why.")
