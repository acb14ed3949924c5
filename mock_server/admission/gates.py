"""Implements the engine's `Gate`: `KeyGate` for the vendors' APIs, `ControlGate` for the control plane."""

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
    """Admits requests to one vendor's API; implements the engine's `Gate` and `Meter`.

    It authenticates clients by API key or access token, and counts their requests against the rate limits.
    """

    def __init__(self, world: World, vendor: Vendor) -> None:
        self._vendor = vendor.name
        self._accepts_keys = not isinstance(vendor, TokensOnly)
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
        """Return the grant for the first valid credential, after running the due steps of its tenant.

        Steps run here so that clients never see a state that is older than the tenant's clock. Raises
        `Problem("unauthenticated")` if no credential is valid, or `NotReady` if some due steps have not run
        yet.
        """
        for presented in credentials.values():
            grant = self._grant(presented)
            if grant is not None:
                if self._enter is not None:
                    self._enter(grant, credentials)
                # Many due steps are run in slices, by awaiting `NotReady.wait`: this method cannot await.
                if not self._clocks.catch_up_slice(grant.tenant):
                    raise NotReady(partial(self._clocks.catch_up_in_slices, grant.tenant))
                return grant
        kind = "API key" if self._accepts_keys else "access token"
        if not credentials:
            raise Problem("unauthenticated", f"An {kind} is required; none was sent.")
        raise Problem("unauthenticated", f"This {kind} is not known here.")

    def _grant(self, presented: str) -> Grant | None:
        grant = self._keys.look_up(self._vendor, presented) if self._accepts_keys else None
        try:
            return grant or self._tokens.look_up(self._vendor, "access", presented)
        except TokenExpiredError:
            raise Problem("unauthenticated", "This access token has expired; get another one.") from None

    def take(self, grant: Grant) -> Verdict:
        """Count a request against the rate limits of its API key."""
        return self._limiter.take(grant, self._clocks.now(grant.tenant))

    def closed(self, grant: Grant) -> str:
        """Return the error message if a switch makes the vendor unavailable for the tenant, otherwise ""."""
        return self._switches.closed(grant.tenant, grant.vendor)

    def anonymous(self) -> Verdict:
        """Build the verdict for requests without credentials: all requests of the lowest plan are left."""
        return untouched(self._lowest_plan, self._clocks.real())

    def pending(self) -> Awaitable[None] | None:
        """Return an awaitable that waits for the pending commit, or None if no commit is pending."""
        return self._store.pending

    def marks(self) -> tuple[int, int]:
        """Return the version of the store, and how many times a clock has been read."""
        return self._store.version, self._clocks.times_read

    def now(self, grant: Grant | None) -> int:
        """Return the tenant's time (µs since the Unix epoch), or real time if `grant` is None."""
        return self._clocks.real() if grant is None else self._clocks.now(grant.tenant)


class ControlGate:
    """The control plane's `Gate`, which admits every request; `ControlGuard` has already checked it."""

    def __init__(self, world: World) -> None:
        self._clocks = world.clocks
        self._store = world.store
        self.hold, self.release = world.store.hold, world.store.release
        self.undo_held = world.store.undo_held

    def admit(self, _credentials: Mapping[str, str]) -> None:
        """Admit every request; there is no grant to return, because the control plane has no API keys."""

    def pending(self) -> Awaitable[None] | None:
        """Return an awaitable that waits for the pending commit, or None if no commit is pending."""
        return self._store.pending

    def marks(self) -> tuple[int, int]:
        """Return the version of the store, and how many times a clock has been read."""
        return self._store.version, self._clocks.times_read

    def now(self, grant: Grant | None) -> int:  # noqa: ARG002 - the control plane always uses real time
        """Return real time in microseconds since the Unix epoch."""
        return self._clocks.real()
