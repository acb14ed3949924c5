"""Stories: what happens, as data. They are drawn by `drawing`, kept as JSON, and played by `Delivery`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.certificate.acts import Act


@dataclass(frozen=True)
class Poll:
    """A poll. `before` maps the number of a page to the acts before its request.

    `crash` ends the process when the point is reached for the `nth` time.
    """

    before: Mapping[int, list[Act]] = field(default_factory=dict)
    crash: str | None = None
    nth: int = 1


Step = Act | Poll


@dataclass(frozen=True)
class Story:
    """Acts before the first poll, and steps after it."""

    before: tuple[Act, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def length(self) -> int:
        """The number of steps; acts during a poll count as steps too."""
        during = [poll.before.values() for poll in self.steps if isinstance(poll, Poll)]
        return len(self.before) + len(self.steps) + sum(len(acts) for pages in during for acts in pages)

    def as_json(self) -> dict[str, Any]:
        return {
            "before": [list(act) for act in self.before],
            "steps": [_as_json(step) for step in self.steps],
        }

    def text(self) -> str:
        """Return the story as a file with a step on each line."""
        parts = [
            f'  "{name}": ['
            + ",".join(f"\n    {json.dumps(step)}" for step in steps)
            + ("\n  ]" if steps else "]")
            for name, steps in self.as_json().items()
        ]
        return "{\n" + ",\n".join(parts) + "\n}\n"

    def save(self, path: Path) -> None:
        path.write_text(self.text(), "utf-8")


def loaded(path: Path) -> Story:
    """Read a story from its file."""
    document = json.loads(path.read_text("utf-8"))
    return Story(_acts(document["before"]), tuple(_step(step) for step in document["steps"]))


def _as_json(step: Step) -> list[Any]:
    if not isinstance(step, Poll):
        return list(step)
    said: dict[str, Any] = {}
    if step.before:
        said["before"] = {str(page): [list(act) for act in acts] for page, acts in step.before.items()}
    if step.crash:
        said |= {"crash": step.crash, "nth": step.nth}
    return ["poll", said] if said else ["poll"]


def _step(step: list[Any]) -> Step:
    name, *more = step
    if name != "poll":
        return (name, more[0])
    said = more[0] if more else {}
    before = {int(page): list(_acts(acts)) for page, acts in said.get("before", {}).items()}
    return Poll(before, said.get("crash"), said.get("nth", 1))


def _acts(acts: list[list[Any]]) -> tuple[Act, ...]:
    return tuple((name, number) for name, number in acts)
