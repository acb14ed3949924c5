"""The exceptions of this package, all derived from `ConnectorError`.

    ConnectorError
    ├── ConfigurationError      wrong set-up: unknown vendor, bad profile, cursor of another trigger
    │   ├── UnknownKey          no such trigger, action or search (also a KeyError)
    │   └── CatalogError        a catalog does not match its specification (`problems`, with line numbers)
    ├── AuthenticationError     401: the credential is missing, wrong or expired; or no such account or store
    ├── PermissionDenied        403: the credential is valid but lacks a permission (`scope`)
    ├── NotFound                404: no such record
    ├── ValidationFailed        wrong input, detected before sending or by the vendor (`fields`)
    ├── RateLimited             429, or a limit that would be exceeded (`retry_after` in seconds)
    ├── VendorUnavailable       5xx, no connection, or no answer in time: nothing changed, try later
    │                           (`retry_after` in seconds)
    ├── UnexpectedResponse      an answer that is not JSON, is cut off, or has another shape
    └── OutcomeUnknown          a write that may or may not have happened (`sent`)

Messages are sentences for people and contain no secrets. `operation` is the operationId of the request,
`status` its HTTP status, `vendor` and `profile` name the connection; each is None if unknown. `str(error)`
begins with the connection ("returngo, profile sandbox: …"), `message` is the sentence alone.

    try:
        await rm.actions["create_return"](order_number="#1001", …)
    except ValidationFailed as error:
        print(error.fields)
    except RateLimited as error:
        await asyncio.sleep(error.retry_after or 60)
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class FieldError:
    """A wrong input: its name, as `items[0].quantity`, and what is wrong, as "must be at least 1"."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field} {self.message}"


class ConnectorError(Exception):
    """The base of all errors; `operation` and `status` are None if unknown."""

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
def attributed_to(vendor: str, profile: str | None = None) -> Iterator[None]:
    """Add vendor and profile to each error that leaves the block, unless it has them."""
    try:
        yield
    except ConnectorError as problem:
        attribute(problem, vendor, profile)
        raise


def attribute(problem: ConnectorError, vendor: str, profile: str | None = None) -> None:
    """Add vendor and profile to an error, unless it has them."""
    problem.vendor = problem.vendor or vendor
    problem.profile = problem.profile or profile


class ConfigurationError(ConnectorError):
    """The set-up is wrong: vendor, profile, base URL, cursor or catalog."""


class UnknownKey(ConfigurationError, KeyError):  # noqa: N818
    """There is no trigger, action or search with this key; also a `KeyError`, as for any mapping."""

    __str__ = ConfigurationError.__str__


class CatalogError(ConfigurationError):
    """A catalog does not match its specification; `problems` are sentences that start with file and line."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class AuthenticationError(ConnectorError):
    """The credential is missing, wrong or expired."""


class PermissionDenied(ConnectorError):  # noqa: N818
    """The credential lacks a permission; `scope` is the one the operation needs, None if unknown."""

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
    """The record does not exist."""


class ValidationFailed(ConnectorError):  # noqa: N818
    """Some inputs are wrong: see `fields`. `status` is None if they were refused before sending."""

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
    """Too many requests; `retry_after` is how many seconds to wait, None if unknown."""

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

    `retry_after` is how many seconds the vendor asks to wait, None if it does not say.
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
    """The answer does not match the specification: not JSON, cut off, or of another shape."""


class OutcomeUnknown(ConnectorError):  # noqa: N818
    """A write got no answer, and its effect was not found; check before you send it again.

    `sent` is the request: `operation`, `method`, `path`, `query` and `body`, without credentials.
    """

    def __init__(self, message: str, *, sent: Mapping[str, Any], operation: str | None = None) -> None:
        super().__init__(message, operation=operation)
        self.sent = dict(sent)


class Skip(Exception):  # noqa: N818 - a request of a handler, not an error
    """Raise it in a handler to set an event aside: `raise Skip("why")`. After others it is tried again."""


def as_connector_error(problem: Exception) -> ConnectorError:
    """Return an unforeseen exception as a `ConnectorError`, with the exception as its cause."""
    if isinstance(problem, ConnectorError):
        return problem
    text = " ".join(str(problem).split())[:200]
    error = ConnectorError(f"This program failed ({type(problem).__name__}{f': {text}' if text else ''}).")
    error.__cause__ = problem
    return error
