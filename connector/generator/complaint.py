"""Runs lint checks on a generated app and collects the problems that they find."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Complaint:
    """A problem that a lint check found in an app.

    `check` is the ID of the lint check, such as `D018`. `sentence` says where the problem is and how to fix
    it.
    """

    check: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.check} {self.sentence}"


def check_id(check: Callable[..., object]) -> str:
    """Return a check's ID, such as `D018` for the function `d018_labels_are_in_title_case`."""
    return check.__name__.partition("_")[0].upper()


def run_checks(checks: Iterable[Callable[[A], Iterator[str]]], app: A) -> list[Complaint]:
    """Run the checks on an app in the given order, and list the problems that they find.

    If a check cannot read the app, because a file is not as the generator writes it, this is a problem too.
    """
    return [Complaint(check_id(check), sentence) for check in checks for sentence in _sentences(check, app)]


def _sentences(check: Callable[[A], Iterator[str]], app: A) -> Iterator[str]:
    try:
        yield from check(app)
    except (LookupError, ValueError, TypeError, AttributeError, RuntimeError) as problem:
        # A `StopIteration` in a generator arrives as a `RuntimeError`.
        kind = type(problem).__name__
        yield f"A file is not as `returns generate` writes it ({kind}: {problem}). Generate the app again."
