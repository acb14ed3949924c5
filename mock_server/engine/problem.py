"""Why a request was refused, in neutral terms; each vendor renders it in its own envelope."""

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
    """One field that was refused: `FieldError("items[0].quantity", "must be at least 1")`."""

    field: str
    message: str


@dataclass(eq=False)
class Problem(Exception):  # noqa: N818 - named for what it carries to the caller, as in RFC 9457
    """A request that cannot be answered; raised anywhere below the engine.

    `message` is a sentence, `fields` lists every refused field, `details` is for facts a vendor may
    want to show (allowed states, the missing scope). `headers` go on the answer if the vendor sends them.
    """

    kind: Kind
    message: str
    fields: tuple[FieldError, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    headers: tuple[tuple[bytes, bytes], ...] = ()

    def __str__(self) -> str:
        return self.message
