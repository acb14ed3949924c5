"""Errors in a vendor-neutral form, which each vendor renders in its own error format."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "unauthenticated",
    "forbidden",
    "not_found",
    "method_not_allowed",
    "invalid",
    "rate_limited",
    "too_large",
    "unsupported_media_type",
    "unavailable",
    "server_error",
]


@dataclass(frozen=True, slots=True)
class FieldError:
    """An error about one field, such as `FieldError("items[0].quantity", "must be at least 1")`."""

    field: str
    message: str


@dataclass(eq=False)
class Problem(Exception):  # noqa: N818 - the term of RFC 9457
    """An error to send to the client; handlers and the functions that they call may raise it.

    `message` is a complete sentence, and `fields` lists the invalid fields. `details` contains values that
    the vendor's error format may include, such as the allowed methods or the missing scope. The vendor
    decides whether `headers` are sent. `status` is the HTTP status to send; if it is 0, the vendor chooses
    one for the kind of problem.
    """

    kind: Kind
    message: str
    fields: tuple[FieldError, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    headers: tuple[tuple[bytes, bytes], ...] = ()
    status: int = 0

    def __str__(self) -> str:
        return self.message
