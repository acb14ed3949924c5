"""Uses the sandbox from tests: a typed client of its control plane, and a server that tests start and stop.

    with started() as sandbox:
        tenant = sandbox.create_tenant("checkout", frozen=True, first_moment="2026-03-02T09:00:00Z")
        login = tenant.credentials("returngo")
        tenant.clock.advance("3d")

The pytest plugin (`mock_server.testing.plugin`) offers the same as the fixtures `returns_sandbox`,
`returns_tenant` and `returns_webhooks`.
"""

from mock_server.testing.records import Credentials, Delivery, LedgerEvent, ShownReturn
from mock_server.testing.sandbox import Sandbox, SandboxError
from mock_server.testing.server import started
from mock_server.testing.tenant import Clock, Tenant

__all__ = [
    "Clock",
    "Credentials",
    "Delivery",
    "LedgerEvent",
    "Sandbox",
    "SandboxError",
    "ShownReturn",
    "Tenant",
    "started",
]
