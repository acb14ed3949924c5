"""Reads, writes and applies facts: the parts of a specification that an account has confirmed.

`returns verify --facts` writes the facts about one account to a file. The file contains only names:
operations, parameters, inputs and paths of fields. A part of the specification that is `assumed` counts as
`observed` if the facts contain it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping  # noqa: TC003 - pydantic reads the annotation
from pathlib import Path  # noqa: TC003 - part of the public signatures
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import ValidationError

import openapi
from connector.definition.model import Field, FrozenModel, Operation
from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from connector.definition.document import Spec
    from connector.definition.model import Provenance

T = TypeVar("T", Field, Operation)


class OperationFacts(FrozenModel):
    """The confirmed parts of one operation that succeeded.

    `parameters` and `inputs` (fields of the request body) are names; `fields` are paths in the response, such
    as `data[].items[].sku`.
    """

    parameters: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


class Facts(FrozenModel):
    """The facts about one vendor's API, as confirmed for one account.

    `specification` is the SHA-256 hash of the specification that the account was compared with, and
    `verified_on` the day in UTC, as `YYYY-MM-DD`.
    """

    format: Literal["returns-facts/1"] = "returns-facts/1"
    vendor: str
    specification: str
    verified_on: str
    operations: Mapping[str, OperationFacts] = {}

    @property
    def is_current(self) -> bool:
        """True if the specification has not changed since the account was verified."""
        return openapi.digest(self.vendor) == self.specification


def read(path: Path) -> Facts:
    """Read a facts file; raise `ConfigurationError` if it cannot be read or is not a facts file."""
    try:
        return Facts.model_validate(json.loads(path.read_bytes()))
    except OSError as error:
        reason = (error.strerror or "it is not readable").lower()
        raise ConfigurationError(f"The facts in {path} cannot be read: {reason}.") from error
    except (ValueError, ValidationError, RecursionError) as error:
        raise ConfigurationError(
            f"{path} is not a file of facts; `returns verify VENDOR --facts FILE` writes one."
        ) from error


def write(path: Path, facts: Facts) -> None:
    """Write facts to a file, replacing earlier facts.

    Raises `ConfigurationError` if the file cannot be written, or if it exists and is not a facts file.
    """
    if path.exists():
        read(path)
    try:
        path.write_text(json.dumps(facts.model_dump(mode="json"), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or "it is not writable").lower()
        raise ConfigurationError(f"The facts cannot be written to {path}: {reason}.") from error


def apply(spec: Spec, facts: Facts) -> None:
    """Mark the confirmed parts of the specification's operations as observed; ignore unknown names."""
    for name, known in facts.operations.items():
        if name in spec.operations:
            spec.operations[name] = _observed_operation(spec.operations[name], known)


def confirmed_members(spec: Spec, facts: Facts) -> set[tuple[str, str]]:
    """Return the confirmed fields, each as a pair of a component schema's name and a field's name."""
    found: set[tuple[str, str]] = set()
    for name, known in facts.operations.items():
        operation = spec.operations.get(name)
        if operation is None:
            continue
        item = spec.resolve(spec.document["paths"][operation.path], operation.path)
        responses = item[operation.method.lower()]["responses"]
        node = spec.resolve(responses.get(str(operation.status), {}), name)
        schema = node.get("content", {}).get(operation.media_type, {}).get("schema", {})
        for place in known.fields:
            found.update(_owners(spec, schema, _steps(place), frozenset()))
    return found


def _observed_operation(operation: Operation, known: OperationFacts) -> Operation:
    parameters = tuple(
        one.model_copy(update={"field": _observed(one.field)}) if one.name in known.parameters else one
        for one in operation.parameters
    )
    body = operation.body and _observed_at(operation.body, set(known.inputs), "")
    response = _observed_at(operation.response, set(known.fields), "")
    path = "observed" if operation.path_provenance == "assumed" else operation.path_provenance
    update = {"parameters": parameters, "body": body, "response": response, "path_provenance": path}
    return _observed(operation).model_copy(update=update)


def _observed_at(field: Field, places: Collection[str], place: str) -> Field:
    inside = f"{place}[]" if field.type == "list" else place
    before = f"{inside}." if inside else ""
    children = tuple(_observed_at(child, places, before + child.key) for child in field.children)
    field = field.model_copy(update={"children": children})
    return _observed(field) if place in places else field


def _observed(part: T) -> T:
    raised: Provenance = "observed" if part.provenance == "assumed" else part.provenance
    return part.model_copy(update={"provenance": raised})


def _steps(place: str) -> list[str]:
    """Split a path such as `data[].items[].sku` into the names of its members; `[]` is dropped."""
    return [name for step in place.split(".") if (name := step.replace("[]", ""))]


def _owners(
    spec: Spec, schema: Mapping[str, Any], steps: list[str], owners: frozenset[str]
) -> Iterator[tuple[str, str]]:
    """Yield the pair (schema name, member name) for each component schema that defines the member at `steps`.

    `owners` are the names of the component schemas to which `schema` itself belongs.
    """
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        yield from _owners(spec, spec.resolve(schema, name), steps, owners | {name})
        return
    for part in schema.get("allOf", ()):
        yield from _owners(spec, part, steps, owners)
    if "items" in schema:
        yield from _owners(spec, schema["items"], steps, owners)
    first, *rest = steps
    if first in schema.get("properties", {}):
        if rest:
            yield from _owners(spec, schema["properties"][first], rest, frozenset())
        else:
            yield from ((owner, first) for owner in owners)
