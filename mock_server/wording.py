"""Converts names in code, such as `base_url`, to readable text, such as `base URL`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_ABBREVIATIONS: Final = {
    name.lower(): name
    for name in ("API", "CSV", "HTML", "HTTP", "ID", "IDs", "IP", "JSON", "JWT", "PDF", "RMA", "RMAs")
} | {name.lower(): name for name in ("SKU", "SKUs", "TLS", "URI", "URL", "URLs", "UTC", "XML", "YAML")}
MAX_FIELDS: Final = 20
"""The maximum number of invalid fields that an error of the control plane lists."""
_SEVERAL: Final = 2
_PARTS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^A-Z_.\s-]+")
"""Matches one word of a name in snake case or camel case; `URL` in `rmaURL` is one word."""


def phrase(name: str) -> str:
    """Convert a name in snake case or camel case to words in lower case, such as `truncated JSON`.

    Abbreviations are written in capitals. A name that is entirely in capitals, as some vendors' event names
    are, stays in capitals.
    """
    parts = re.split(r"[_.\s]+", name.strip("_. ")) if name.isupper() else _PARTS.findall(name)
    words = [_ABBREVIATIONS.get(part.lower(), part if name.isupper() else part.lower()) for part in parts]
    return " ".join(words)


def explained(error: Mapping[str, Any]) -> str:
    """Return the message of a control plane error; if it has several invalid fields, list one per line.

    `error` is the object in the field `error` of the response. Its `fields` contain up to `MAX_FIELDS`
    invalid fields, each with its path and the rule that it breaks. If the message describes only the first of
    them, a line with their number replaces it.
    """
    message, fields = str(error["message"]), error.get("fields", ())
    if len(fields) < _SEVERAL:
        return message
    lines = [f"  {one['field']}{_joint(one['message'])}{one['message']}" for one in fields]
    if message.startswith(fields[0]["field"]):
        count = len(fields)
        message = (
            f"{count} fields are not valid:" if count < MAX_FIELDS else f"The first {count} invalid fields:"
        )
    return "\n".join((message, *lines))


def _joint(problem: str) -> str:
    """Return the text that separates a field's name from its problem, which is a clause or a sentence."""
    return " " if problem.startswith(("is ", "must ", "has ", "can ", "occurs ")) else ": "


def title(name: str) -> str:
    """Convert a name to words as `phrase` does, but with a capital letter at the beginning."""
    text = phrase(name)
    return text[:1].upper() + text[1:]
