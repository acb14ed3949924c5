"""Mistakes in a shop's data: `Mistakes` collects them, and `ShopError` reports them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

MAX_MISTAKES = 20
"""The maximum number of mistakes that an error lists."""
_Part = TypeVar("_Part")


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake at `path`, such as `returns[0].status`; the path of the whole shop is "".

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
    """Raised if a shop cannot be used; `mistakes` contains at least one mistake.

    The message lists the mistakes, one per line, each with the name of the file (`source`), its line and its
    column.
    """

    def __init__(self, mistakes: Iterable[Mistake], source: str = "") -> None:
        self.mistakes: Sequence[Mistake] = tuple(dict.fromkeys(mistakes))
        self.source = source
        shown = [_located(mistake, source) for mistake in self.mistakes[:MAX_MISTAKES]]
        if more := len(self.mistakes) - len(shown):
            shown.append(f"There {'is 1 more mistake' if more == 1 else f'are {more} more mistakes'}.")
        super().__init__("\n".join(shown))


def _located(mistake: Mistake, source: str) -> str:
    if mistake.line:
        return f"{source}:{mistake.line}:{mistake.column}: {mistake}"
    return f"{source}: {mistake}" if source else str(mistake)


class RecordSkipped(Exception):  # noqa: N818 - not an error: its mistake is noted already
    """Raised to skip a record after its mistake was noted."""


@dataclass(slots=True)
class Mistakes:
    """Collects the mistakes of a shop, so that all of them can be reported together."""

    noted: list[Mistake] = field(default_factory=list)

    def note(self, path: str, problem: str) -> RecordSkipped:
        """Note a mistake, and return an exception that the caller can raise to skip the faulty record."""
        self.noted.append(Mistake(path, problem))
        return RecordSkipped()

    def attempt(self, build: Callable[..., _Part], *arguments: Any) -> _Part | None:
        """Call `build` to build a part of a record; return the part, or None if it has a mistake.

        In this way, the mistakes in all parts of a record are noted, and not only those in the first part.
        """
        with self.skipping():
            return build(*arguments)
        return None

    @contextmanager
    def skipping(self) -> Iterator[None]:
        """Suppress a `RecordSkipped` that the `with` block raises."""
        try:
            yield
        except RecordSkipped:
            return
