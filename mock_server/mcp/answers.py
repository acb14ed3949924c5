"""Shortens lists in the control plane's responses: leaves out long fields, and names them in a note."""

from __future__ import annotations

import json
from typing import Any, Final

LONGEST: Final = 300
"""Fields of list entries are left out if their JSON has more characters than this."""


def shortened(data: dict[str, Any], details: str) -> dict[str, Any]:
    """Copy a response without the long fields of its list's entries, and add a note that names these fields.

    `details` is the name of the tool that shows a whole entry. If it is "", nothing is left out.
    """
    left_out = dict[str, None]()
    short = dict(data)
    for name, entries in data.items():
        if details and isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries):
            short[name] = [_short(entry, left_out) for entry in entries]
    if left_out:
        short["note"] = f"Left out where long: {', '.join(left_out)}. {details} shows an entry as a whole."
    return short


def _short(entry: dict[str, Any], left_out: dict[str, None]) -> dict[str, Any]:
    kept = {}
    for name, value in entry.items():
        if len(json.dumps(value, ensure_ascii=False)) <= LONGEST:
            kept[name] = value
        else:
            left_out[name] = None
    return kept
