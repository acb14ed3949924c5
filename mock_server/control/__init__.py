"""The control plane's request handlers: one method per operationId in `openapi/sandbox.yaml`."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from inspect import iscoroutinefunction
from typing import Any, Final, cast

from mock_server.access.ratelimit import Verdict
from mock_server.control.acts import ActEndpoints
from mock_server.control.clock import ClockEndpoints
from mock_server.control.context import ControlContext, unknown_name
from mock_server.control.deliveries import DeliveryEndpoints
from mock_server.control.dumps import DumpEndpoints
from mock_server.control.faults import FaultEndpoints
from mock_server.control.forget import ForgetEndpoints
from mock_server.control.health import HealthEndpoints
from mock_server.control.keys import KeyEndpoints
from mock_server.control.ledger import LedgerEndpoints
from mock_server.control.names import Names
from mock_server.control.next import NextEndpoints
from mock_server.control.overviews import OverviewEndpoints
from mock_server.control.requests import RequestEndpoints
from mock_server.control.returns import ReturnEndpoints
from mock_server.control.shop import ShopEndpoints
from mock_server.control.snapshots import SnapshotEndpoints
from mock_server.control.switches import SwitchEndpoints
from mock_server.control.tenants import TenantEndpoints
from mock_server.control.verification import VerificationEndpoints
from mock_server.control.webhooks import WebhookEndpoints
from mock_server.engine.call import Call
from mock_server.engine.problem import Problem
from mock_server.engine.reply import Reply
from mock_server.faults.registry import Faults
from mock_server.spelling import UnknownNameError
from mock_server.tenants import Tenants
from mock_server.vendors import Vendor
from mock_server.world import World

Handler = Callable[[Call], Reply | Awaitable[Reply]]

IGNORED_TOKEN: Final = (b"x-sandbox-token", b"ignored")
"""The header of the response to a request that contains a control token, although none is required."""
_TOKEN_HEADERS: Final = ("authorization", "x-sandbox-token")
_STATUSES: Final = {
    "invalid": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "too_large": 413,
    "unsupported_media_type": 415,
    "rate_limited": 429,
    "server_error": 500,
    "unavailable": 503,
}
_SUBJECTS: Final = (
    HealthEndpoints,
    TenantEndpoints,
    SnapshotEndpoints,
    DumpEndpoints,
    VerificationEndpoints,
    KeyEndpoints,
    SwitchEndpoints,
    LedgerEndpoints,
    ClockEndpoints,
    NextEndpoints,
    OverviewEndpoints,
    ReturnEndpoints,
    ShopEndpoints,
    ActEndpoints,
    RequestEndpoints,
    ForgetEndpoints,
    WebhookEndpoints,
    DeliveryEndpoints,
    FaultEndpoints,
)


class Control:
    """Handles the control plane's operations for one sandbox."""

    name = "sandbox"

    def __init__(self, world: World, tenants: Tenants, vendors: Mapping[str, Vendor], faults: Faults) -> None:
        context = ControlContext(world, tenants, vendors, faults)
        self._names = Names(context)
        self._needs_token = bool(world.settings.control_token)
        self.handlers: dict[str, Handler] = {}
        """The handlers, keyed by operationId."""
        for subject in _SUBJECTS:
            endpoints = subject(context)
            names = [name for name in vars(subject) if not name.startswith("_")]
            self.handlers |= {name: self._checked(getattr(endpoints, name)) for name in names}

    def __getattr__(self, name: str) -> Handler:
        """Look up the handler for an operationId; raise `AttributeError` if the operationId is unknown."""
        try:
            return self.__dict__["handlers"][name]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(f"The control plane has no operation {name!r}.") from None

    def check_names(self, call: Call) -> None:
        """Raise `Problem` if an invalid request contains a name, such as a vendor's, that does not exist."""
        with _reported():
            self._names.check(call)
            self._names.check_choices(call)

    def _checked(self, handler: Handler) -> Handler:
        """Wrap a handler, so that the names in a request are checked before the handler runs.

        The wrapper also adds a header to the reply if the sandbox ignored a control token.
        """

        async def awaited(call: Call) -> Reply:
            with _reported():
                self._names.check(call)
                return self._noted(call, await cast("Awaitable[Reply]", handler(call)))

        def checked(call: Call) -> Reply:
            with _reported():
                self._names.check(call)
                return self._noted(call, cast("Reply", handler(call)))

        return awaited if iscoroutinefunction(handler) else checked

    def _noted(self, call: Call, reply: Reply) -> Reply:
        """Add a header to the reply if the request has a control token, but the sandbox needs none."""
        if self._needs_token or not any(name in call.headers for name in _TOKEN_HEADERS):
            return reply
        return replace(reply, headers=(*reply.headers, IGNORED_TOKEN))

    def problem(self, problem: Problem) -> Reply:
        """Build the control plane's error response for a problem, including any invalid fields."""
        error: dict[str, Any] = {"code": problem.kind, "message": problem.message}
        if problem.fields:
            error["fields"] = [{"field": entry.field, "message": entry.message} for entry in problem.fields]
        if "unknown" in problem.details:
            error["unknown"] = problem.details["unknown"]
        return Reply(_STATUSES[problem.kind], {"error": error}, problem.headers)

    def limit_headers(self, _verdict: Verdict) -> tuple[tuple[bytes, bytes], ...]:
        """Return an empty tuple, because the control plane has no rate limits."""
        return ()


@contextmanager
def _reported() -> Iterator[None]:
    """Convert an `UnknownNameError` raised in the `with` block to a `Problem`."""
    try:
        yield
    except UnknownNameError as error:
        raise unknown_name(error) from None
