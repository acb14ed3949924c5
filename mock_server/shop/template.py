"""Writes shops as YAML: the example for `returns sandbox seed-template`, and exported shops."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

_FOLDER: Final = Path(__file__).parent
SCHEMA: Final = _FOLDER / "shop.schema.json"
"""The path of the JSON Schema for shop files, which editors use."""
_MODELINE: Final = "# yaml-language-server: $schema="
_KINDS: Final = ("currency", "products", "customers", "orders", "returns")


def example(schema: str) -> str:
    """Return an example of a shop's file; its first line refers to `schema`, a path or URL."""
    text = (_FOLDER / "example.yaml").read_text("utf-8")
    first, _, rest = text.partition("\n")
    if not first.startswith(_MODELINE):
        raise ValueError("The first line of the example must name the schema.")
    return f"{_MODELINE}{schema}\n{rest}"


def as_yaml(shop: Mapping[str, Any], schema: str) -> str:
    """Write a shop as YAML with one record per line; the first line refers to `schema`, a path or URL."""
    lines = [f"{_MODELINE}{schema}"]
    for kind in _KINDS:
        if kind not in shop:
            continue
        if isinstance(shop[kind], str):
            lines.append(f"{kind}: {_flow(shop[kind])}")
        elif shop[kind]:
            lines += [f"{kind}:", *(f"  - {_flow(record)}" for record in shop[kind])]
    return "\n".join([*lines, ""])


def _flow(value: Any) -> str:
    """Format a value as YAML on a single line."""
    text: str = yaml.dump(
        value, Dumper=_Dumper, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**9
    )
    return text.removesuffix("...\n").rstrip("\n")


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """A YAML dumper that writes an object in full each time it occurs, without anchors and aliases."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True
