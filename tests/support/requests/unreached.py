"""Inputs of operations that a step of the catalog cannot send, each with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connector.definition.compiler import integration
from support.report_data import Row
from support.requests.inputs import described

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from connector.definition.model import Action, InputField, Integration, Operation

LOGIN = "The login fills it."
PAGES = "The connector fills it, page by page."
FIXED = "The step always sends the same value."
NO_INPUT = "The step has no input for it."
NEVER_SENT = "It is compared with the records that arrive, and never sent."


@dataclass(frozen=True)
class Unreached:
    """An input, `name`, that a use cannot send."""

    vendor: str
    use: str
    name: str
    why: str

    def row(self) -> Row:
        return Row(self.vendor, self.use, f"input {self.name}", "not reachable", self.why)


def sent_once(made: Integration) -> dict[str, Action]:
    """Return the actions that send one request.

    `tests/matrix/test_lines.py` tests those that send one for each of several lines.
    """
    return {key: one for key, one in made.actions.items() if not one.each}


def unreached(vendor: str) -> Iterator[Unreached]:
    """Yield every input of an operation that an action, search or dropdown cannot send."""
    made = integration(vendor)
    for key, action in sent_once(made).items():
        operation = made.operations[action.operation]
        fixed = {path[0]: value for path, value in action.constants}
        yield from _of_step(made, f"action {key}", operation, action.inputs, fixed)
    for key, search in made.searches.items():
        operation = made.operations[search.operation]
        yield from _of_step(made, f"search {key}", operation, search.inputs, search.query)
    for key, dropdown in made.dropdowns.items():
        if dropdown.search and dropdown.operation:
            operation = made.operations[dropdown.operation]
            fixed = dict(dropdown.query)
            yield from _of_step(made, f"dropdown {key}", operation, (), fixed, {dropdown.search})


def _of_step(
    made: Integration,
    use: str,
    operation: Operation,
    inputs: Sequence[InputField],
    fixed: Mapping[str, Any],
    sent: Collection[str] = (),
) -> Iterator[Unreached]:
    vendor = made.vendor.id
    offered = {field.path[0] for field in inputs if field.location != "match"} | set(sent)
    offered |= {field.repeated_as for field in inputs if field.repeated_as}
    for name in described(vendor)[operation.id].places:
        if name not in offered:
            yield Unreached(vendor, use, name, _reason(made, operation, name, fixed))
    for field in inputs:
        if field.location == "match":
            yield Unreached(vendor, use, field.key, NEVER_SENT)


def _reason(made: Integration, operation: Operation, name: str, fixed: Mapping[str, Any]) -> str:
    paging = made.paging.get(operation.paging or "")
    if name in made.authentication.sends:
        return LOGIN
    if paging and name in (paging.page_parameter, paging.size_parameter):
        return PAGES
    return FIXED if name in fixed else NO_INPUT
