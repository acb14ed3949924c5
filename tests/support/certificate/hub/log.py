"""What the hub logs in a story; a certificate turns the log itself off."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Log:
    """Takes the place of a logger, and keeps its warnings."""

    lines: list[str] = field(default_factory=list)

    def warning(self, text: str, *values: Any, **_more: Any) -> None:
        self.lines.append(text % values[0] if values and isinstance(values[0], Mapping) else text % values)
