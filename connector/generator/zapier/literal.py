"""Formats Python values as JavaScript expressions, for use in the templates."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 100
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*|0|[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class Code:
    """A JavaScript expression that is written to the file unchanged, such as the name of an import."""

    text: str

    @property
    def name(self) -> str:
        """The last part of a dotted name, such as `list_returns` for `operations.list_returns`."""
        return self.text.rpartition(".")[2]


def to_javascript(value: Any, indent: int = 0) -> str:
    """Format a value as a JavaScript expression that starts at column `indent`.

    `value` may contain JSON values and `Code`. If an object or a list does not fit into `WIDTH` columns, each
    of its members is written on its own line.
    """
    flat = _flat(value)
    if len(flat) + indent <= WIDTH and "\n" not in flat:
        return flat
    if isinstance(value, Mapping):
        members = [f"{_key(k)}: {to_javascript(v, indent + 2)}" for k, v in value.items()]
        return _multiline("{", members, "}", indent)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _multiline("[", [to_javascript(one, indent + 2) for one in value], "]", indent)
    return flat


def _multiline(opening: str, parts: list[str], closing: str, indent: int) -> str:
    inner = "".join(f"{' ' * (indent + 2)}{part},\n" for part in parts)
    return f"{opening}\n{inner}{' ' * indent}{closing}"


def _flat(value: Any) -> str:
    if isinstance(value, Code):
        return value.text
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_key(k)}: {_flat(v)}' for k, v in value.items())} }}" if value else "{}"
    if isinstance(value, Sequence):
        return f"[{', '.join(_flat(one) for one in value)}]"
    return json.dumps(value, allow_nan=False)


def _text(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    return quoted if "'" in text else f"'{quoted[1:-1].replace(chr(92) + chr(34), chr(34))}'"


def _key(key: object) -> str:
    name = str(key)
    if name == "__proto__":  # a plain `__proto__:` would set the object's prototype
        return "['__proto__']"
    return name if _NAME.fullmatch(name) else _text(name)
