"""The goals for speed, and the table in README.md that compares the newest results with them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from bench.peers import LIMIT, PEERS
from bench.peers.recorded import COMPARED
from bench.results import Part, read, shown

README: Final = Path(__file__).with_name("README.md")
RESULTS: Final = Path(__file__).with_name("results")
_BEGIN, _END = "<!-- goals -->\n", "<!-- /goals -->\n"
_CPU, _START = "CPU per request in µs", "CPU until the first response in s"
_READS: Final = ("list", "filtered list", "list by update", "last page", "one", "report", "transactions")

Parts = Mapping[str, Part]


@dataclass(frozen=True)
class Goal:
    """A goal: `least` or `most` is the value that must be reached, in `unit` ("×" for a ratio).

    `now` computes the present value and names what it was measured on, or returns None if it was not
    measured.
    """

    name: str
    kind: Literal["at least", "at most"]
    value: float
    unit: str
    now: Callable[[Parts], tuple[float, str] | None]

    def met(self, value: float) -> bool:
        """Return whether a value reaches the goal."""
        return value >= self.value if self.kind == "at least" else value <= self.value


def _peer(row: str, column: str) -> Callable[[Parts], tuple[float, str] | None]:
    """Compare the CPU time of a peer with the sandbox's: how many times it takes as much."""

    def now(parts: Parts) -> tuple[float, str] | None:
        part = parts.get("peers")
        ratio = part.ratio(row, column, _CPU) if part else None
        return (ratio, "") if ratio is not None else None

    return now


def _other_peers(parts: Parts) -> tuple[float, str] | None:
    """Return the smallest ratio of all peers except the limit, with its peer and row."""
    part = parts.get("peers")
    if part is None:
        return None
    ratios = [
        (ratio, f"{row}, {peer}")
        for peer in PEERS
        for row in COMPARED
        if peer != LIMIT and (ratio := part.ratio(row, peer, _CPU)) is not None
    ]
    return min(ratios, default=None)


def _growth(parts: Parts) -> tuple[float, str] | None:
    """Return the largest growth of a read's CPU time from the smallest to the largest size."""
    part = parts.get("sizes")
    if part is None:
        return None
    columns = [column for column in part.distinct("column") if column.endswith(" returns")]
    ratios = [
        (ratio, f"{row}, {columns[-1]}")
        for row in part.distinct("row")
        if row.partition(" ")[2] in _READS and (ratio := part.ratio(row, columns[-1], _CPU)) is not None
    ]
    return max(ratios, default=None)


def _figure(part: str, row: str, column: str, unit: str) -> Callable[[Parts], tuple[float, str] | None]:
    """Return the median of one figure."""

    def now(parts: Parts) -> tuple[float, str] | None:
        value = parts[part].median(row, column, unit) if part in parts else None
        return (value, "") if value is not None else None

    return now


GOALS: Final = (
    *(
        Goal(f"{row}: CPU of bare Starlette ÷ CPU of the sandbox", "at least", value, "×", _peer(row, LIMIT))
        for row, value in (("list", 0.6), ("one", 0.8), ("invalid", 0.8), ("create", 0.5))
    ),
    *(
        Goal(f"{row}: CPU of Prism ÷ CPU of the sandbox", "at least", value, "×", _peer(row, "Prism"))
        for row, value in (("list", 11), ("one", 10), ("create", 5), ("invalid", 10))
    ),
    Goal("any request: CPU of the fastest other peer ÷ CPU of the sandbox", "at least", 1, "×", _other_peers),
    Goal("the read that grows most, from 150 to 100,000 returns", "at most", 2, "×", _growth),
    Goal(
        "start, all vendors: CPU",
        "at most",
        1.0,
        "s",
        _figure("start", "new database", "all vendors", _START),
    ),
    Goal(
        "start, one vendor: CPU", "at most", 0.8, "s", _figure("start", "new database", "one vendor", _START)
    ),
    Goal(
        "idle memory, all vendors",
        "at most",
        115,
        "MiB",
        _figure("start", "new database", "all vendors", "idle memory in MiB"),
    ),
    Goal(
        "idle memory, one vendor",
        "at most",
        95,
        "MiB",
        _figure("start", "new database", "one vendor", "idle memory in MiB"),
    ),
    Goal(
        "connector: overhead of a call over httpx, CPU",
        "at most",
        100,
        "µs",
        _figure("connector", "overhead of a call", "connector", "CPU per call in µs"),
    ),
)


def table(parts: Parts) -> Iterator[str]:
    """Yield the lines of the table: ratios first, then absolute values."""
    yield "| | goal | now | |"
    yield "|---|---|---|---|"
    for goal in GOALS:
        found = goal.now(parts)
        text = f"{shown(found[0])} {goal.unit}".replace(" ×", "×") if found else "not measured"
        where = f" ({found[1]})" if found and found[1] else ""
        state = "" if found is None else "met" if goal.met(found[0]) else "missed"
        limit = f"{goal.kind} {goal.value:g} {goal.unit}".replace(" ×", "×")
        yield f"| {goal.name} | {limit} | {text}{where} | {state} |"


def committed() -> dict[str, Part]:
    """Read the results of all parts in `bench/results`."""
    return {part.name: part for part in map(read, sorted(RESULTS.glob("*.json")))}


def with_table(text: str, parts: Parts) -> str:
    """Replace the table in the text of the README; raise `ValueError` if it has no markers."""
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"{README} lacks the markers {_BEGIN.strip()} and {_END.strip()}.")
    return before + begin + "\n".join(table(parts)) + "\n" + end + after


def write() -> None:
    """Write the table of the committed results into the README."""
    README.write_text(with_table(README.read_text("utf-8"), committed()), "utf-8")


if __name__ == "__main__":
    write()
