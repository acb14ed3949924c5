"""Runs lint checks on a generated app and collects the problems that they find."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Complaint:
    """A problem that a lint check found in an app.

    `check` is the check's ID, such as `D018`. `sentence` says where the problem is and how to fix it.
    """

    check: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.check} {self.sentence}"


def check_id(check: Callable[..., object]) -> str:
    """Extract a check's ID from its function name: `D018` from `d018_labels_are_in_title_case`."""
    return check.__name__.partition("_")[0].upper()


def run_checks(checks: Iterable[Callable[[A], Iterator[str]]], app: A) -> list[Complaint]:
    """Run the checks on an app, and list the problems in the order of the checks."""
    return [Complaint(check_id(check), sentence) for check in checks for sentence in check(app)]
