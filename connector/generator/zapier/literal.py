"""JSON values as JavaScript source, laid out the way a person would."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 100
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*|0|[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class Code:
    """Source that stands for itself among the values: a name the file imports."""

    text: str

    @property
    def name(self) -> str:
        """The last part of a dotted name."""
        return self.text.rpartition(".")[2]


def literal(value: Any, indent: int = 0) -> str:
    """`value` as an expression that starts at column `indent`; broken into lines where one is too long."""
    flat = _flat(value)
    if len(flat) + indent <= WIDTH and "\n" not in flat:
        return flat
    if isinstance(value, Mapping):
        return _broken("{", [f"{_key(k)}: {literal(v, indent + 2)}" for k, v in value.items()], "}", indent)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _broken("[", [literal(one, indent + 2) for one in value], "]", indent)
    return flat


def _broken(opening: str, parts: list[str], closing: str, indent: int) -> str:
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
    if name == "__proto__":  # as a plain key it would set the prototype
        return "['__proto__']"
    return name if _NAME.fullmatch(name) else _text(name)
