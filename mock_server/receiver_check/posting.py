"""Posts requests to a receiver, and measures the response times. Redirects are not followed."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import httpx

_JSON: Final = "application/json"
_AGENT: Final = "returns-receiver-check"
_MAX_BODY: Final = 1_000_000
"""The most bytes of an answer that are read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A receiver's answer, or the reason why it is missing.

    If there was no answer, `status` is None, and `error` is a clause such as "it cannot be reached".
    `milliseconds` is the time until the answer or the failure. `location` is the target of a redirect, or "".
    """

    status: int | None
    milliseconds: float
    error: str = ""
    location: str = ""
    timed_out: bool = False
    unreachable: bool = False

    @property
    def is_accepted(self) -> bool:
        """True if the receiver answered with a 2xx status."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - RFC 9110, section 15.3

    @property
    def is_refused(self) -> bool:
        """True if the receiver answered with a 4xx status."""
        return self.status is not None and 400 <= self.status < 500  # noqa: PLR2004 - RFC 9110, section 15.5

    @property
    def is_redirect(self) -> bool:
        """True if the receiver answered with a 3xx status."""
        return self.status is not None and 300 <= self.status < 400  # noqa: PLR2004 - RFC 9110, section 15.4

    def __str__(self) -> str:
        """Describe the answer as a clause, such as "it answers 200"."""
        if self.status is None:
            return self.error
        to = f" (to {self.location})" if self.location else ""
        return f"it answers {self.status}{to}"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request to send to the receiver.

    `headers` contains the vendor's headers. If `url` is "", the request is sent to the URL of the `Poster`.
    """

    body: bytes
    headers: Mapping[str, str]
    content_type: str = _JSON
    url: str = ""


class Poster:
    """Posts requests to one receiver.

    `timeout` is the time limit for each answer, in seconds. `ticks` returns the value of a counter in
    microseconds, which measures the response times.
    """

    def __init__(self, client: httpx.AsyncClient, url: str, timeout: float, ticks: Callable[[], int]) -> None:
        self._client = client
        self.url = url
        self.timeout = timeout
        self._ticks = ticks

    async def post(self, outgoing: Outgoing) -> Answer:
        """Post one request, and return the answer, or an `Answer` with an error if there is no response.

        The whole answer must arrive within the time limit: httpx's own timeouts restart with each byte.
        """
        headers = {"Content-Type": outgoing.content_type, "User-Agent": _AGENT, **outgoing.headers}
        start = self._ticks()
        try:
            async with asyncio.timeout(self.timeout):
                request = self._client.build_request(
                    "POST",
                    outgoing.url or self.url,
                    content=outgoing.body,
                    headers=headers,
                    timeout=self.timeout,
                )
                response = await self._client.send(request, stream=True, follow_redirects=False)
                await _discard_body(response)
        except (TimeoutError, httpx.TimeoutException):
            error = f"it does not answer within {self.timeout:g} s"
            return Answer(None, self._since(start), error, timed_out=True)
        except httpx.ConnectError as problem:
            reason = str(problem) or type(problem).__name__
            return Answer(None, self._since(start), f"it cannot be reached ({reason})", unreachable=True)
        except httpx.HTTPError as problem:
            error = f"it closes the connection without an answer ({type(problem).__name__})"
            return Answer(None, self._since(start), error)
        location = response.headers.get("location", "") if response.is_redirect else ""
        return Answer(response.status_code, self._since(start), location=location)

    def _since(self, start: int) -> float:
        return (self._ticks() - start) / 1_000


async def _discard_body(response: httpx.Response) -> None:
    """Read the body, without decompressing it, so that the connection can be used again; then close it.

    A body of more than `_MAX_BODY` bytes is not read to its end.
    """
    received = 0
    try:
        if not response.is_stream_consumed:
            async for part in response.aiter_raw():
                received += len(part)
                if received > _MAX_BODY:
                    break
    finally:
        await response.aclose()
