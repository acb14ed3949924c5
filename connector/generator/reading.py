"""Reads the text files of an app, which people may have edited on any system."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(path: Path) -> str:
    """Read a text file in UTF-8, or in UTF-16 with a byte order mark; a mark is not part of the result.

    Raises `ConfigurationError` if the file cannot be read, or is not text.
    """
    try:
        content = path.read_bytes()
        return content.decode("utf-16" if content.startswith(WIDE) else "utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigurationError(f"{path} is not a readable text file: {problem}.") from problem
