"""Login with the control token, and logout."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, redirect, request

from mock_server.console.api import ApiError
from mock_server.console.sessions import SECONDS
from mock_server.console.shell import api, page, sessions, trusted

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

login: Final = Blueprint("login", __name__)
_WRONG: Final = "This is not the control token of the sandbox."


@login.get("/console/login")
def form() -> Any:
    if not sessions().required:
        return redirect("/", 303)
    return page("login.html", here="login", next=request.args.get("next", "/"), error="")


@login.post("/console/login")
def log_in() -> Any:
    """Check the token with the control plane, which counts wrong tokens, and start a session."""
    try:
        api().accepts(request.form.get("token", "").strip(), request.environ["REMOTE_ADDR"])
    except ApiError as error:
        message = _WRONG if error.status == HTTPStatus.UNAUTHORIZED else str(error)
        return page(
            "login.html", here="login", next=request.form.get("next", "/"), error=message
        ), error.status
    return _with_session(redirect(trusted(request.form.get("next", "")), 303))


@login.post("/console/logout")
def log_out() -> Any:
    response = redirect("/console/login", 303)
    response.delete_cookie(sessions().name, samesite="Strict", httponly=True, secure=sessions().secure)
    return response


def _with_session(response: AnyResponse) -> AnyResponse:
    assert isinstance(response, Response)  # noqa: S101 - `redirect` creates Flask's class
    response.set_cookie(
        sessions().name,
        sessions().issue(),
        max_age=SECONDS,
        httponly=True,
        samesite="Strict",
        secure=sessions().secure,
    )
    return response
