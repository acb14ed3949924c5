"""Acts: operations that merchants perform on a vendor's web pages, not through its API.

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
    """An operation that merchants perform on a vendor's web pages, not through its API.

    `sentence` describes the act, and `schema` is the JSON Schema (draft 4) of its input, which is a JSON
    object.

    `run(change, tenant, input, at)` performs the act at the tenant's time `at` (µs), and returns the document
    that it changed, in the vendor's format. It raises `LookupError` if the input contains an unknown ID, and
    `IllegalMove` or `ValueError` if the act is not possible.
    """

    sentence: str
    schema: Mapping[str, Any]
    run: Run

    def faults(self, requested: Any) -> list[FieldError]:
        """Validate the input for the act; return its errors, or an empty list if it is valid."""
        return explain(Draft4Validator(dict(self.schema), validate_formats=True), requested)


@runtime_checkable
class Acting(Protocol):
    """A vendor whose merchants can perform acts; `acts` maps the name of each act to the act."""

    acts: Mapping[str, Act]


def acts_of(vendor: object) -> Mapping[str, Act]:
    """Return a vendor's acts, keyed by name, or an empty mapping if the vendor declares no acts."""
    return vendor.acts if isinstance(vendor, Acting) else {}
