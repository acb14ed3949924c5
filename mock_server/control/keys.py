"""Control plane operations that list, create and change a tenant's API keys, and show its credentials."""

from functools import partial
from typing import Any

from mock_server.access.grants import Grant
from mock_server.access.keys import KeyExistsError
from mock_server.access.plans import agreed
from mock_server.control.context import ControlContext, conflict, is_of_vendor
from mock_server.engine.call import Call
from mock_server.engine.reply import Reply


class KeyEndpoints:
    """Handles the operations on a tenant's API keys and credentials."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context

    def list_keys(self, call: Call) -> Reply:
        grants = self._context.world.keys.held_by(self._context.tenant(call).name)
        keys = [_key(grant) for grant in grants if is_of_vendor(call, grant.vendor)]
        return Reply(200, {"keys": keys})

    def create_key(self, call: Call) -> Reply:
        tenant, requested = self._context.tenant(call).name, call.body
        vendor, keys = self._context.vendor(requested["vendor"]), self._context.world.keys
        try:
            key = keys.mint(
                tenant,
                vendor.name,
                requested["name"],
                scopes=requested.get("scopes"),
                plan=requested.get("plan", ""),
                at=self._context.world.clocks.now(tenant),
            )
        except KeyExistsError as error:
            return conflict(error)
        grant = keys.look_up(vendor.name, key)
        assert grant is not None  # noqa: S101 - the key was created just now
        return Reply(201, {**_key(grant), "credentials": self._context.credentials(call, vendor, key)})

    def change_key(self, call: Call) -> Reply:
        tenant, requested, world = self._context.tenant(call).name, call.body, self._context.world
        vendor = self._context.vendor_in_path(call)
        plan = agreed(requested["windows"]) if "windows" in requested else requested["plan"]
        with world.store.change() as change:
            grant = world.keys.set_plan(change, tenant, vendor.name, call.path["name"], plan)
            change.after_commit(partial(world.limiter.reset_key, grant))
        return Reply(200, _key(grant))

    def get_credentials(self, call: Call) -> Reply:
        tenant = self._context.tenant(call).name
        credentials = {
            name: self._context.credentials(call, vendor, self._context.world.keys.key(tenant, name))
            for name, vendor in self._context.vendors.items()
            if is_of_vendor(call, name)
        }
        return Reply(200, {"tenant": tenant, "vendors": credentials})


def _key(grant: Grant) -> dict[str, Any]:
    return {
        "vendor": grant.vendor,
        "name": grant.key,
        "scopes": sorted(grant.scopes),
        "plan": grant.plan.name,
        "windows": {unit: limit for _, limit, unit in grant.plan.spans},
    }
