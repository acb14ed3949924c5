"""Formats values as TypeScript literals, and reads such literals back.

The literals are JSON, except that keys are not quoted: n8n's lint does not see properties with quoted keys.
"""

import json
import re
from typing import Any

_QUOTED = re.compile(r'^(\s*)"([A-Za-z_]\w*)": ', re.MULTILINE)
_BARE = re.compile(r"^(\s*)([A-Za-z_]\w*): ", re.MULTILINE)


def literal(value: Any, indent: int = 0) -> str:
    """Format a JSON value as a TypeScript literal; `indent` is the number of tabs before its first line."""
    text = json.dumps(value, indent="\t", ensure_ascii=False)
    # Texts contain no line breaks (JSON escapes them), so a line begins with a key only where there is one.
    return _QUOTED.sub(r"\1\2: ", text).replace("\n", "\n" + "\t" * indent)


def read_literal(text: str) -> Any:
    """Read a literal that `literal` wrote. Raises `ValueError` if it is something else."""
    return json.loads(_BARE.sub(r'\1"\2": ', text))
