"""Renders the report as one HTML file without external files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from report.coverage import SIDES, coverage
from report.parts import RESULTS, Part

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).parent
CONSOLE = HERE.parents[1] / "mock_server" / "console" / "static" / "console.css"
MOST_FAILURES = 50
"""How many failures are listed at the top of the page; all are marked in the matrices."""
CERTAINTIES = ("documented", "observed", "assumed")


def render(parts: Sequence[Part], revision: str) -> str:
    """Return the page; `revision` says which state of the project was tested."""
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.jinja").render(
        revision=revision,
        parts=parts,
        failures=sum(len(part.failures) for part in parts),
        failed=[(part, row) for part in parts for row in part.failures][:MOST_FAILURES],
        missing=[part.about.title for part in parts if not part.rows],
        vendors=coverage(parts),
        ran={part.about.id: bool(part.rows) for part in parts},
        sides=SIDES,
        results=RESULTS,
        certainties=CERTAINTIES,
        consistency=next((part.whole for part in parts if part.about.id == "sandbox"), None),
        style=Markup(_look() + (HERE / "page.css").read_text("utf-8")),
        script=Markup((HERE / "page.js").read_text("utf-8")),
        data=Markup(_embedded(cases(parts))),
    )


def cases(parts: Sequence[Part]) -> dict[str, Any]:
    """Return all cases in a compact form: per part, vendor and name a list of case, result and detail."""
    return {
        part.about.id: {
            matrix.vendor: {
                line.name: [[row.case, RESULTS.index(row.result), row.detail] for row in line.rows]
                for line in matrix.lines
            }
            for matrix in part.matrices
        }
        for part in parts
    }


def _look() -> str:
    """Return the beginning of the console's style sheet: its colours, fonts and basic elements."""
    return CONSOLE.read_text("utf-8").partition("/* Controls */")[0]


def _embedded(value: Any) -> str:
    """Return JSON that can stand inside a script element."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
