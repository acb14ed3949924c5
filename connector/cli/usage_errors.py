"""Rewrites pydantic's messages about invalid options and arguments as sentences for users of this program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


def explain(error: Any) -> None:
    """Replace the message of a usage error if it comes from pydantic, which the command line library uses.

    The messages of other usage errors are not changed.
    """
    from pydantic import ValidationError

    cause = getattr(error, "__cause__", None)
    if isinstance(cause, ValidationError):
        error.message = f"It {_clause(cause.errors()[0])}."


def _clause(error: ErrorDetails) -> str:
    kind, limits = error["type"], error.get("ctx", {})
    if kind == "value_error":  # the choices of an option
        choices = error["msg"].partition(" is not one of ")[2].rstrip(".").replace("'", "")
        return f"must be one of {choices}, not {error['input']!r}" if choices else "is not valid"
    bounds = {"ge": "at least", "le": "at most", "gt": "more than", "lt": "less than"}
    for name, words in bounds.items():
        if name in limits:
            return f"must be {words} {limits[name]}"
    for start, words in (("int", "a whole number"), ("float", "a number"), ("bool", "yes or no")):
        if kind.startswith(start):
            return f"must be {words}, not {error['input']!r}"
    return "is not valid"
