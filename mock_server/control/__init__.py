"""The control plane's request handlers: one method per operationId in `openapi/sandbox.yaml`."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from mock_server.access.ratelimit import Verdict
from mock_server.control.acts import ActEndpoints
from mock_server.control.clock import ClockEndpoints
from mock_server.control.context import ControlContext
from mock_server.control.deliveries import DeliveryEndpoints
from mock_server.control.dumps import DumpEndpoints
from mock_server.control.faults import FaultEndpoints
from mock_server.control.forget import ForgetEndpoints
from mock_server.control.health import HealthEndpoints
from mock_server.control.keys import KeyEndpoints
from mock_server.control.ledger import LedgerEndpoints
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
from mock_server.tenants import Tenants
from mock_server.vendors import Vendor
from mock_server.world import World

Handler = Callable[[Call], Reply | Awaitable[Reply]]

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
        self.handlers: dict[str, Handler] = {}
        """The handlers keyed by operationId."""
        for subject in _SUBJECTS:
            endpoints = subject(context)
            names = [name for name in vars(subject) if not name.startswith("_")]
            self.handlers |= {name: getattr(endpoints, name) for name in names}

    def __getattr__(self, name: str) -> Handler:
        """Look up the handler for an operationId; raises `AttributeError` if the operationId is unknown."""
        try:
            return self.__dict__["handlers"][name]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(f"The control plane has no operation {name!r}.") from None

    def problem(self, problem: Problem) -> Reply:
        """Build the control plane's error response for a problem, including any invalid fields."""
        error: dict[str, Any] = {"code": problem.kind, "message": problem.message}
        if problem.fields:
            error["fields"] = [{"field": entry.field, "message": entry.message} for entry in problem.fields]
        return Reply(_STATUSES[problem.kind], {"error": error}, problem.headers)

    def limit_headers(self, _verdict: Verdict) -> tuple[tuple[bytes, bytes], ...]:
        """Return an empty tuple, because the control plane has no rate limits."""
        return ()
