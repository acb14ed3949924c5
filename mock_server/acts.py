"""Acts: operations that a merchant performs outside the API, and that only this vendor has.

A vendor declares its acts. The control plane lists them, validates their inputs and runs them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from jsonschema_rs import Draft4Validator

from mock_server.engine.messages import explain
from mock_server.engine.problem import FieldError
from mock_server.store import Change

Run = Callable[[Change, str, Mapping[str, Any], int], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Act:
    """One act. `sentence` describes it, `schema` is the JSON Schema (draft 4) of its input, an object.

    `run(change, tenant, input, at)` performs it and returns the changed document in the vendor's form. It
    raises `LookupError` for an unknown id, and `IllegalMove` or `ValueError` if the act is not possible.
    """

    sentence: str
    schema: Mapping[str, Any]
    run: Run

    def faults(self, requested: Any) -> list[FieldError]:
        """Return the errors in an act's input; empty if it is valid."""
        return explain(Draft4Validator(dict(self.schema), validate_formats=True), requested)


@runtime_checkable
class Acting(Protocol):
    """A vendor that has acts, by name."""

    acts: Mapping[str, Act]


def acts_of(vendor: object) -> Mapping[str, Act]:
    """Return the acts of a vendor by name; empty if it declares none."""
    return vendor.acts if isinstance(vendor, Acting) else {}
