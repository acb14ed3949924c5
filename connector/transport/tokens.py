"""Gets OAuth access tokens, caches them until they expire, and refreshes them for all concurrent requests.

If several requests need a new token at the same time, only one of them sends a token request. The others wait
for it, and use the same token or raise the same error. If each request sent its own token request, an old
refresh token could be used twice, and a vendor that rotates refresh tokens would revoke the authorization
(RFC 9700 section 4.14.2).

If the vendor rejects the refresh token, that token is discarded, and an access token is requested with the
first usable grant in the vendor's definition. A single-use grant (an authorization code) is never used twice.
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
"""How long before its expiry a token is replaced.

If a tenth of the token's lifetime is shorter, that is used instead.
"""
MAX_LIFE = timedelta(days=365)
"""The longest time that a token is used; a longer lifetime in the response is reduced to this."""


class TokenKeeper:
    """Stores the access token and the refresh token for one connection, and renews them.

    `credentials` maps the names of the credential fields to their values. `exchange` sends a token request
    with the given body before the given deadline, and returns the body of the response.

    `refresh_token` is the latest refresh token that this process has. `save_refresh_token`, if set, is called
    with each new refresh token, so that a later process can use it. `load_newest` returns the refresh token
    that was saved last by any process ("" if there is none). It is needed because a refresh token may be
    single-use, and another process may have used it already.
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
        """The current access and refresh tokens, which must not appear in any message."""
        return tuple(filter(None, (self._access, self.refresh_token)))

    async def token(self, deadline: Deadline) -> str:
        """Return a valid access token; send a token request only if no valid token is cached.

        Raises `AuthenticationError` if the vendor rejects the credentials, `VendorUnavailable` if the
        deadline passes first, and any other error that the token request raises.
        """
        before = self._problem
        await self._acquire(deadline)
        try:
            if self._access and (self._until is None or self._clock() < self._until):
                return self._access
            if self._problem is not None and self._problem is not before:
                # Another task's token request failed while this task waited, so a second token request would
                # fail too. The error is copied, because a raised exception collects its task's traceback.
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
        """Acquire the lock that allows one token request at a time.

        Raises `VendorUnavailable` if the deadline passes before the lock is free.
        """
        try:
            async with asyncio.timeout(deadline.left):
                await self._lock.acquire()
        except TimeoutError:
            raise VendorUnavailable(
                f"No token was received within {duration(deadline.seconds)}, so nothing was sent.",
                operation=self._login.operation,
            ) from None

    def refuse(self, token: str) -> None:
        """Discard an access token that the vendor rejected, unless a new token has already replaced it.

        Several concurrent requests may have used the same rejected token, and each of them calls this method.
        The first of these calls leads to a new token, which the later calls must not discard.
        """
        if token == self._access:
            self._access = ""

    async def _renew(self, deadline: Deadline) -> None:
        """Request a new token; if the vendor rejects the request, retry with a newer refresh token.

        Another process may have used this process's refresh token and saved a newer one.

        Raises `AuthenticationError` if no other process has saved a newer refresh token, or if the vendor
        rejects that token too.
        """
        used = {self.refresh_token, *self._credentials.values()}
        try:
            await self._request_token(deadline)
        except AuthenticationError:
            # Another process with the same profile may have used this single-use refresh token and saved
            # its successor.
            newer = self.load_newest()
            if not newer or newer in used:
                raise
            self.refresh_token = newer
            await self._request_token(deadline)

    async def _request_token(self, deadline: Deadline) -> None:
        """Request tokens with the refresh token, or with the first usable grant if there is no refresh token.

        If the vendor rejects the refresh token, the first usable grant is used instead. Raises
        `AuthenticationError` if the vendor rejects the grant too, or if no grant is usable.
        """
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
            raise AuthenticationError("These credentials cannot be used to get another token; connect again.")
        await self._exchange_for_token(self._body(self._login.grants[grant]), deadline)
        if self._login.grants[grant].once:
            self._spent.add(grant)
        return None

    def _grant(self) -> int | None:
        """Return the index of the first usable grant, or None if no grant is usable.

        A grant is usable if all its credential fields have values, unless it is a single-use grant that was
        already used.
        """
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
        """Send a token request and store the tokens in the response (RFC 6749 section 5.1).

        Raises `UnexpectedResponse` if the response has no usable access token.
        """
        answer = await self._exchange(body, deadline)
        login = self._login
        access = at_path(answer, login.access_token)
        # The token becomes a header value, where a line break would inject a header (RFC 9110 section 5.5).
        if not isinstance(access, str) or not access or not access.isascii() or not access.isprintable():
            raise UnexpectedResponse(f"{login.operation} was answered without a token.")
        self._access = access
        self._until = self._expiry(at_path(answer, login.expires_in) if login.expires_in else None)
        refresh = at_path(answer, login.refresh_token) if login.refresh_token else None
        if isinstance(refresh, str) and refresh != self.refresh_token:
            self.refresh_token = refresh
            # Saved before the access token is used, because the old refresh token may already be invalid.
            if self.save_refresh_token:
                self.save_refresh_token(refresh)

    def _expiry(self, seconds: Any) -> datetime | None:
        """Return the time at which to replace a token that is valid for `seconds`.

        Returns None if `seconds` is not a positive number.
        """
        try:
            life = min(timedelta(seconds=int(seconds)), MAX_LIFE)
        except (TypeError, ValueError):
            return None
        except OverflowError:
            life = MAX_LIFE
        if life <= timedelta() or isinstance(seconds, bool):
            return None
        return self._clock() + life - min(EARLY, life / 10)
