"""Formats values as TypeScript literals, and parses such literals.

The literals are JSON, except that property names have no quotes: n8n's lint ignores quoted properties.
"""

import json
import re
from typing import Any

_QUOTED = re.compile(r'^(\s*)"([A-Za-z_]\w*)": ', re.MULTILINE)
_BARE = re.compile(r"^(\s*)([A-Za-z_]\w*): ", re.MULTILINE)


def literal(value: Any, indent: int = 0) -> str:
    """Format a JSON value as a TypeScript literal; `indent` is the number of tabs before its first line."""
    text = json.dumps(value, indent="\t", ensure_ascii=False)
    # JSON escapes the line breaks in strings, so the beginning of a line is never inside a string.
    return _QUOTED.sub(r"\1\2: ", text).replace("\n", "\n" + "\t" * indent)


def read_literal(text: str) -> Any:
    """Parse a literal that `literal` wrote; raise `ValueError` for any other text."""
    return json.loads(_BARE.sub(r'\1"\2": ', text))
