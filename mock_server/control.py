"""The control plane of `openapi/sandbox.yaml`: one method per operationId."""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from mock_server.clock import SECOND, instant, timestamp
from mock_server.engine.call import Call
from mock_server.engine.problem import FieldError, Problem
from mock_server.engine.reply import Reply
from mock_server.keys import Grant, KeyExistsError
from mock_server.lifecycle import IllegalMove
from mock_server.ratelimit import Verdict
from mock_server.tenants import Tenant, TenantExistsError, Tenants, UnknownTenantError
from mock_server.vendors import Vendor
from mock_server.world import World

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
_FIRST, _LAST = instant("1990-01-01"), instant("2200-01-01")  # years that every vendor can write


class Control:
    """Handlers over one world, its tenants and the vendors it serves."""

    name = "sandbox"

    def __init__(self, world: World, tenants: Tenants, vendors: Mapping[str, Vendor]) -> None:
        self._world = world
        self._tenants = tenants
        self._vendors = vendors

    # Sandbox

    def get_health(self, _call: Call) -> Reply:
        health = {
            "status": "ok",
            "version": _version(),
            "database": "memory" if self._world.store.in_memory else "file",
            "vendors": list(self._vendors),
            "tenants": len(self._tenants.every()),
        }
        return Reply(200, health)

    # Tenants

    def list_tenants(self, _call: Call) -> Reply:
        return Reply(200, {"tenants": [self._shown(tenant) for tenant in self._tenants.every()]})

    def create_tenant(self, call: Call) -> Reply:
        wish = dict(call.body)
        if "first_moment" in wish:
            wish["first_moment"] = _moment(wish["first_moment"], "first_moment")
        try:
            tenant = self._tenants.create(wish.pop("name"), **wish)
        except TenantExistsError as error:
            return _conflict(error)
        except ValueError as error:
            raise Problem("invalid", str(error)) from None
        return Reply(201, self._shown(tenant))

    def get_tenant(self, call: Call) -> Reply:
        return Reply(200, self._shown(self._tenant(call)))

    def reset_tenant(self, call: Call) -> Reply:
        return Reply(200, self._shown(self._tenants.reset(self._tenant(call).name)))

    def delete_tenant(self, call: Call) -> Reply:
        try:
            self._tenants.delete(self._tenant(call).name)
        except ValueError as error:
            return _conflict(error)
        return Reply(204, None)

    # Keys

    def list_keys(self, call: Call) -> Reply:
        return Reply(
            200, {"keys": [_key(grant) for grant in self._world.keys.held_by(self._tenant(call).name)]}
        )

    def create_key(self, call: Call) -> Reply:
        tenant, wish = self._tenant(call).name, call.body
        vendor, keys = self._vendor(wish["vendor"]), self._world.keys
        try:
            key = keys.mint(
                tenant,
                vendor.name,
                wish["name"],
                scopes=wish.get("scopes"),
                plan=wish.get("plan", ""),
                at=self._world.clocks.now(tenant),
            )
        except KeyExistsError as error:
            return _conflict(error)
        except ValueError as error:
            raise Problem("invalid", str(error)) from None
        made = keys.look_up(vendor.name, key)
        assert made is not None  # noqa: S101 - it was put in force just now
        return Reply(201, {**_key(made), "credentials": self._credentials(call, vendor, key)})

    def get_credentials(self, call: Call) -> Reply:
        tenant = self._tenant(call).name
        shown = {
            name: self._credentials(call, vendor, self._world.keys.key(tenant, name))
            for name, vendor in self._vendors.items()
        }
        return Reply(200, {"tenant": tenant, "vendors": shown})

    # Ledger

    def list_ledger_events(self, call: Call) -> Reply:
        tenant, query = self._tenant(call).name, call.query
        self._world.clocks.catch_up(tenant)
        after = query.get("after", 0)
        found = self._world.ledger.events(
            tenant,
            after=after,
            limit=query.get("limit", 100),
            kind=query.get("kind"),
            vendor=query.get("vendor"),
        )
        events = [
            {
                "sequence": event.sequence,
                "vendor": event.vendor,
                "kind": event.kind,
                "subject": event.subject,
                "at": timestamp(event.at),
                "body": event.body,
            }
            for event in found
        ]
        return Reply(200, {"events": events, "next": found[-1].sequence if found else after})

    # Clock

    def get_clock(self, call: Call) -> Reply:
        return Reply(200, self._clock(self._tenant(call).name))

    def advance_clock(self, call: Call) -> Reply:
        tenant, wish, clocks = self._tenant(call).name, call.body, self._world.clocks
        by = int(wish.get("seconds", 0)) * SECOND
        to = _moment(wish["to"], "to") if "to" in wish else clocks.now(tenant) + by
        if to > _LAST:
            raise _invalid("seconds", "the clock cannot go beyond the year 2199")
        try:
            ran = clocks.advance(tenant, to)
        except ValueError as error:
            raise _invalid("to", str(error)) from None
        told = [
            {
                "at": timestamp(one.step.due),
                "vendor": one.step.vendor,
                "step": one.step.step,
                "subject": one.step.subject,
                "error": one.error or None,
            }
            for one in ran
        ]
        return Reply(200, {"clock": self._clock(tenant), "ran": told})

    def freeze_clock(self, call: Call) -> Reply:
        tenant = self._tenant(call).name
        self._world.clocks.freeze(tenant)
        return Reply(200, self._clock(tenant))

    def unfreeze_clock(self, call: Call) -> Reply:
        tenant = self._tenant(call).name
        self._world.clocks.unfreeze(tenant)
        return Reply(200, self._clock(tenant))

    # Returns

    def create_tenant_return(self, call: Call) -> Reply:
        tenant, wish = self._tenant(call).name, dict(call.body)
        vendor = self._vendor(wish.pop("vendor"))
        now = self._now(tenant)
        at = _moment(wish.pop("created_at"), "created_at") if "created_at" in wish else now
        if at > now:
            raise _invalid(
                "created_at", f"lies in the future of the tenant, whose clock shows {timestamp(now)}"
            )
        with self._world.store.change() as change:
            document = vendor.insert(change, tenant, wish, at)
        return Reply(201, {"vendor": vendor.name, "document": document})

    def move_return(self, call: Call) -> Reply:
        tenant, wish = self._tenant(call).name, call.body
        vendor = self._vendor(wish["vendor"])
        at = self._now(tenant)
        if wish["status"] not in vendor.lifecycle.states:
            known = ", ".join(vendor.lifecycle.states)
            raise _invalid("status", f"{vendor.name} knows no {wish['status']!r}; it knows {known}")
        try:
            with self._world.store.change() as change:
                document = vendor.move(change, tenant, call.path["id"], wish["status"], at)
        except IllegalMove as error:
            raise _invalid("status", str(error)) from None
        except LookupError as error:
            raise Problem("not_found", str(error)) from None
        return Reply(200, {"vendor": vendor.name, "document": document})

    # What the engine asks of an API

    def problem(self, problem: Problem) -> Reply:
        """Render a problem as `{"error": {"code", "message"[, "fields"]}}`."""
        error: dict[str, Any] = {"code": problem.kind, "message": problem.message}
        if problem.fields:
            error["fields"] = [{"field": one.field, "message": one.message} for one in problem.fields]
        return Reply(_STATUSES[problem.kind], {"error": error}, problem.headers)

    def limit_headers(self, _verdict: Verdict) -> tuple[tuple[bytes, bytes], ...]:
        """Return nothing: the control plane has no limits."""
        return ()

    # Helpers

    def _tenant(self, call: Call) -> Tenant:
        try:
            return self._tenants.get(call.path["tenant"])
        except UnknownTenantError as error:
            raise Problem("not_found", str(error)) from None

    def _vendor(self, name: str) -> Vendor:
        try:
            return self._vendors[name]
        except KeyError:
            raise _invalid("vendor", f"this sandbox serves {', '.join(self._vendors)}") from None

    def _now(self, tenant: str) -> int:
        """The tenant's time in whole seconds, with everything carried out that was due."""
        self._world.clocks.catch_up(tenant)
        return self._world.clocks.now(tenant) // SECOND * SECOND

    def _shown(self, tenant: Tenant) -> dict[str, Any]:
        world = self._world
        return {
            "name": tenant.name,
            "seed": tenant.seed,
            "seed_size": tenant.seed_size,
            "plan": tenant.plan or None,
            "limits": tenant.limits,
            "first_moment": timestamp(tenant.first_moment),
            "now": timestamp(world.clocks.now(tenant.name)),
            "frozen": world.clocks.frozen(tenant.name),
            "returns": {
                name: sum(world.store.totals(tenant.name, name, "return").values()) for name in self._vendors
            },
        }

    def _clock(self, tenant: str) -> dict[str, Any]:
        clocks = self._world.clocks
        due = clocks.next_due(tenant)
        return {
            "now": timestamp(clocks.now(tenant)),
            "frozen": clocks.frozen(tenant),
            "ahead_seconds": round(clocks.offset(tenant) / SECOND, 3),
            "next_due": None if due is None else timestamp(due),
        }

    def _credentials(self, call: Call, vendor: Vendor, key: str) -> dict[str, Any]:
        path = self._world.settings.path_of(vendor.name, vendor.base_path)
        return {"base_url": call.base_url + path, **vendor.credentials(key)}


def _key(grant: Grant) -> dict[str, Any]:
    return {
        "vendor": grant.vendor,
        "name": grant.key,
        "scopes": sorted(grant.scopes),
        "plan": grant.plan.name,
    }


def _moment(text: str, field: str) -> int:
    """Read a date-time to the second."""
    try:
        at = instant(text) // SECOND * SECOND
    except ValueError:
        raise _invalid(field, "must be a date-time like 2026-03-02T09:00:00Z") from None
    if not _FIRST <= at < _LAST:
        raise _invalid(field, "must lie between the years 1990 and 2199")
    return at


def _invalid(field: str, message: str) -> Problem:
    return Problem("invalid", f"{field}: {message.rstrip('.')}.", fields=(FieldError(field, message),))


def _conflict(error: Exception) -> Reply:
    return Reply(409, {"error": {"code": "conflict", "message": str(error)}})


def _version() -> str:
    try:
        return version("returns-connector")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0"
