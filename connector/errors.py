"""The exceptions of this package, all derived from `ConnectorError`.

    ConnectorError
    ├── ConfigurationError      wrong setup: unknown vendor, invalid profile, cursor from another trigger
    │   ├── UnknownKey          no such trigger, action or search (also a KeyError)
    │   └── CatalogError        catalog does not match the specification (`problems`, with line numbers)
    ├── AuthenticationError     401: credential missing, wrong or expired, or unknown account or store
    ├── PermissionDenied        403: the credential is valid but lacks a permission (`scope`)
    ├── NotFound                404: no such record
    ├── ValidationFailed        wrong input, detected before sending or by the vendor (`fields`)
    ├── RateLimited             429, or a rate limit would be exceeded (`retry_after` in seconds)
    ├── VendorUnavailable       5xx, no connection, or timeout: nothing was changed, try again later
    │                           (`retry_after` in seconds)
    ├── UnexpectedResponse      response that is not JSON, is incomplete, or has an unexpected structure
    ├── OutcomeUnknown          write request that may or may not have succeeded (`sent`)
    └── PartlyDone              some lines of an action were written, others were not (`done`, `failed`)

`message` consists of complete sentences that can be shown to the user, without secrets. `operation` is the
operationId of the request, `status` the HTTP status of the response, and `vendor` and `profile` identify the
connection; each is None if unknown. `str(error)` is the message, prefixed with the vendor and the profile if
they are known ("returngo, profile sandbox: …").

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
    """A problem with one input.

    `field` is the path to the input, for example `items[0].quantity`. `message` is the rest of a sentence
    that begins with the path, for example "must be at least 1".
    """

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field} {self.message}"


class ConnectorError(Exception):
    """The base class of all errors in this package. `operation` and `status` are None if unknown."""

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
    """Set `vendor` and `profile` on every `ConnectorError` raised in the `with` block.

    An attribute that is already set is not changed.
    """
    try:
        yield
    except ConnectorError as problem:
        attribute(problem, vendor, profile)
        raise


def attribute(problem: ConnectorError, vendor: str, profile: str | None = None) -> None:
    """Set `vendor` and `profile` on an error.

    An attribute that is already set is not changed.
    """
    problem.vendor = problem.vendor or vendor
    problem.profile = problem.profile or profile


class ConfigurationError(ConnectorError):
    """The setup is wrong: for example, the vendor is unknown or the base URL is invalid."""


class UnknownKey(ConfigurationError, KeyError):  # noqa: N818
    """There is no trigger, action or search with this key.

    The error is also a `KeyError`, which Python raises when a key is missing from a mapping.
    """

    __str__ = ConfigurationError.__str__


class CatalogError(ConfigurationError):
    """A catalog or specification is invalid, or the two do not match.

    `problems` lists all problems. Each is a sentence that starts with the file name and, if it is known, the
    line number.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class AuthenticationError(ConnectorError):
    """The credential is missing, wrong or expired, or the account or store is unknown."""


class PermissionDenied(ConnectorError):  # noqa: N818
    """The credential lacks a permission.

    `scope` is the name of the required permission, or None if unknown.
    """

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
    """The requested record does not exist."""


class ValidationFailed(ConnectorError):  # noqa: N818
    """One or more inputs are invalid, according to the API specification or to the vendor.

    `fields` lists the problems with the inputs; it is empty if the vendor does not say which inputs are
    invalid. `status` is None if no request was sent.
    """

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
    """A request exceeded a rate limit, or was not sent because it would exceed one.

    `retry_after` is the number of seconds to wait before the next request, or None if unknown.
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


class VendorUnavailable(ConnectorError):  # noqa: N818
    """The vendor cannot be reached, or cannot process requests at the moment; nothing was changed.

    `retry_after` is the number of seconds that the vendor asks the client to wait, or None.
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
    """A response does not match the specification: not JSON, incomplete, or with an unexpected structure."""


class OutcomeUnknown(ConnectorError):  # noqa: N818
    """A write request received no usable response, so it may or may not have succeeded.

    Check the vendor's records before sending the request again. `sent` describes the request: `operation`,
    `method`, `path`, `query` and `body`, without credentials.
    """

    def __init__(self, message: str, *, sent: Mapping[str, Any], operation: str | None = None) -> None:
        super().__init__(message, operation=operation)
        self.sent = dict(sent)


class PartlyDone(ConnectorError):  # noqa: N818
    """An action that sends a request for each of several lines wrote some of them only.

    `done` maps the number of each line that was written, counted from 1, to the record in the vendor's
    response. `failed` maps the numbers of the other lines that were sent to their errors: a line with
    `OutcomeUnknown` may be written. Lines in neither of them were not sent. Send only those lines again that
    were not written.
    """

    def __init__(
        self,
        message: str,
        *,
        done: Mapping[int, Mapping[str, Any]],
        failed: Mapping[int, ConnectorError],
        operation: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message, operation=operation, status=status)
        self.done = dict(done)
        self.failed = dict(failed)


class Skip(Exception):  # noqa: N818 - a request of a handler, not an error
    """Raised by an event handler to skip an event, for example `raise Skip("no such order")`.

    A skipped event is not retried automatically. If a handler raises any other exception, it is called again
    with the same event.
    """


def as_connector_error(problem: Exception) -> ConnectorError:
    """Wrap an exception in a `ConnectorError`; return a `ConnectorError` unchanged.

    The original exception becomes the `__cause__` of the new error.
    """
    if isinstance(problem, ConnectorError):
        return problem
    text = " ".join(str(problem).split())[:200]
    error = ConnectorError(f"This program failed ({type(problem).__name__}{f': {text}' if text else ''}).")
    error.__cause__ = problem
    return error
