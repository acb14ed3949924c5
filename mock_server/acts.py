"""Acts: vendor-specific operations that a merchant performs in the vendor's own pages, outside the API.

A vendor declares its acts. The control plane lists the acts, validates their input and runs them.
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
    """An act that a vendor declares.

    `sentence` describes the act, and `schema` is the JSON Schema (draft 4) of its input, an object.

    `run(change, tenant, input, at)` performs the act and returns the changed document in the vendor's format.
    It raises `LookupError` for an unknown ID, and `IllegalMove` or `ValueError` if the act is not possible.
    """

    sentence: str
    schema: Mapping[str, Any]
    run: Run

    def faults(self, requested: Any) -> list[FieldError]:
        """Validate an input for the act, and return its errors; an empty list if the input is valid."""
        return explain(Draft4Validator(dict(self.schema), validate_formats=True), requested)


@runtime_checkable
class Acting(Protocol):
    """A vendor that declares acts, keyed by name."""

    acts: Mapping[str, Act]


def acts_of(vendor: object) -> Mapping[str, Act]:
    """Return a vendor's acts, keyed by name; an empty mapping if the vendor declares no acts."""
    return vendor.acts if isinstance(vendor, Acting) else {}
