"""Values from a tenant's records that Swagger UI fills into the operations of the control plane."""

from mock_server.pages.prefill import Examples
from mock_server.world import World


def examples(world: World, tenant: str) -> Examples:
    """Collect the IDs of a tenant's first webhook and of its newest delivery, if it has any."""
    path: dict[str, str] = {}
    webhooks = [webhook for webhook in world.webhooks.every(tenant) if not webhook.own]
    if webhooks:
        path["webhook"] = webhooks[0].id
    deliveries = world.outbox.deliveries(tenant, last=1)
    if deliveries:
        path["delivery"] = str(deliveries[0].id)
    return Examples(path=path)
