"""`Requests`: the requests that the tested code sent, and assertions about them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from mock_server.testing.differences import differences
from mock_server.testing.records import Exchange, exchange

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

_PAGE = 1_000
_SHOWN = 3
"""The maximum number of requests that the message of a failed assertion describes."""
_UNSET: Any = object()


class _Sandbox(Protocol):
    def call(self, method: str, path: str, *, params: Mapping[str, Any] | None = None) -> Any:
        """Call the control plane, and return the response's JSON."""

    def events(self, path: str, *, params: Mapping[str, Any] | None = None) -> Iterator[Any]:
        """Yield the JSON of each server-sent event of the control plane."""


class Requests:
    """The recorded requests to the vendors' APIs.

    `tenant.requests` contains the requests with the tenant's credentials, and `sandbox.requests` contains
    those whose tenant is unknown. Call the object to list requests:
    `tenant.requests(operation="create_return", status="4xx")`.
    """

    def __init__(self, sandbox: _Sandbox, owner: str = "") -> None:
        self._sandbox = sandbox
        self._path = f"{owner}/requests"

    def __call__(
        self,
        *,
        vendor: str | None = None,
        operation: str | None = None,
        method: str | None = None,
        status: int | str | None = None,
        since: datetime | str | None = None,
        after: int | None = None,
        text: str | None = None,
        fault: str | None = None,
        without_tenant: bool = False,
        limit: int | None = None,
    ) -> list[Exchange]:
        """List the recorded requests that match all filters, oldest first.

        `status` is a status code or a class such as `"4xx"`. Only requests since the time `since` on the
        tenant's clock, and after the request with the ID `after`, are listed. `text` must occur in the
        request or response; credentials are not searched. `fault` is the ID of a fault that changed the
        response. If `without_tenant` is True, the list includes requests whose tenant is unknown, for example
        because of a wrong key. If `limit` is set, only the newest `limit` requests are listed.
        """
        start = since.isoformat() if isinstance(since, datetime) else since
        filters = {
            "vendor": vendor,
            "operation": operation,
            "method": method,
            "status": status,
            "since": start,
            "text": text,
            "fault": fault,
            "without_tenant": "true" if without_tenant else None,
        }
        if limit is not None:
            page = self._sandbox.call("GET", self._path, params={**filters, "after": after, "limit": limit})
            return [exchange(row) for row in reversed(page["requests"])]
        found: list[Exchange] = []
        after = after or 0
        while True:
            query = {**filters, "after": after, "limit": _PAGE, "order": "oldest"}
            page = self._sandbox.call("GET", self._path, params=query)
            found += map(exchange, page["requests"])
            if len(page["requests"]) < _PAGE:
                return found
            after = page["next"]

    def last(self, operation: str | None = None, *, vendor: str | None = None) -> Exchange:
        """Return the newest request or, if `operation` or `vendor` is set, the newest request to it.

        Raises `AssertionError` if there is no such request.
        """
        found = self(operation=operation, vendor=vendor, limit=1)
        if not found:
            raise AssertionError(f"No request was sent{_to(operation, vendor)}. {self._sent()}")
        return found[0]

    def follow(self, *, after: int | None = None, vendor: str | None = None) -> Generator[Exchange]:
        """Yield the recorded requests after the ID `after`, and then each new request as it arrives.

        The iteration ends when the sandbox stops; to end it earlier, close the iterator.
        """
        query = {"after": after, "vendor": vendor}
        for row in self._sandbox.events(f"{self._path}/stream", params=query):
            yield exchange(row)

    def get(self, id_: int) -> Exchange:
        """Return the request with an ID; raise `SandboxError` if it was never recorded or was deleted."""
        return exchange(self._sandbox.call("GET", f"{self._path}/{id_}"))

    def clear(self) -> None:
        """Delete the recorded requests."""
        self._sandbox.call("DELETE", self._path)

    def assert_called(
        self,
        operation: str,
        *,
        times: int | None = None,
        body: Any = _UNSET,
        vendor: str | None = None,
        status: int | str | None = None,
    ) -> list[Exchange]:
        """Check that an operation was called, and return the matching requests, oldest first.

        `times` is the expected number of matching requests; without it, at least one is expected. If `body`
        is set, the request's body must contain the members of `body` and may contain others. Objects in lists
        are compared in the same way; lists must have the same length. Raises `AssertionError`, whose message
        describes the most similar requests and their differences.
        """
        called = self(operation=operation, vendor=vendor, status=status)
        matching = [one for one in called if body is _UNSET or not differences(body, one.request.body)]
        if len(matching) == times or (times is None and matching):
            return matching
        raise AssertionError(self._explain(operation, times, body, called, matching, vendor, status))

    def assert_not_called(
        self, operation: str | None = None, *, body: Any = _UNSET, vendor: str | None = None
    ) -> None:
        """Check that no matching request was sent; without arguments, that no request was sent at all.

        Raises `AssertionError`, whose message lists the matching requests.
        """
        called = self(operation=operation, vendor=vendor)
        matching = [one for one in called if body is _UNSET or not differences(body, one.request.body)]
        if matching:
            raise AssertionError(
                f"{_count(len(matching))} sent{_to(operation, vendor)}, but none was expected:\n"
                + _listed(matching)
            )

    def _explain(
        self,
        operation: str,
        times: int | None,
        body: Any,
        called: Sequence[Exchange],
        matching: Sequence[Exchange],
        vendor: str | None,
        status: int | str | None,
    ) -> str:
        expected = "at least one request" if times is None else f"{times} request{'s' if times != 1 else ''}"
        answered = f" that is answered with {status}" if status is not None else ""
        with_body = " and this body" if body is not _UNSET else ""
        lines = [f"Expected {expected}{_to(operation, vendor)}{with_body}{answered}, found {len(matching)}."]
        if body is not _UNSET and len(matching) < len(called):
            others = [one for one in called if one not in matching]
            others.sort(key=lambda one: len(differences(body, one.request.body)))
            lines.append("The nearest requests, and where their bodies differ:")
            for one in others[:_SHOWN]:
                lines.append(f"  {one.id}: {one}")
                lines += [f"    {line}" for line in differences(body, one.request.body)]
        elif matching:
            lines.append(_listed(matching))
        else:
            lines.append(self._sent())
        return "\n".join(lines)

    def _sent(self) -> str:
        """Describe the newest requests for an error message, including requests whose tenant is unknown."""
        found = self(without_tenant=True, limit=_SHOWN)
        return f"The newest requests are:\n{_listed(found)}" if found else "No request was recorded at all."


def _to(operation: str | None, vendor: str | None) -> str:
    return (f" to {operation}" if operation else "") + (f" of {vendor}" if vendor else "")


def _count(number: int) -> str:
    return "1 request was" if number == 1 else f"{number} requests were"


def _listed(exchanges: Sequence[Exchange]) -> str:
    lines = [f"  {one.id}: {one}" for one in exchanges[-_SHOWN:]]
    more = len(exchanges) - len(lines)
    return "\n".join([*([f"  … and {more} earlier ones"] if more else []), *lines])
