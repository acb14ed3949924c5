"""Converts names of fields, states and kinds, such as `base_url`, to words for people, such as `base URL`."""

from __future__ import annotations

import re
from typing import Final

_ABBREVIATIONS: Final = {
    name.lower(): name
    for name in ("API", "CSV", "HTML", "HTTP", "ID", "IDs", "IP", "JSON", "JWT", "PDF", "RMA", "RMAs")
} | {name.lower(): name for name in ("SKU", "SKUs", "TLS", "URI", "URL", "URLs", "UTC", "XML", "YAML")}
_PARTS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^A-Z_.\s-]+")
"""Matches a word in snake case or camel case; several capitals in a row are one word, as in `rmaURL`."""


def phrase(name: str) -> str:
    """Convert a name in snake case or camel case to words in lower case, such as `truncated JSON`.

    Abbreviations are written in capitals. A name in capitals only, such as a vendor's event, keeps them.
    """
    parts = re.split(r"[_.\s]+", name.strip("_. ")) if name.isupper() else _PARTS.findall(name)
    words = [_ABBREVIATIONS.get(part.lower(), part if name.isupper() else part.lower()) for part in parts]
    return " ".join(words)


def title(name: str) -> str:
    """Convert a name to words like `phrase`, with a capital at the beginning, such as `Truncated JSON`."""
    text = phrase(name)
    return text[:1].upper() + text[1:]
