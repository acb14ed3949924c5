"""Runs the checks of a lint over a generated app and returns their complaints."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Complaint:
    """A problem in an app: the id of the check that found it (`D018`), and a sentence with place and fix."""

    check: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.check} {self.sentence}"


def check_id(check: Callable[..., object]) -> str:
    """Return the id in the name of a check: D018 for `d018_labels_are_in_title_case`."""
    return check.__name__.partition("_")[0].upper()


def run_checks(checks: Iterable[Callable[[A], Iterator[str]]], app: A) -> list[Complaint]:
    """Run every check over an app, in order, and return the complaints."""
    return [Complaint(check_id(check), sentence) for check in checks for sentence in check(app)]
