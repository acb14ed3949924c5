"""Gets the token that a request carries, keeps it until it ends, and gets the next one.

However many requests need a token at once, one asks for it and the others wait: for the token, or for what
went wrong. A refresh token that is no longer good is dropped, and the login's own grants are tried again,
except those that are good once.
"""

from __future__ import annotations

import asyncio
from copy import copy
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connector.definition.paths import at_path
from connector.errors import AuthenticationError, ConnectorError, UnexpectedResponse, VendorUnavailable
from connector.transport.waits import spelled

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from connector.clock import Clock
    from connector.definition.model import TokenGrant, TokenLogin
    from connector.transport.deadline import Deadline

    Exchange = Callable[[Mapping[str, Any], Deadline], Awaitable[Any]]

EARLY = timedelta(seconds=60)
"""How long before its end a token is no longer used; a tenth of its life, if that is shorter."""
LONGEST = timedelta(days=365)
"""What is said to live longer is asked for anew then."""


class TokenKeeper:
    """The tokens of one connection.

    `typed` are the login fields as they were filled in; `exchange` sends the body of a token request within a
    deadline and returns the answer's body. `refresh_token` is the newest there is; `keep` is called with each
    new one, for whoever wants to log in with it another time. `kept` returns the newest that anybody kept:
    where one is good once, another process may have used up the one that this one has.
    """

    def __init__(self, login: TokenLogin, typed: Mapping[str, str], exchange: Exchange, clock: Clock) -> None:
        self._login = login
        self._typed = typed
        self._exchange = exchange
        self._clock = clock
        self._lock = asyncio.Lock()
        self._access = ""
        self._until: datetime | None = None
        self._spent: set[int] = set()
        self._problem: ConnectorError | None = None
        self.refresh_token = ""
        self.keep: Callable[[str], None] | None = None
        self.kept: Callable[[], str] = str

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be told of."""
        return tuple(filter(None, (self._access, self.refresh_token)))

    async def token(self, deadline: Deadline) -> str:
        """Return a token that is good now; raises `AuthenticationError` when none can be got."""
        before = self._problem
        await self._turn(deadline)
        try:
            if self._access and (self._until is None or self._clock() < self._until):
                return self._access
            if self._problem is not None and self._problem is not before:
                raise copy(self._problem)  # another asked while this one waited
            try:
                await self._renew(deadline)
            except ConnectorError as problem:
                self._problem = problem
                raise
            return self._access
        finally:
            self._lock.release()

    async def _turn(self, deadline: Deadline) -> None:
        """Take the lock: one request asks for a token, the others wait for it."""
        try:
            async with asyncio.timeout(deadline.left):
                await self._lock.acquire()
        except TimeoutError:
            raise VendorUnavailable(
                f"There was no token within {spelled(deadline.seconds)}, so nothing was sent.",
                operation=self._login.operation,
            ) from None

    def refuse(self, token: str) -> None:
        """Forget a token that the vendor did not accept, unless another one has taken its place."""
        if token == self._access:
            self._access = ""

    async def _renew(self, deadline: Deadline) -> None:
        used = {self.refresh_token, *self._typed.values()}
        try:
            await self._ask(deadline)
        except AuthenticationError:
            newer = self.kept()
            if not newer or newer in used:
                raise
            self.refresh_token = newer
            await self._ask(deadline)

    async def _ask(self, deadline: Deadline) -> None:
        self._access = ""
        if self.refresh_token and self._login.refresh:
            body = self._body(self._login.refresh) | {self._login.refresh_as: self.refresh_token}
            try:
                return await self._take(body, deadline)
            except AuthenticationError:
                self.refresh_token = ""
                if self._grant() is None:
                    raise
        grant = self._grant()
        if grant is None:
            raise AuthenticationError("This login can get no further token; connect again.")
        await self._take(self._body(self._login.grants[grant]), deadline)
        if self._login.grants[grant].once:
            self._spent.add(grant)
        return None

    def _grant(self) -> int | None:
        """Return the first grant that the login has everything for."""
        complete = (
            number
            for number, one in enumerate(self._login.grants)
            if number not in self._spent and all(self._typed.get(field) for field in one.fills.values())
        )
        return next(complete, None)

    def _body(self, grant: TokenGrant) -> dict[str, Any]:
        filled = {name: self._typed[field] for name, field in grant.fills.items() if self._typed.get(field)}
        return {**grant.constants, **filled}

    async def _take(self, body: Mapping[str, Any], deadline: Deadline) -> None:
        answer = await self._exchange(body, deadline)
        login = self._login
        access = at_path(answer, login.access_token)
        if not isinstance(access, str) or not access or not access.isascii() or not access.isprintable():
            raise UnexpectedResponse(f"{login.operation} was answered without a token.")
        self._access = access
        self._until = self._end(at_path(answer, login.expires_in) if login.expires_in else None)
        refresh = at_path(answer, login.refresh_token) if login.refresh_token else None
        if isinstance(refresh, str) and refresh != self.refresh_token:
            self.refresh_token = refresh
            if self.keep:
                self.keep(refresh)

    def _end(self, seconds: Any) -> datetime | None:
        """Return when to ask again; None where nothing usable is said (a number, or text of one)."""
        try:
            life = min(timedelta(seconds=int(seconds)), LONGEST)
        except (TypeError, ValueError):
            return None
        except OverflowError:
            life = LONGEST
        if life <= timedelta() or isinstance(seconds, bool):
            return None
        return self._clock() + life - min(EARLY, life / 10)
