"""Creates the Flask application of the console, with the filters, headers and error pages of all pages."""

from __future__ import annotations

import logging
import secrets
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, Response, redirect, request

from mock_server.console import words
from mock_server.console.api import ApiError
from mock_server.console.shell import api, back, failed, page
from mock_server.console.views import VIEWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from werkzeug.wrappers import Response as AnyResponse

    from mock_server.console.sessions import Sessions
    from mock_server.pages.documents import Entry

_log = logging.getLogger(__name__)
_STATIC: Final = Path(__file__).parent / "static"
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_YEAR: Final = 31_536_000
_NOT_FOUND: Final = 404


def create_site(apis: Sequence[Entry], control: Entry, sessions: Sessions) -> Flask:
    """Create the Flask application; `apis` describe the vendors' APIs, and `control` the control plane's."""
    site = Flask(__name__, static_url_path="/console/static")
    site.secret_key = secrets.token_bytes(32)  # signs the notice that a page shows after a form was sent
    site.config.update(
        SESSION_COOKIE_NAME=f"{sessions.name}_notice",
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_SECURE=sessions.secure,
        SEND_FILE_MAX_AGE_DEFAULT=_YEAR,
        SITE_APIS={entry.name: entry for entry in apis},
        SITE_CONTROL=control,
        SITE_SESSIONS=sessions,
    )
    site.url_map.merge_slashes = False
    site.jinja_env.filters.update(words.filters())
    site.jinja_env.globals["asset"] = {file.name: _address(file) for file in _STATIC.iterdir()}
    site.jinja_env.trim_blocks = site.jinja_env.lstrip_blocks = True
    for view in VIEWS:
        site.register_blueprint(view)
    site.after_request(_add_headers)
    site.register_error_handler(ApiError, _show_error)
    site.register_error_handler(404, _show_missing)
    site.register_error_handler(500, _show_failure)
    return site


def _address(file: Path) -> str:
    """Return a static file's URL; it contains a hash of the content, so that browsers can cache the file."""
    return f"/console/static/{file.name}?v={sha256(file.read_bytes()).hexdigest()[:12]}"


def _add_headers(response: Response) -> Response:
    """Add security headers.

    The referrer policy is not `no-referrer`, because browsers would then hide the origin of a form's request.
    """
    if response.mimetype == "text/html":
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _show_error(error: ApiError) -> Any:
    """Show the control plane's error: for a form, on the page that sent it; otherwise on an error page."""
    if request.method == "POST":
        failed(str(error))
        return redirect(back(), 303)
    return _error_page(error.status, str(error))


def _show_missing(_error: Exception) -> Any:
    return _error_page(_NOT_FOUND, "The sandbox has no page at this address.")


def _show_failure(_error: Exception) -> Any:
    return _error_page(500, "The sandbox failed to show this page; its log says why.")


def _error_page(status: int, message: str) -> tuple[str | AnyResponse, int]:
    title = "Page not found" if status == _NOT_FOUND else "The page cannot be shown"
    api().calls.clear()
    return page("error.html", title=title, message=message), status
