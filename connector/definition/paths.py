"""Looks up the names a catalog uses in the description, and collects every complaint with its line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.definition.model.api import JSON
from connector.definition.naming import did_you_mean, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from connector.definition.document import Spec
    from connector.definition.model import Field, Operation, Parameter, Path
    from connector.definition.yaml_lines import Located

At = tuple[object, ...]


def dotted(path: str) -> Path:
    """`customer.email` -> `("customer", "email")`."""
    return tuple(path.split("."))


def walk(fields: Sequence[Field], path: Path) -> Field | None:
    """Return the field at `path`, stepping through objects and through the items of lists."""
    found = next((field for field in fields if field.key == path[0]), None)
    return found if found is None or len(path) == 1 else walk(found.children, path[1:])


class Resolver:
    """One catalog against one description. Look-ups of wrong names complain and return None."""

    def __init__(self, spec: Spec, located: Located) -> None:
        self.spec = spec
        self.located = located
        self.problems: list[str] = []
        self.used: set[str] = set()
        self.filled: set[str] = set()
        """Parameters and body fields that the login fills, so that no input has to."""
        self.paged: dict[str, set[str]] = {}
        """Parameters that reading page by page fills, by operation."""

    def complain(self, at: Sequence[object], sentence: str) -> None:
        self.problems.append(self.located.complaint(at, sentence))

    def operation(self, name: str, at: At, who: str) -> Operation | None:
        found = self.spec.operations.get(name)
        if found is None:
            guess = did_you_mean(name, self.spec.operations) or "."
            self.complain(at, f"{who} names operation {name}, which the spec does not have{guess}")
            return None
        self.used.add(name)
        if found.media_type != JSON:
            self.complain(
                at, f"{who} names operation {name}, which answers with {found.media_type}, not {JSON}."
            )
            return None
        return found

    def parameter(self, operation: Operation, name: str, at: At, who: str) -> Parameter | None:
        found = operation.parameter(name)
        if found is None:
            names = [one.name for one in operation.parameters]
            guess = did_you_mean(name, names) or "."
            self.complain(at, f"{who} names parameter {name}, which {operation.id} does not have{guess}")
        return found

    def path(self, fields: Sequence[Field], written: str, at: At, who: str) -> Path:
        """Return the path, complaining when the record has no such field."""
        steps = dotted(written)
        if walk(fields, steps) is None:
            guess = did_you_mean(written, leaves(fields)) or "."
            self.complain(at, f"{who} names field {written}, which the record does not have{guess}")
        return steps

    def query(
        self, operation: Operation | None, values: Mapping[str, Any], at: At, who: str
    ) -> dict[str, Any]:
        """Check fixed query values: the parameters exist and take them."""
        for name, value in values.items():
            parameter = operation and self.parameter(operation, name, (*at, name), who)
            if parameter and parameter.field.choices:
                allowed = [choice.value for choice in parameter.field.choices]
                if value not in allowed:
                    self.complain((*at, name), f"{who} sets {name} to {value}; it can be {listed(allowed)}.")
        return dict(values)

    def known(self, name: str, names: Iterable[str], at: At, sentence: str) -> bool:
        """Check a reference inside the catalog; `sentence` says what names what, without the full stop."""
        names = list(names)
        if name not in names:
            self.complain(
                at, f"{sentence}, which the catalog does not have{did_you_mean(name, names) or '.'}"
            )
        return name in names


def leaves(fields: Iterable[Field], before: str = "") -> list[str]:
    """Return every field path of a record, dotted."""
    found = []
    for field in fields:
        found.append(before + field.key)
        found.extend(leaves(field.children, f"{before}{field.key}."))
    return found


def at_path(value: Any, path: Path) -> Any:
    """Return what a JSON value holds at `path`, or None where it holds nothing; `0` is a list's first."""
    for step in path:
        if isinstance(value, list) and step.isdecimal():
            value = value[int(step)] if int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def everything_at(value: Any, path: Path) -> Iterator[Any]:
    """Yield every value at `path`, which may lead through lists; those that are missing are None."""
    if isinstance(value, list):
        for one in value:
            yield from everything_at(one, path)
    elif not path:
        yield value
    else:
        yield from everything_at(value.get(path[0]) if isinstance(value, dict) else None, path[1:])
