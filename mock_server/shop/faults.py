"""The faults of a shop: `Faults` collects them, and `ShopError` reports them."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches

MAX_FAULTS = 20
"""The maximum number of faults that an error lists."""
_MAX_ECHOED = 80
_MAX_LISTED = 12


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault at `path`, such as `returns[0].status`; the path of the whole shop is "".

    `problem` is a clause such as "is required". `line` and `column` start at 1; both are 0 if the shop does
    not come from a file.
    """

    path: str
    problem: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        separator = " " if self.problem.startswith(("is ", "must ", "has ", "can ", "occurs ")) else ": "
        end = "" if self.problem.endswith(("?", ".")) else "."
        return f"{self.path}{separator if self.path else ''}{self.problem}{end}"


class ShopError(ValueError):
    """Raised if a shop cannot be used; `faults` contains at least one fault.

    The message lists the faults, one per line, each with the name of the file (`source`), its line and its
    column.
    """

    def __init__(self, faults: Iterable[Fault], source: str = "") -> None:
        self.faults: Sequence[Fault] = tuple(dict.fromkeys(faults))
        self.source = source
        shown = [_located(fault, source) for fault in self.faults[:MAX_FAULTS]]
        if more := len(self.faults) - len(shown):
            shown.append(f"There {'is 1 more fault' if more == 1 else f'are {more} more faults'}.")
        super().__init__("\n".join(shown))


def _located(fault: Fault, source: str) -> str:
    if fault.line:
        return f"{source}:{fault.line}:{fault.column}: {fault}"
    return f"{source}: {fault}" if source else str(fault)


class RecordSkipped(Exception):  # noqa: N818 - not an error: its fault is noted already
    """Raised to skip a record after its fault was noted."""


@dataclass(slots=True)
class Faults:
    """Collects the faults of a shop, so that all of them can be reported together."""

    noted: list[Fault] = field(default_factory=list)

    def note(self, path: str, problem: str) -> RecordSkipped:
        """Note a fault, and return an exception that the caller can raise to skip the faulty record."""
        self.noted.append(Fault(path, problem))
        return RecordSkipped()

    @contextmanager
    def skipping(self) -> Iterator[None]:
        """Suppress a `RecordSkipped` that the `with` block raises."""
        try:
            yield
        except RecordSkipped:
            return


def meant(word: str, known: Iterable[str]) -> str:
    """Build the clause "; did you mean …?" with the most similar known word, or "" if no word is similar."""
    by_lower = {name.lower(): name for name in known}
    match = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return f"; did you mean {by_lower[match[0]]}?" if match else ""


def unknown(word: str, kind: str, known: Iterable[str]) -> str:
    """Describe an unknown word in a clause that suggests a similar word and lists the known words.

    `kind` is the noun for the expected word, with an article, such as "a product".
    """
    words = list(dict.fromkeys(known))
    named = repr(word if len(word) <= _MAX_ECHOED else word[:_MAX_ECHOED] + "…")
    if not words:
        return f"{named} is not {kind}; the shop has none"
    names = ", ".join(words[:_MAX_LISTED]) + (" …" if len(words) > _MAX_LISTED else "")
    return f"{named} is not {kind}{meant(word, words) or '.'} Known: {names}"
