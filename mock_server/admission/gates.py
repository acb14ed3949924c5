"""The gates before the APIs: a vendor's opens to its keys, the control plane's to everybody (see `guard`)."""

from collections.abc import Awaitable, Mapping
from functools import partial

from mock_server.access.grants import Grant
from mock_server.access.ratelimit import Verdict, untouched
from mock_server.access.tokens import TokenExpiredError
from mock_server.engine.problem import Problem
from mock_server.engine.protocols import NotReady
from mock_server.vendors import ManyShops, TokensOnly, Vendor
from mock_server.world import World


class KeyGate:
    """Gate and meter: admits keys of one vendor, and tokens for them; counts requests, keeps the time."""

    def __init__(self, world: World, vendor: Vendor) -> None:
        self._vendor = vendor.name
        self._keys_open = not isinstance(vendor, TokensOnly)
        self._enter = vendor.enter if isinstance(vendor, ManyShops) else None
        self._lowest_plan = next(iter(vendor.plans.values()))
        self._keys = world.keys
        self._tokens = world.tokens
        self._clocks = world.clocks
        self._limiter = world.limiter
        self._store = world.store
        self.hold, self.release = world.store.hold, world.store.release
        self.undo_held = world.store.undo_held
        self._switches = world.switches

    def admit(self, credentials: Mapping[str, str]) -> Grant:
        """Return what the presented key opens, with the tenant's steps carried out up to now."""
        for presented in credentials.values():
            grant = self._opened(presented)
            if grant is not None:
                if self._enter is not None:
                    self._enter(grant, credentials)
                if not self._clocks.catch_up_slice(grant.tenant):
                    raise NotReady(partial(self._clocks.catch_up_in_slices, grant.tenant))
                return grant
        what = "API key" if self._keys_open else "access token"
        if not credentials:
            raise Problem("unauthenticated", f"An {what} is required; none was sent.")
        raise Problem("unauthenticated", f"This {what} is not known here.")

    def _opened(self, presented: str) -> Grant | None:
        grant = self._keys.look_up(self._vendor, presented) if self._keys_open else None
        try:
            return grant or self._tokens.look_up(self._vendor, "access", presented)
        except TokenExpiredError:
            raise Problem("unauthenticated", "This access token has expired; get another one.") from None

    def take(self, grant: Grant) -> Verdict:
        """Count one request against the key's windows."""
        return self._limiter.take(grant, self._clocks.now(grant.tenant))

    def closed(self, grant: Grant) -> str:
        """Return what a switch of the tenant says that closes the vendor."""
        return self._switches.closed(grant.tenant, grant.vendor)

    def anonymous(self) -> Verdict:
        """Return the lowest plan's windows, with nothing used."""
        return untouched(self._lowest_plan, self._clocks.real())

    def pending(self) -> Awaitable[None] | None:
        """Return the commit under way, if there is one."""
        return self._store.pending

    def now(self, grant: Grant | None) -> int:
        """Return the tenant's time; real time for a stranger."""
        return self._clocks.real() if grant is None else self._clocks.now(grant.tenant)


class ControlGate:
    """The control plane's gate: it knows no callers. Who may come in is what `ControlGuard` decides."""

    def __init__(self, world: World) -> None:
        self._clocks = world.clocks
        self._store = world.store
        self.hold, self.release = world.store.hold, world.store.release
        self.undo_held = world.store.undo_held

    def admit(self, _credentials: Mapping[str, str]) -> None:
        """Let in whom the guard let in."""

    def pending(self) -> Awaitable[None] | None:
        """Return the commit under way, if there is one."""
        return self._store.pending

    def now(self, grant: Grant | None) -> int:  # noqa: ARG002 - the control plane knows real time only
        """Return real time."""
        return self._clocks.real()
