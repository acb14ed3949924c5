"""Everything that can go wrong, as one tree.

    ConnectorError
    ├── ConfigurationError      the caller's set-up: unknown vendor, bad profile, cursor of another trigger
    │   ├── UnknownKey          a trigger, action or search that is not offered (also a KeyError)
    │   └── CatalogError        a catalog that does not fit its description (`problems`, with their lines)
    ├── AuthenticationError     401: the credential is missing, wrong or expired; or no such account or store
    ├── PermissionDenied        403: the credential is good but may not do this (`scope` is missing)
    ├── NotFound                404: no such record
    ├── ValidationFailed        the input is wrong, found here or by the vendor (`fields`)
    ├── RateLimited             429, or a limit that would be exceeded (`retry_after` seconds)
    ├── VendorUnavailable       5xx, no connection or no answer in time: nothing was done, try later
    │                           (`retry_after` seconds)
    ├── UnexpectedResponse      an answer that is not JSON, cut off, or of another shape
    └── OutcomeUnknown          a write that may or may not have happened (`sent`)

Messages are sentences for people and hold no secret. `operation` names the request concerned, `status` the
HTTP status if there was one. `vendor` and `profile` say whose connection it was, and `str(error)` begins with
them: "returngo, profile sandbox: …"; `message` is the sentence alone.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class FieldError:
    """One input that was refused: `items[0].quantity`, "must be at least 1"."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field} {self.message}"


class ConnectorError(Exception):
    """Root of the tree; carries the operation and the HTTP status where they are known."""

    def __init__(self, message: str, *, operation: str | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.operation = operation
        self.status = status
        self.vendor: str | None = None
        self.profile: str | None = None

    def __str__(self) -> str:
        place = self.vendor or ""
        if self.profile:
            place = f"{place}, profile {self.profile}".removeprefix(", ")
        return f"{place}: {self.message}" if place else self.message


@contextmanager
def concerning(vendor: str, profile: str | None = None) -> Iterator[None]:
    """Note in each error that leaves this block which vendor and profile it concerns, if it does not say."""
    try:
        yield
    except ConnectorError as problem:
        name(problem, vendor, profile)
        raise


def name(problem: ConnectorError, vendor: str, profile: str | None = None) -> None:
    """Note which vendor and profile an error concerns, if it does not say."""
    problem.vendor = problem.vendor or vendor
    problem.profile = problem.profile or profile


class ConfigurationError(ConnectorError):
    """The caller's set-up is wrong; no request was sent."""


class UnknownKey(ConfigurationError, KeyError):  # noqa: N818
    """A key that is not offered; also a `KeyError`, as mappings promise."""

    __str__ = ConfigurationError.__str__


class CatalogError(ConfigurationError):
    """A catalog does not fit its description; `problems` are sentences that start with file and line."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class AuthenticationError(ConnectorError):
    """The credential is missing, wrong or expired."""


class PermissionDenied(ConnectorError):  # noqa: N818
    """The credential may not do this; `scope` is what the operation needs, when it is known."""

    def __init__(
        self,
        message: str,
        *,
        scope: str | None = None,
        operation: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message, operation=operation, status=status)
        self.scope = scope


class NotFound(ConnectorError):  # noqa: N818
    """No such record."""


class ValidationFailed(ConnectorError):  # noqa: N818
    """Some inputs are wrong; `fields` says which. `status` is None when they were refused before sending."""

    def __init__(
        self,
        message: str,
        *,
        fields: Sequence[FieldError] = (),
        operation: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message, operation=operation, status=status)
        self.fields = tuple(fields)


class RateLimited(ConnectorError):  # noqa: N818
    """Too many requests; `retry_after` is how many seconds to wait, when the vendor says."""

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        operation: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message, operation=operation, status=status)
        self.retry_after = retry_after


class VendorUnavailable(ConnectorError):  # noqa: N818
    """The vendor cannot be reached or cannot answer now; nothing was changed.

    `retry_after` is how many seconds to wait, when the vendor says.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        operation: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message, operation=operation, status=status)
        self.retry_after = retry_after


class UnexpectedResponse(ConnectorError):  # noqa: N818
    """The answer is not what the description allows: not JSON, cut off, or of another shape."""


class OutcomeUnknown(ConnectorError):  # noqa: N818
    """A write got no answer and its effect was not found; `sent` is the request without secrets."""

    def __init__(self, message: str, *, sent: Mapping[str, Any], operation: str | None = None) -> None:
        super().__init__(message, operation=operation)
        self.sent = dict(sent)


class Skip(Exception):  # noqa: N818 - it is what a handler asks for
    """A handler raises it to set an event aside: `raise Skip("why")`. No other exception does that."""


def unforeseen(problem: Exception) -> ConnectorError:
    """Return an exception as an error of the tree; its cause keeps the traceback."""
    if isinstance(problem, ConnectorError):
        return problem
    said = " ".join(str(problem).split())[:200]
    made = ConnectorError(f"This program failed ({type(problem).__name__}{f': {said}' if said else ''}).")
    made.__cause__ = problem
    return made
