"""Formats an exchange (a request and its response) as one line for a log or a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mock_server.journal.moments import tenant_time

if TYPE_CHECKING:
    from collections.abc import Mapping

UNKNOWN: Final = "unknown"
"""The word for the tenant or the operation of a request, if the sandbox cannot know it."""
_VALID: Final = "The request is valid."
_COLOURS: Final = {2: "32", 3: "36", 4: "33", 5: "31"}
"""ANSI colour codes, keyed by the first digit of the status: green, cyan, yellow and red."""
_DIM: Final = "2"
_LONGEST: Final = 200


def line(exchange: Mapping[str, Any], *, colours: bool = False) -> str:
    """Format an exchange as a line: real time, tenant, status, method, URL, operation and duration.

    The line ends with the time on the tenant's clock (if it differs from real time), the faults that fired,
    and the reason why a request is not valid. If `colours` is True, the line contains ANSI escape sequences.
    Control characters in the request's data are replaced, so that a client cannot send commands to the
    terminal.
    """
    query = f"?{exchange['query']}" if exchange["query"] else ""
    target = _shortened(f"{exchange['path']}{query}")
    status = str(exchange["status"])
    head = exchange["received_at"]
    if colours:
        status = f"\x1b[{_COLOURS.get(exchange['status'] // 100, _DIM)}m{status}\x1b[0m"
        head = f"\x1b[{_DIM}m{head}\x1b[0m"
    words = [head, exchange["tenant"] or UNKNOWN, status, exchange["method"], target]
    words += [exchange["operation"] or UNKNOWN, f"{exchange['duration_ms']:.1f}ms"]
    if clock := tenant_time(exchange):
        words.append(f"clock={clock}")
    if exchange["fault"]:
        words.append(f"fault={_shortened(exchange['fault'])}")
    if exchange["verdict"] != _VALID:
        words.append(_shortened(exchange["verdict"]))
    return " ".join(words)


def _shortened(text: str) -> str:
    printable = "".join(letter if letter.isprintable() else "�" for letter in text)
    return printable if len(printable) <= _LONGEST else printable[: _LONGEST - 1] + "…"


def wants_colours(environment: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Return True if the output is a terminal with colours, and NO_COLOR is not set (https://no-color.org)."""
    return is_terminal and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"
