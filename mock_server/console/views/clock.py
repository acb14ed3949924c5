"""The clock of a tenant: pages to advance it, freeze it, and see which scheduled steps come next."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, request

from mock_server.console.api import ApiError
from mock_server.console.shell import api, back, done, page
from mock_server.console.words import duration, plural

clock: Final = Blueprint("clock", __name__)


@clock.get("/console/<tenant>/clock")
def show(tenant: str) -> Any:
    found = api().get("tenants", tenant, "next")
    return page("clock.html", tenant, here="clock", next=found["next"], more=found["more"])


@clock.post("/console/<tenant>/clock/advance")
def advance(tenant: str) -> Any:
    """Advance the clock by a number of time units, or to a given time."""
    if to := request.form.get("to", "").strip():
        body: dict[str, Any] = {"to": _with_offset(to)}
    else:
        body = {"seconds": _number(request.form.get("seconds", "")) * _number(request.form.get("unit", "1"))}
    moved = api().send("POST", "tenants", tenant, "clock", "advance", body=body)
    ran = len(moved["ran"])
    failed = sum(step["error"] is not None for step in moved["ran"])
    by = f"by {duration(body['seconds'])}" if "seconds" in body else f"to {body['to']}"
    steps = f"{plural(ran, 'scheduled step')} ran" if ran else "no scheduled step was due"
    trouble = f", {failed} of them failed" if failed else ""
    return done(f"The clock moved {by}; {steps}{trouble}.", back())


@clock.post("/console/<tenant>/clock/<any(freeze, unfreeze):action>")
def freeze(tenant: str, action: str) -> Any:
    api().send("POST", "tenants", tenant, "clock", action)
    return done("The clock is frozen." if action == "freeze" else "The clock ticks again.", back())


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ApiError(400, "Enter a number, such as 3, and a unit.") from None


def _with_offset(moment: str) -> str:
    """Return a time from a form as an RFC 3339 date-time; browsers may omit the seconds and the offset."""
    text = moment.replace(" ", "T")
    if text.endswith("Z") or "+" in text:
        return text
    return f"{text}:00Z" if text.count(":") == 1 else f"{text}Z"
