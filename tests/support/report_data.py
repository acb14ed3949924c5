"""What the tests found, as files that `make report` reads: one JSON file per part and worker.

Nothing is written unless the environment variable `RETURNS_REPORT` names a folder.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

Result = Literal["held", "refused", "caught", "not reachable", "failed"]


@dataclass(frozen=True)
class Row:
    """One case: `name` is an operation, trigger or exhibit, `case` the variant, `detail` a sentence."""

    vendor: str
    name: str
    case: str
    result: Result
    detail: str = ""


def record(
    part: str, title: str, rows: Sequence[Row], environment: Mapping[str, str] = os.environ
) -> Path | None:
    """Append rows to the file of a part, `<part>-<worker>.json`; return its path, or None if off."""
    folder = environment.get("RETURNS_REPORT")
    if not folder:
        return None
    path = Path(folder) / f"{part}-{environment.get('PYTEST_XDIST_WORKER', 'main')}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = json.loads(path.read_text())["rows"] if path.exists() else []
    document = {"title": title, "rows": [*kept, *(asdict(row) for row in rows)]}
    path.write_text(json.dumps(document, indent=1))
    return path


def recorded(folder: Path, part: str) -> list[Row]:
    """Return the rows of a part from all workers, in a stable order; empty if the part did not run."""
    files = sorted(folder.glob(f"{part}-*.json"))
    rows = [Row(**row) for file in files for row in json.loads(file.read_text())["rows"]]
    return sorted(rows, key=lambda row: (row.vendor, row.name, row.case))
