"""Tools for tests: start and stop a sandbox, and call its control plane with a typed client.

    with started() as sandbox:
        tenant = sandbox.create_tenant("checkout", frozen=True, first_moment="2026-03-02T09:00:00Z")
        login = tenant.credentials("returngo")
        tenant.clock.advance("3d")

With pytest, use the fixtures `returns_sandbox`, `returns_tenant` and `returns_webhooks` of the plugin
`mock_server.testing.plugin` instead.
"""

from mock_server.testing.faults import Fault, Faults
from mock_server.testing.records import (
    Act,
    Attempt,
    Credentials,
    Delivery,
    DeliveryDetails,
    Exchange,
    Key,
    LedgerEvent,
    Resent,
    ShownReturn,
    Switch,
    Webhook,
    WebhookEvents,
)
from mock_server.testing.returns import AllowedMove, ReturnDetails, ReturnSummary, Upcoming
from mock_server.testing.sandbox import Sandbox, SandboxError
from mock_server.testing.server import started
from mock_server.testing.tenant import Clock, Tenant
from mock_server.testing.webhooks import Webhooks

__all__ = [
    "Act",
    "AllowedMove",
    "Attempt",
    "Clock",
    "Credentials",
    "Delivery",
    "DeliveryDetails",
    "Exchange",
    "Fault",
    "Faults",
    "Key",
    "LedgerEvent",
    "Resent",
    "ReturnDetails",
    "ReturnSummary",
    "Sandbox",
    "SandboxError",
    "ShownReturn",
    "Switch",
    "Tenant",
    "Upcoming",
    "Webhook",
    "WebhookEvents",
    "Webhooks",
    "started",
]
