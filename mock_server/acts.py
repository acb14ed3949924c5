"""A vendor's own acts: what its merchant does outside the API, and no neutral word of ours covers.

A vendor declares them; the control plane lists them, checks what is asked, and runs them.
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
    """One act. `schema` is the JSON Schema (draft 4) of what has to be told, an object without surprises.

    `run(change, tenant, requested, at)` runs it and returns the document that changed, as the vendor shows
    it; it raises `LookupError` for an id that nothing has, and `IllegalMove` or `ValueError` for what cannot
    be.
    """

    sentence: str
    schema: Mapping[str, Any]
    run: Run

    def faults(self, requested: Any) -> list[FieldError]:
        """Say what is wrong with a wish; nothing: it can be carried out."""
        return explain(Draft4Validator(dict(self.schema), validate_formats=True), requested)


@runtime_checkable
class Acting(Protocol):
    """A vendor that has acts of its own, by name."""

    acts: Mapping[str, Act]


def acts_of(vendor: object) -> Mapping[str, Act]:
    """The acts of a vendor; none, if it declares none."""
    return vendor.acts if isinstance(vendor, Acting) else {}
