"""Opens a connection to one vendor account, with the vendor's triggers, actions, searches and operations."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from copy import copy
from typing import TYPE_CHECKING, Any, Self, TypeVar

from connector.definition.compiler import integration as compiled
from connector.definition.lookup import by_key
from connector.definition.naming import listed
from connector.definition.spelling import unknown
from connector.errors import AuthenticationError, ConfigurationError, NotFound, attributed_to
from connector.runtime.actions import BoundAction
from connector.runtime.descriptions import listed_keys
from connector.runtime.dropdowns import BoundDropdown
from connector.runtime.operations import Operations
from connector.runtime.searches import BoundFindOrCreate, BoundSearch
from connector.runtime.triggers import BoundTrigger
from connector.transport.answers import MalformedRows
from connector.transport.client import DEADLINE, TIMEOUT, Client

if TYPE_CHECKING:
    from types import TracebackType

    import httpx

    from connector.clock import Clock, Sleep
    from connector.definition.model import Integration
    from connector.runtime.polling import Strategy
    from connector.transport.sharing import SharedTransports

T = TypeVar("T")


class ByKey(Mapping[str, T]):
    """A mapping that raises `UnknownKey` for an unknown key and suggests the most similar existing key."""

    def __init__(self, kind: str, client: Client, entries: Mapping[str, T]) -> None:
        self._kind = kind
        self._client = client
        self._entries = entries

    def __getitem__(self, key: str) -> T:
        made = self._client.integration
        with attributed_to(made.vendor.id, self._client.profile):
            return by_key(made, self._kind, self._entries, key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return listed_keys(self._kind, self._client.integration.vendor.title, self._entries)

    def _ipython_key_completions_(self) -> list[str]:
        """Return the keys that a notebook suggests within square brackets."""
        return list(self._entries)


class Connection:
    """A connection to one vendor with one set of credentials, as returned by `connector.open`.

    Use `triggers[key].poll(cursor)`, `actions[key](…)`, `searches[key](…)`, `dropdowns[key](…)`,
    `find_or_create[key](…)` and `operations.<operationId>(…)`. `integration` describes all of these with
    their inputs and fields. Use the connection in an `async with` block; leaving the block closes the network
    connections.
    """

    def __init__(self, client: Client) -> None:
        integration = client.integration
        self.integration = integration
        self.client = client
        self.operations = Operations(client, integration.operations)
        self.triggers = ByKey(
            "trigger",
            client,
            {key: BoundTrigger(client, entry) for key, entry in integration.triggers.items()},
        )
        self.actions = ByKey(
            "action",
            client,
            {key: BoundAction(client, entry) for key, entry in integration.actions.items()},
        )
        self.searches = ByKey(
            "search",
            client,
            {key: BoundSearch(client, entry) for key, entry in integration.searches.items()},
        )
        self.dropdowns = ByKey(
            "dropdown",
            client,
            {key: BoundDropdown(client, entry) for key, entry in integration.dropdowns.items()},
        )
        self.find_or_create = ByKey(
            "find-or-create pair",
            client,
            {
                pair.key: BoundFindOrCreate(pair, self.searches[pair.search], self.actions[pair.create])
                for pair in integration.find_or_create
            },
        )

    def __repr__(self) -> str:
        made, profile = self.integration, self.client.profile
        counts = ("triggers", "actions", "searches", "operations")
        offered = ", ".join(f"{len(getattr(self, name))} {name}" for name in counts)
        named = f", profile {profile}" if profile else ""
        return f"<Connection to {made.vendor.title} at {self.client.base_url}{named}: {offered}>"

    def shop(self, name: str) -> Self:
        """Return a connection to another shop of the same account, for example with one ReturnGO API key.

            async with connector.open("returngo", api_key="…", shop_name="a.myshopify.example") as rm:
                other = rm.shop("b.myshopify.example")
                result = await other.triggers["new_rma"].poll()

        Both share the login, the rate limits and the network connections, so close only the first one.
        Errors name the shop as their profile. Raises `ConfigurationError` if the vendor's login has no shop,
        or if the name cannot be sent.
        """
        vendor = self.integration.vendor
        with attributed_to(vendor.id, self.client.profile):
            field = self._shop_field()
            shop = name.strip()
            if not (shop and shop.isascii() and shop.isprintable()):
                raise ConfigurationError(f"{field} of {vendor.title} cannot be {name!r}.")
            client = copy(self.client)
            client.choose_shop({field: shop})
        return type(self)(client)

    def _shop_field(self) -> str:
        """Return the login field that holds the shop; raise `ConfigurationError` if the login has none."""
        fields = self.integration.authentication.shop_fields
        if len(fields) != 1:
            title = self.integration.vendor.title
            raise ConfigurationError(f"A login of {title} is for one shop; open a connection per shop.")
        (field,) = fields
        return field

    def trigger_with_strategy(self, key: str, strategy: Strategy | None = None) -> BoundTrigger:
        """Create a trigger that is polled with `strategy` instead of its own strategy; used in tests."""
        return BoundTrigger(self.client, self.triggers[key].trigger, strategy)

    async def check(self) -> None:
        """Check the credentials with one inexpensive request.

        Raises `AuthenticationError` if the vendor rejects the credentials, and any other error that the
        request raises. If the credentials include an account or store, a 404 response also raises
        `AuthenticationError`: the request does not ask for a particular record, so 404 means that the account
        or store is wrong.
        """
        login = self.integration.authentication
        try:
            await self.client.call(self.integration.operations[login.test_operation], login.test_query)
        except MalformedRows:  # the credentials are valid; code that reads the list reports the rows
            return
        except NotFound as missing:
            labels = [field.label for field in login.fields if field.key in login.sends.values()]
            if not labels:
                raise
            raise AuthenticationError(
                f"{missing.message} Check the {listed(labels)}.",
                operation=missing.operation,
                status=missing.status,
            ) from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.client.close()


def connect(
    vendor: str | Integration,
    *,
    base_url: str | None,
    transport: httpx.AsyncBaseTransport | SharedTransports | None,
    clock: Clock,
    sleep: Sleep,
    credentials: Mapping[str, str],
    timeout: float = TIMEOUT,
    deadline: float = DEADLINE,
    profile: str | None = None,
) -> Connection:
    """Create a connection, as `connector.open` does, which calls this function.

    `credentials` maps login fields to their values, and `profile` is a name for the connection, used in error
    messages. Connections that receive the same `SharedTransports` share their transports, which the caller
    closes. `connector.open` describes the other parameters. Raises `ConfigurationError` if the vendor is
    unknown, or if the base URL, a credential field, `timeout` or `deadline` is invalid.
    """
    integration = compiled(vendor) if isinstance(vendor, str) else vendor
    with attributed_to(integration.vendor.id, profile):
        client = Client(
            integration,
            base_url=base_url or integration.base_url,
            credentials=_checked(integration, credentials, has_address=bool(base_url)),
            transport=transport,
            clock=clock,
            sleep=sleep,
            timeout=_seconds("timeout", timeout),
            deadline=_seconds("deadline", deadline),
            profile=profile,
        )
    return Connection(client)


def _checked(
    integration: Integration, credentials: Mapping[str, str], *, has_address: bool
) -> dict[str, str]:
    """Validate the credential fields and trim their values.

    `has_address` is true if the caller passed a base URL. Raises `ConfigurationError` for an unknown field, a
    missing required field, or a value that cannot be sent in a header.
    """
    login, title = integration.authentication, integration.vendor.title
    known = [field.key for field in login.all_fields]
    for key in credentials:
        if key not in known:
            raise ConfigurationError(unknown(f"login field of {title}", key, known))
    fields = {key: (value or "").strip() for key, value in credentials.items()}
    # These become header values, where a line break would inject a header (RFC 9110 section 5.5).
    for key in (login.field, *login.headers.values()):
        if not fields.get(key, "").isascii() or not fields.get(key, "").isprintable():
            raise ConfigurationError(f"{key} contains characters that no credential of {title} has.")
    filled = {key for key in fields if fields[key]}
    missing = login.host if login.host and not has_address else login.missing(filled)
    if missing:
        raise ConfigurationError(f"{title} needs {missing.key} ({missing.label}) to connect.")
    return fields


def _seconds(name: str, value: Any) -> float:
    """Return a time limit as a float; raise `ConfigurationError` if it is not finite and positive."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise ConfigurationError(f"{name} must be a number of seconds above 0, not {value!r}.")
    return float(value)
