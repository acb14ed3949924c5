"""A connection: one vendor, one credential, everything that is offered."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from connector.definition.compiler import integration as compiled
from connector.definition.lookup import offered
from connector.definition.naming import did_you_mean, listed
from connector.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
    NotFound,
    concerning,
    name,
)
from connector.runtime.actions import BoundAction
from connector.runtime.dropdowns import BoundDropdown
from connector.runtime.operations import Operations
from connector.runtime.searches import BoundFindOrCreate, BoundSearch
from connector.runtime.triggers import BoundTrigger
from connector.transport.answers import OddRows
from connector.transport.client import DEADLINE, TIMEOUT, Client

if TYPE_CHECKING:
    from types import TracebackType

    import httpx

    from connector.clock import Clock, Sleep
    from connector.definition.model import Integration
    from connector.runtime.polling import Strategy

T = TypeVar("T")


class Offer(Mapping[str, T]):
    """Things by key; a wrong key gets a sentence with the nearest right one (`UnknownKey`)."""

    def __init__(self, kind: str, integration: Integration, things: Mapping[str, T]) -> None:
        self._kind = kind
        self._integration = integration
        self._things = things

    def __getitem__(self, key: str) -> T:
        return offered(self._integration, self._kind, self._things, key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._things)

    def __len__(self) -> int:
        return len(self._things)


class Connection:
    """What `connector.open` gives.

    `triggers[key].poll(cursor)`, `actions[key](…)`, `searches[key](…)`, `dropdowns[key](…)`,
    `find_or_create[key](…)`, `operations.<operationId>(…)`; `integration` describes them all.
    """

    def __init__(self, client: Client) -> None:
        made = client.integration
        self.integration = made
        self.client = client
        self.operations = Operations(client, made.operations)
        self.triggers = Offer(
            "trigger", made, {key: BoundTrigger(client, one) for key, one in made.triggers.items()}
        )
        self.actions = Offer(
            "action", made, {key: BoundAction(client, one) for key, one in made.actions.items()}
        )
        self.searches = Offer(
            "search", made, {key: BoundSearch(client, one) for key, one in made.searches.items()}
        )
        self.dropdowns = Offer(
            "dropdown", made, {key: BoundDropdown(client, one) for key, one in made.dropdowns.items()}
        )
        self.find_or_create = Offer(
            "find-or-create pair",
            made,
            {
                one.key: BoundFindOrCreate(one, self.searches[one.search], self.actions[one.create])
                for one in made.find_or_create
            },
        )

    def trigger(self, key: str, strategy: Strategy | None = None) -> BoundTrigger:
        """Return a trigger polled by another strategy than its own (for tests of the strategies)."""
        return BoundTrigger(self.client, self.triggers[key].trigger, strategy)

    async def check(self) -> None:
        """Send the cheapest request that only a good credential passes; raises what it raises.

        The request names nothing but what was typed in: where it is not found, the login is wrong.
        """
        login = self.integration.authentication
        try:
            await self.client.call(self.integration.operations[login.test_operation], login.test_query)
        except OddRows:  # the login is good; what is odd about a record, its readers say
            return
        except NotFound as unknown:
            named = [one.label for one in login.fields if one.key in login.sends.values()]
            if not named:
                raise
            raise AuthenticationError(
                f"{unknown.message} Check the {listed(named)}.",
                operation=unknown.operation,
                status=unknown.status,
            ) from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close; an error that leaves the block says which vendor and profile it concerns."""
        if isinstance(problem, ConnectorError):
            name(problem, self.integration.vendor.id, self.client.profile)
        await self.client.close()


def connect(
    vendor: str | Integration,
    *,
    base_url: str | None,
    transport: httpx.AsyncBaseTransport | None,
    clock: Clock,
    sleep: Sleep,
    credentials: Mapping[str, str],
    timeout: float = TIMEOUT,
    deadline: float = DEADLINE,
    profile: str | None = None,
) -> Connection:
    """Make a connection; see `connector.open`, which fills in the real clock and sleep.

    `profile` is its name, for errors.
    """
    made = compiled(vendor) if isinstance(vendor, str) else vendor
    with concerning(made.vendor.id, profile):
        client = Client(
            made,
            base_url=base_url or made.base_url,
            typed=_typed(made, credentials, has_address=bool(base_url)),
            transport=transport,
            clock=clock,
            sleep=sleep,
            timeout=_seconds("timeout", timeout),
            deadline=_seconds("deadline", deadline),
            profile=profile,
        )
    return Connection(client)


def _typed(made: Integration, credentials: Mapping[str, str], *, has_address: bool) -> dict[str, str]:
    """Return the login fields without blanks around them; `ConfigurationError` for what is no login."""
    login = made.authentication
    known = [field.key for field in login.typed]
    for key in credentials:
        if key not in known:
            guess = did_you_mean(key, known) or f"; there is {listed(known)}."
            raise ConfigurationError(f"{made.vendor.title} takes no {key}{guess}")
    typed = {key: (value or "").strip() for key, value in credentials.items()}
    for key in (login.field, *login.headers.values()):
        if not typed.get(key, "").isascii() or not typed.get(key, "").isprintable():
            raise ConfigurationError(f"{key} holds characters that no credential of {made.vendor.title} has.")
    missing = (
        login.host if login.host and not has_address else login.missing({key for key in typed if typed[key]})
    )
    if missing:
        raise ConfigurationError(f"{made.vendor.title} needs {missing.key} ({missing.label}) to connect.")
    return typed


def _seconds(what: str, value: Any) -> float:
    """Return a limit in seconds; `ConfigurationError` for what limits nothing."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise ConfigurationError(f"{what} has to be a number of seconds above 0, not {value!r}.")
    return float(value)
