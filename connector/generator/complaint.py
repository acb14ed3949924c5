"""What a lint says of a generated app: each platform has a list of named checks that yield sentences."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong: the id of the check that found it (`D018`), and a sentence that says where."""

    check: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.check} {self.sentence}"


def number(check: Callable[..., object]) -> str:
    """Read a check's id off its name: `d018_labels_are_in_title_case` is D018."""
    return check.__name__.partition("_")[0].upper()


def complaints(checks: Iterable[Callable[[A], Iterator[str]]], app: A) -> list[Complaint]:
    """Run every check over an app, in order."""
    return [Complaint(number(check), sentence) for check in checks for sentence in check(app)]
