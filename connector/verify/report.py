"""The results of a verification: differences, confirmed parts, and operations that were not compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from connector.definition.model import Provenance

Kind = Literal[
    "undocumented_field",
    "missing_field",
    "other_type",
    "new_value",
    "other_paging",
    "other_error",
    "undocumented_status",
    "other_media_type",
]
TITLES: dict[Kind, str] = {
    "undocumented_field": "Undocumented fields",
    "missing_field": "Missing fields",
    "other_type": "Other types",
    "new_value": "New values",
    "other_paging": "Other paging",
    "other_error": "Other error bodies",
    "undocumented_status": "Undocumented statuses",
    "other_media_type": "Other content types",
}
"""The heading of each kind of difference, in the order of the report."""
Part = Literal["operation", "parameter", "input", "field"]


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """A difference between the responses for an account and the specification.

    `place` is a path in the response body, such as `data[].items[].sku`, or "" for the whole response.
    `detail` is a clause without a period. `provenance` is the provenance of the part of the specification
    that the response contradicts. `seen` is the number of times that the difference occurred, in `of` objects
    or values at this place.
    """

    kind: Kind
    operation: str
    status: int
    place: str
    detail: str
    provenance: Provenance
    seen: int = 1
    of: int = 1


@dataclass(frozen=True, slots=True, order=True)
class Confirmed:
    """A part of the specification that a response confirms.

    `place` is "" for an operation, the name of a parameter or input, or the path of a field in the successful
    response. `provenance` is the part's provenance in the specification.
    """

    operation: str
    part: Part
    place: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Skipped:
    """An operation that was not compared; `reason` is a complete sentence."""

    operation: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a verification of one account.

    `calls` is the number of requests that were sent, and `limit` the number that was stated in advance.
    `compared` lists the operationIds for which a successful response was compared. `notes` are sentences
    about observations that are not differences. `stopped` is the reason why the verification ended early, or
    "".
    """

    vendor: str
    title: str
    profile: str
    calls: int
    limit: int
    compared: tuple[str, ...]
    differences: tuple[Difference, ...]
    confirmed: tuple[Confirmed, ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...] = ()
    stopped: str = ""
