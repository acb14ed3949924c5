"""The results of the benchmarks: figures of several rounds, and their table, JSON and picture."""

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from bench.picture import bars

_PACKAGES: Final = (
    *("connexion", "httptools", "httpx", "jsonschema-rs", "orjson"),
    *("sqlalchemy", "starlette", "uvicorn", "uvloop"),
)
_NODE_PACKAGES: Final = ("@mockoon/cli", "@stoplight/prism-cli", "autocannon", "wiremock")
_HERE: Final = Path(__file__).parent


@dataclass
class Figure:
    """One measured quantity: a value for each round.

    `row` says what was measured, `column` on what, and `unit` is, for example, `CPU per request in µs`.
    """

    row: str
    column: str
    unit: str
    rounds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The median of all rounds."""
        return statistics.median(self.rounds)


@dataclass
class Part:
    """The results of one part of the benchmark.

    `main` is the column that the others are compared with, or "" if there is no comparison. `notes` are
    sentences, for example about a peer that is not installed.
    """

    name: str
    title: str
    main: str = ""
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, row: str, column: str, unit: str, value: float) -> None:
        """Add the value of one round."""
        for figure in self.figures:
            if (figure.row, figure.column, figure.unit) == (row, column, unit):
                figure.rounds.append(value)
                return
        self.figures.append(Figure(row, column, unit, [value]))

    def note(self, sentence: str) -> None:
        """Add a note, unless the part has it already."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def median(self, row: str, column: str, unit: str) -> float | None:
        """Return the median of a figure, or None if it was not measured."""
        for figure in self.figures:
            if (figure.row, figure.column, figure.unit) == (row, column, unit):
                return figure.median
        return None

    def ratio(self, row: str, column: str, unit: str) -> float | None:
        """Return the median of a column's value divided by that of the main column, round by round.

        The rounds are measured alternately, so that other work on the machine affects both values of a round.
        Returns None if one of them was not measured.
        """
        of = {
            figure.column: figure.rounds
            for figure in self.figures
            if (figure.row, figure.unit) == (row, unit)
        }
        pairs = list(zip(of.get(column, ()), of.get(self.main, ()), strict=False))
        ratios = [value / main for value, main in pairs if main]
        return statistics.median(ratios) if ratios else None

    def distinct(self, name: str) -> list[str]:
        """List the rows, columns or units (`name`), in the order in which they were added."""
        return list(dict.fromkeys(getattr(figure, name) for figure in self.figures))

    def markdown(self, about: dict[str, str]) -> str:
        """Return the results as a document: a table for each unit, the notes, and the machine."""
        lines = [f"# {self.title}", "", f"![{self.title}]({self.name}.svg)", ""]
        for unit in self.distinct("unit"):
            lines += [f"## {unit[0].upper()}{unit[1:]}", "", *self._table(unit), ""]
        lines += [f"- {note}" for note in self.notes]
        lines += [""] if self.notes else []
        lines += ["## Where this was measured", "", "| | |", "|---|---|"]
        lines += [f"| {name} | {value} |" for name, value in about.items()]
        return "\n".join(lines) + "\n"

    def _table(self, unit: str) -> Iterator[str]:
        present = [figure for figure in self.figures if figure.unit == unit]
        columns = list(dict.fromkeys(figure.column for figure in present))
        yield "| | " + " | ".join(columns) + " |"
        yield "|---" * (len(columns) + 1) + "|"
        for row in dict.fromkeys(figure.row for figure in present):
            yield f"| {row} | " + " | ".join(self._cell(row, column, unit) for column in columns) + " |"

    def _cell(self, row: str, column: str, unit: str) -> str:
        value = self.median(row, column, unit)
        if value is None:
            return ""
        ratio = self.ratio(row, column, unit) if self.main and column != self.main else None
        return shown(value) + (f" ({shown(ratio)}×)" if ratio is not None else "")

    def write(self, folder: Path, about: dict[str, str]) -> None:
        """Write the table, the JSON and the picture to files in a folder, named after the part."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.name}.md").write_text(self.markdown(about), "utf-8")
        content = {"about": about, **asdict(self)}
        (folder / f"{self.name}.json").write_text(
            json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8"
        )
        (folder / f"{self.name}.svg").write_text(self.picture(), "utf-8")

    def picture(self) -> str:
        """Draw the medians of the first unit as bars."""
        unit = self.figures[0].unit if self.figures else ""
        rows = [figure for figure in self.figures if figure.unit == unit]
        return bars(self.title, unit, [(figure.row, figure.column, figure.median) for figure in rows])


def shown(value: float) -> str:
    """Format a number with three significant digits, and with separators for thousands."""
    if value == 0:
        return "0"
    if abs(value) >= 100:  # noqa: PLR2004 - from here on, decimals are noise
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"  # noqa: PLR2004


def read(path: Path) -> Part:
    """Read the results of a part from its JSON file."""
    content = json.loads(path.read_text("utf-8"))
    figures = [Figure(**figure) for figure in content["figures"]]
    return Part(content["name"], content["title"], content["main"], figures, content["notes"])


def about() -> dict[str, str]:
    """Describe the machine, the commit and the versions of what is measured."""
    processor = next(_processors(), platform.processor())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    described = {
        "processor": f"{processor}, {os.cpu_count()} cores",
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}, glibc {platform.libc_ver()[1]}",
        "commit": _output("git", "log", "-1", "--format=%h of %cs"),
        "Python": platform.python_version(),
        "Node.js": _output("node", "--version").removeprefix("v"),
    }
    for name in _PACKAGES:
        try:
            described[name] = version(name)
        except PackageNotFoundError:
            continue
    for name in _NODE_PACKAGES:
        file = _HERE / "node_modules" / name / "package.json"
        if file.is_file():
            described[name] = json.loads(file.read_text())["version"]
    extra = sorted((_HERE.parent / "build/bench-packages").glob("fastapi-*.dist-info"))
    if extra:
        described["fastapi"] = extra[0].name.removeprefix("fastapi-").removesuffix(".dist-info")
    return described


def _processors() -> Iterator[str]:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        if line.startswith("model name"):
            yield line.partition(":")[2].strip()


def _output(*command: str) -> str:
    try:
        return subprocess.run(command, cwd=_HERE, capture_output=True, text=True, check=False).stdout.strip()
    except FileNotFoundError:
        return ""
