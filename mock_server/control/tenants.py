"""Control plane operations that list, create, show, reset and delete tenants."""

from typing import Any

from mock_server.clock import timestamp
from mock_server.control.context import ControlContext, conflict, moment
from mock_server.engine.call import Call
from mock_server.engine.problem import FieldError, Problem
from mock_server.engine.reply import Reply
from mock_server.shop.mistakes import MAX_MISTAKES, ShopError
from mock_server.tenants import Tenant, TenantExistsError


class TenantEndpoints:
    """Handles the operations that list, create, show, reset and delete tenants."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context

    def list_tenants(self, _call: Call) -> Reply:
        return Reply(
            200, {"tenants": [shown(self._context, tenant) for tenant in self._context.tenants.every()]}
        )

    async def create_tenant(self, call: Call) -> Reply:
        requested = dict(call.body)
        if "first_moment" in requested:
            requested["first_moment"] = moment(requested["first_moment"], "first_moment")
        try:
            if "shop" in requested:
                # Imported here because most sandboxes never need it.
                from mock_server.shop.checking import read_shop

                requested["shop"] = read_shop(requested["shop"])
            tenant = await self._context.bulk.create(requested.pop("name"), **requested)
        except TenantExistsError as error:
            return conflict(error)
        except ShopError as error:
            raise _shop_problem(error) from None
        except ValueError as error:
            raise Problem("invalid", str(error)) from None
        return Reply(201, shown(self._context, tenant))

    def get_tenant(self, call: Call) -> Reply:
        return Reply(200, shown(self._context, self._context.tenant(call)))

    async def reset_tenant(self, call: Call) -> Reply:
        with self._context.missing():
            tenant = await self._context.bulk.reset(self._context.tenant(call).name)
        self._context.world.journal.clear(tenant.name)
        return Reply(200, shown(self._context, tenant))

    async def delete_tenant(self, call: Call) -> Reply:
        try:
            with self._context.missing():
                tenant = self._context.tenant(call).name
                await self._context.bulk.delete(tenant)
        except ValueError as error:
            return conflict(error)
        self._context.world.journal.clear(tenant)
        return Reply(204, None)


def shown(context: ControlContext, tenant: Tenant) -> dict[str, Any]:
    """Build the JSON of a tenant (`Tenant` in the specification)."""
    world, vendors = context.world, context.vendors
    return {
        "name": tenant.name,
        "seed": tenant.seed,
        "seed_size": tenant.seed_size,
        "shop": bool(tenant.shop),
        "plan": tenant.plan or None,
        "limits": tenant.limits,
        "first_moment": timestamp(tenant.first_moment),
        "now": timestamp(world.clocks.now(tenant.name)),
        "frozen": world.clocks.frozen(tenant.name),
        "returns": {name: sum(world.store.totals(tenant.name, name, "return").values()) for name in vendors},
    }


def _shop_problem(error: ShopError) -> Problem:
    """Build the problem for an invalid shop; its fields list the errors."""
    first, *others = error.mistakes
    more = f" Other mistakes: {len(others)}." if others else ""
    fields = [
        FieldError(f"shop.{mistake.path}".rstrip("."), mistake.problem)
        for mistake in error.mistakes[:MAX_MISTAKES]
    ]
    return Problem("invalid", f"shop.{first}{more}", tuple(fields))
