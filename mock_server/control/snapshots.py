"""Control plane operations that list, take, restore and delete snapshots of a tenant, and clone tenants."""

from typing import Any

from mock_server.clock import timestamp
from mock_server.control.context import ControlContext, conflict
from mock_server.control.tenants import shown
from mock_server.engine.call import Call
from mock_server.engine.problem import Problem
from mock_server.engine.reply import Reply
from mock_server.snapshots import Snapshot, SnapshotExistsError, Snapshots
from mock_server.tenants import TenantExistsError


class SnapshotEndpoints:
    """Handles the operations on a tenant's snapshots, and the operation that clones a tenant."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context
        self._snapshots = Snapshots(context.world, context.tenants, context.bulk, context.vendors)

    def list_snapshots(self, call: Call) -> Reply:
        snapshots = self._snapshots.of(self._context.tenant(call).name)
        return Reply(200, {"snapshots": [self._shown(snapshot) for snapshot in snapshots]})

    async def take_snapshot(self, call: Call) -> Reply:
        name = (call.body or {}).get("name", "")
        try:
            with self._context.missing():
                snapshot = await self._snapshots.take(self._context.tenant(call).name, name)
        except SnapshotExistsError as error:
            return conflict(error)
        return Reply(201, self._shown(snapshot))

    async def restore_snapshot(self, call: Call) -> Reply:
        with self._context.missing():
            tenant = await self._snapshots.restore(self._context.tenant(call).name, call.path["name"])
        return Reply(200, shown(self._context, tenant))

    async def delete_snapshot(self, call: Call) -> Reply:
        with self._context.missing():
            await self._snapshots.delete(self._context.tenant(call).name, call.path["name"])
        return Reply(204, None)

    async def clone_tenant(self, call: Call) -> Reply:
        try:
            with self._context.missing():
                tenant = await self._snapshots.clone(self._context.tenant(call).name, call.body["name"])
        except TenantExistsError as error:
            return conflict(error)
        except ValueError as error:
            raise Problem("invalid", str(error)) from None
        return Reply(201, shown(self._context, tenant))

    def _shown(self, snapshot: Snapshot) -> dict[str, Any]:
        world = self._context.world
        return {
            "name": snapshot.name,
            "at": timestamp(snapshot.at),
            "frozen": snapshot.frozen,
            "events": world.ledger.last(snapshot.partition),
            "returns": {
                name: world.store.total(snapshot.partition, name, "return") for name in self._context.vendors
            },
        }
