"""Steps that tests of webhooks share."""

from mock_server.testing import Delivery, Tenant

ITEM = {"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}


def settled(tenant: Tenant) -> list[Delivery]:
    """Wait until the answers of all attempts that are due have arrived, and list the deliveries."""
    tenant.clock.advance(0)
    return tenant.deliveries()
