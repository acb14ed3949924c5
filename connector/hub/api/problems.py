"""Converts errors to responses of the hub's API: `{"error": {"code", "message"}}`."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException

from connector.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
    NotFound,
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
CODES = {
    400: "invalid",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    502: "vendor_unavailable",
}
STATUSES: tuple[tuple[type[ConnectorError], int], ...] = (
    (DatabaseUnavailableError, 503),
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
        return problem(status, "This request needs an API key: Authorization: Bearer <key>.")
    if status == 404:  # noqa: PLR2004
        return problem(status, f"There is nothing at {request.scope.get('path', '')}.")
    return problem(status, str(error.detail).partition("\n")[0] or "The request is invalid.")


def _unforeseen(_request: ConnexionRequest, error: Exception) -> ConnexionResponse:
    log.error("A request failed.", exc_info=error)
    return problem(500, "The hub failed to answer this request; its log says why.")
