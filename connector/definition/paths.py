"""Looks up a catalog's names in the specification, and reads the values at paths in JSON data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.definition.model.api import JSON
from connector.definition.naming import listed
from connector.definition.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from connector.definition.document import Spec
    from connector.definition.model import Field, Operation, Parameter, Path
    from connector.definition.yaml_lines import Located

At = tuple[object, ...]


def dotted(path: str) -> Path:
    """Split a dotted path into a tuple: `customer.email` -> `("customer", "email")`."""
    return tuple(path.split("."))


def walk(fields: Sequence[Field], path: Path) -> Field | None:
    """Return the field at `path`, which may lead through objects and lists, or None if it does not exist."""
    field = next((field for field in fields if field.key == path[0]), None)
    return field if field is None or len(path) == 1 else walk(field.children, path[1:])


def marked(fields: Sequence[Field], mark: str, before: Path = ()) -> Iterator[Path]:
    """Yield the paths of the fields whose attribute `mark` is true; a path may lead through lists.

    `before` is the path of the object or list that contains the fields.
    """
    for one in fields:
        path = (*before, one.key)
        if getattr(one, mark):
            yield path
        else:
            yield from marked(one.children, mark, path)


class Resolver:
    """Looks up a catalog's names in the specification, and collects all problems in `problems`.

    If a method finds an unknown name, it adds a problem and raises no error, so that one run finds all
    problems. In all methods, `subject` is the beginning of the message and describes the part of the catalog
    that uses the name, such as "source returns". `at` is the path of this part in the catalog; the line
    number of this path is added to the message.
    """

    def __init__(self, spec: Spec, located: Located) -> None:
        self.spec = spec
        self.located = located
        self.problems: list[str] = []
        self.used: set[str] = set()
        self.filled: set[str] = set()
        """Names of parameters and body fields that need no input, because login fields fill them."""
        self.paged: dict[str, set[str]] = {}
        """The parameters that paging fills, keyed by operation."""
        self.dependent: set[str] = set()
        """The keys of the dropdowns whose options depend on other inputs."""

    def report(self, at: Sequence[object], sentence: str) -> None:
        """Add a problem: `sentence`, prefixed with the file name and the line number of the key at `at`."""
        self.problems.append(self.located.message(at, sentence))

    def operation(self, name: str, at: At, subject: str) -> Operation | None:
        """Return the operation `name`, or None if it cannot be used.

        Reports a problem if the operation does not exist or does not respond with JSON.
        """
        operation = self.spec.operations.get(name)
        if operation is None:
            suggestion = did_you_mean(name, self.spec.operations) or "."
            self.report(
                at, f"{subject} names operation {name}, which the specification does not have{suggestion}"
            )
            return None
        self.used.add(name)
        if operation.media_type != JSON:
            self.report(
                at,
                f"{subject} names operation {name}, which answers with {operation.media_type}, not {JSON}.",
            )
            return None
        return operation

    def parameter(self, operation: Operation, name: str, at: At, subject: str) -> Parameter | None:
        """Return the operation's parameter `name`; report a problem and return None if it does not exist."""
        parameter = operation.parameter(name)
        if parameter is None:
            names = [parameter.name for parameter in operation.parameters]
            suggestion = did_you_mean(name, names) or "."
            self.report(
                at, f"{subject} names parameter {name}, which {operation.id} does not have{suggestion}"
            )
        return parameter

    def path(self, fields: Sequence[Field], written: str, at: At, subject: str) -> Path:
        """Split a dotted path into a tuple, and report a problem if `fields` has no field at the path."""
        steps = dotted(written)
        if walk(fields, steps) is None:
            suggestion = did_you_mean(written, leaves(fields)) or "."
            self.report(at, f"{subject} names field {written}, which the record does not have{suggestion}")
        return steps

    def query(
        self, operation: Operation | None, values: Mapping[str, Any], at: At, subject: str
    ) -> dict[str, Any]:
        """Return a copy of `values`, which maps query parameters to values, and report problems.

        A problem is a parameter that the operation does not have, or a value that is not one of the
        parameter's choices.
        """
        for name, value in values.items():
            parameter = operation and self.parameter(operation, name, (*at, name), subject)
            if parameter and parameter.field.choices:
                allowed = [choice.value for choice in parameter.field.choices]
                if value not in allowed:
                    self.report(
                        (*at, name), f"{subject} sets {name} to {value}; it can be {listed(allowed)}."
                    )
        return dict(values)

    def known(self, name: str, names: Iterable[str], at: At, sentence: str) -> bool:
        """Return True if `name` is one of the catalog's `names`; otherwise report a problem and return False.

        `sentence` is the beginning of the message, up to and including the name.
        """
        names = list(names)
        if name not in names:
            suggestion = did_you_mean(name, names) or "."
            self.report(at, f"{sentence}, which the catalog does not have{suggestion}")
        return name in names


def leaves(fields: Iterable[Field], before: str = "") -> list[str]:
    """List the dotted paths of all fields of a record, including nested fields."""
    paths = []
    for field in fields:
        paths.append(before + field.key)
        paths.extend(leaves(field.children, f"{before}{field.key}."))
    return paths


def at_path(value: Any, path: Path) -> Any:
    """Return the value at `path` inside a JSON value, or None if there is no value at this path.

    A number in the path selects an item of a list: `"0"` is the first item.
    """
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal():
            value = value[int(step)] if int(step) < len(value) else None
        else:
            value = None
    return value


def everything_at(value: Any, path: Path) -> Iterator[Any]:
    """Yield every value at `path`, which may lead through lists; yield None where a value is missing."""
    if isinstance(value, list):
        for item in value:
            yield from everything_at(item, path)
    elif not path:
        yield value
    else:
        yield from everything_at(value.get(path[0]) if isinstance(value, dict) else None, path[1:])
