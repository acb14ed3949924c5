"""Makes texts of vendors storable."""

from __future__ import annotations


def storable(id_: str) -> str:
    """Return an ID in a form that every database can store: NUL and lone surrogates are escaped."""
    return id_.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
