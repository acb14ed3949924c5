"""Values from a tenant's records that Swagger UI fills into the operations of the control plane."""

from collections.abc import Iterator

from mock_server.faults.registry import Faults
from mock_server.journal.journal import NO_TENANT
from mock_server.pages.prefill import Examples
from mock_server.world import World


def examples(world: World, faults: Faults, tenant: str) -> Examples:
    """Collect IDs of a tenant's records for the path parameters, as far as the tenant has such records."""
    return Examples(path=dict(_known(world, faults, tenant)))


def _known(world: World, faults: Faults, tenant: str) -> Iterator[tuple[str, str]]:
    for webhook in [one for one in world.webhooks.every(tenant) if not one.own][:1]:
        yield "webhook", webhook.id
    for delivery in world.outbox.deliveries(tenant, last=1):
        yield "delivery", str(delivery.id)
    for fault in faults.faults(tenant)[:1]:
        yield "fault", fault.id
    for name, owner in (("get_request", tenant), ("get_request_without_tenant", NO_TENANT)):
        for entry in world.journal.entries(owner)[:1]:
            yield f"{name}.id", str(entry.id)
    vendors = [grant.vendor for grant in world.keys.held_by(tenant)]
    newest = ((name, world.store.slice(tenant, name, "return", limit=1)) for name in vendors)
    for vendor, found in [(name, rows) for name, rows in newest if rows][:1]:
        yield "get_return.vendor", vendor
        yield "get_return.id", found[0][0]
