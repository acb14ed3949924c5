"""Gets OAuth access tokens, caches them until they expire, and refreshes them once for all requests.

Single flight: if several requests need a token at the same time, one asks for it and the others wait for
its token or its error. Otherwise each would use the refresh token, and a vendor that rotates refresh tokens
revokes the login when an old one is used again (RFC 9700 section 4.14.2).

A refresh token that the vendor refuses is dropped, and the login's own grants are tried again, except grants
that can be used once (an authorization code).
"""

from __future__ import annotations

import asyncio
from copy import copy
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connector.definition.paths import at_path
from connector.errors import AuthenticationError, ConnectorError, UnexpectedResponse, VendorUnavailable
from connector.transport.retry_after import duration

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from connector.clock import Clock
    from connector.definition.model import TokenGrant, TokenLogin
    from connector.transport.deadline import Deadline

    Exchange = Callable[[Mapping[str, Any], Deadline], Awaitable[Any]]

EARLY = timedelta(seconds=60)
"""How long before its expiry a token is replaced; a tenth of its lifetime, if that is shorter."""
MAX_LIFE = timedelta(days=365)
"""A token with a longer lifetime is replaced after this time."""


class TokenKeeper:
    """The access and refresh token of one connection.

    `credentials` are the login fields by key; `exchange` sends the body of a token request within a
    deadline and returns the answer's body.

    `refresh_token` is the newest one known. `save_refresh_token`, if set, is called with each new one, so
    that a later process can log in with it. `load_newest` returns the newest one saved by any process (""
    if none): if a refresh token can be used once, another process may have used the one known here.
    """

    def __init__(
        self, login: TokenLogin, credentials: Mapping[str, str], exchange: Exchange, clock: Clock
    ) -> None:
        self._login = login
        self._credentials = credentials
        self._exchange = exchange
        self._clock = clock
        self._lock = asyncio.Lock()
        self._access = ""
        self._until: datetime | None = None
        self._spent: set[int] = set()
        self._problem: ConnectorError | None = None
        self.refresh_token = ""
        self.save_refresh_token: Callable[[str], None] | None = None
        self.load_newest: Callable[[], str] = str

    @property
    def secrets(self) -> tuple[str, ...]:
        """The tokens, which no message may contain."""
        return tuple(filter(None, (self._access, self.refresh_token)))

    async def token(self, deadline: Deadline) -> str:
        """Return a valid access token; raise `AuthenticationError` if the vendor refuses the login.

        Raises the other errors of a token request too.
        """
        before = self._problem
        await self._acquire(deadline)
        try:
            if self._access and (self._until is None or self._clock() < self._until):
                return self._access
            if self._problem is not None and self._problem is not before:
                # Another request asked while this one waited, and failed: asking again would fail too. A
                # copy, because a raised exception collects the traceback of its task.
                raise copy(self._problem)
            try:
                await self._renew(deadline)
            except ConnectorError as problem:
                self._problem = problem
                raise
            return self._access
        finally:
            self._lock.release()

    async def _acquire(self, deadline: Deadline) -> None:
        """Take the lock within the deadline: one request asks for a token, the others wait for it."""
        try:
            async with asyncio.timeout(deadline.left):
                await self._lock.acquire()
        except TimeoutError:
            raise VendorUnavailable(
                f"No token was received within {duration(deadline.seconds)}, so nothing was sent.",
                operation=self._login.operation,
            ) from None

    def refuse(self, token: str) -> None:
        """Drop an access token that the vendor refused, unless it has been replaced already.

        Of several requests with the same old token, only the first may drop it: the others would drop the
        new one.
        """
        if token == self._access:
            self._access = ""

    async def _renew(self, deadline: Deadline) -> None:
        """Get a new token; if that is refused, try a refresh token that another process saved."""
        used = {self.refresh_token, *self._credentials.values()}
        try:
            await self._request_token(deadline)
        except AuthenticationError:
            # Another process with the same profile may have used this one-time refresh token and saved the
            # next.
            newer = self.load_newest()
            if not newer or newer in used:
                raise
            self.refresh_token = newer
            await self._request_token(deadline)

    async def _request_token(self, deadline: Deadline) -> None:
        """Use the refresh token if there is one, else the first grant that the login has all fields for."""
        self._access = ""
        if self.refresh_token and self._login.refresh:
            body = self._body(self._login.refresh) | {self._login.refresh_as: self.refresh_token}
            try:
                return await self._exchange_for_token(body, deadline)
            except AuthenticationError:
                self.refresh_token = ""
                if self._grant() is None:
                    raise
        grant = self._grant()
        if grant is None:
            raise AuthenticationError("This login cannot get another token; connect again.")
        await self._exchange_for_token(self._body(self._login.grants[grant]), deadline)
        if self._login.grants[grant].once:
            self._spent.add(grant)
        return None

    def _grant(self) -> int | None:
        """Return the index of the first grant that the login has all fields for; None if there is none."""
        complete = (
            index
            for index, grant in enumerate(self._login.grants)
            if index not in self._spent
            and all(self._credentials.get(field) for field in grant.fills.values())
        )
        return next(complete, None)

    def _body(self, grant: TokenGrant) -> dict[str, Any]:
        filled = {
            name: self._credentials[field]
            for name, field in grant.fills.items()
            if self._credentials.get(field)
        }
        return {**grant.constants, **filled}

    async def _exchange_for_token(self, body: Mapping[str, Any], deadline: Deadline) -> None:
        """Send a token request, and store the tokens of its answer (RFC 6749 section 5.1)."""
        answer = await self._exchange(body, deadline)
        login = self._login
        access = at_path(answer, login.access_token)
        # It becomes a header value: a line break in it would inject a header (RFC 9110 section 5.5).
        if not isinstance(access, str) or not access or not access.isascii() or not access.isprintable():
            raise UnexpectedResponse(f"{login.operation} was answered without a token.")
        self._access = access
        self._until = self._expiry(at_path(answer, login.expires_in) if login.expires_in else None)
        refresh = at_path(answer, login.refresh_token) if login.refresh_token else None
        if isinstance(refresh, str) and refresh != self.refresh_token:
            self.refresh_token = refresh
            # Saved before the access token is used: the old refresh token may be void from now on.
            if self.save_refresh_token:
                self.save_refresh_token(refresh)

    def _expiry(self, seconds: Any) -> datetime | None:
        """Return when to replace a token that is valid for `seconds`; None if they are missing or invalid."""
        try:
            life = min(timedelta(seconds=int(seconds)), MAX_LIFE)
        except (TypeError, ValueError):
            return None
        except OverflowError:
            life = MAX_LIFE
        if life <= timedelta() or isinstance(seconds, bool):
            return None
        return self._clock() + life - min(EARLY, life / 10)
