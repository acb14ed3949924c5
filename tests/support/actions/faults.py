"""The faults that a write meets, and what each of them lets a client know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Knows = Literal["nothing", "refused", "answered"]


@dataclass(frozen=True)
class Fault:
    """A fault of the sandbox: `what` is its kind, `name` the test's id.

    `done` is true if the write is done. `lost` says how the answer is lost: "cut" if it does not arrive or is
    incomplete, "failure" if another one arrives; "" if the client can know whether the write was done.
    `again` is true if the write was certainly not done and a client may send it again.
    """

    name: str
    what: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    done: bool = False
    lost: Literal["cut", "failure", ""] = ""
    again: bool = False


def _cuts() -> list[Fault]:
    moments = ("before_work", "before_headers", "after_headers", "mid_body")
    return [
        Fault(f"cut_{moment}", "cut", {"moment": moment}, done=moment != "before_work", lost="cut")
        for moment in moments
    ]


def _with_and_without_commit(what: str, lost: Literal["cut", "failure"], **parameters: Any) -> list[Fault]:
    names = {False: what, True: f"{what}_after_commit"}
    return [
        Fault(name, what, {**parameters, "after_commit": done}, done=done, lost=lost)
        for done, name in names.items()
    ]


def _redirects() -> list[Fault]:
    """Return redirects to the same address, so that a client that follows one is noticed."""
    after = [
        Fault(f"redirect_{status}_after_commit", "redirect", _redirect(status, done=True), True, "failure")
        for status in (302, 303)
    ]
    return [
        *after,
        *(Fault(f"redirect_{status}", "redirect", _redirect(status)) for status in (301, 307, 308)),
    ]


def _redirect(status: int, *, done: bool = False) -> dict[str, Any]:
    return {"status": status, "after_commit": done}


TIMEOUTS = _with_and_without_commit("timeout", "cut")
FAULTS = (
    *_cuts(),
    *_with_and_without_commit("server_error", "failure"),
    *_with_and_without_commit("bad_gateway", "failure"),
    *_with_and_without_commit("unavailable", "failure", retry_after=1),
    *_redirects(),
    Fault("truncated_json", "truncated_json", done=True, lost="failure"),
    Fault("empty_body", "empty_body", done=True, lost="failure"),
    Fault("wrong_content_type", "wrong_content_type", done=True),
    Fault("expired_login", "expired_login", again=True),
    Fault("rate_limited", "rate_limited", {"retry_after": 1}, again=True),
)
"""Every fault but those that last until a client's time limit has passed, which are `TIMEOUTS`."""
