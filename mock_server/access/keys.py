"""Creates, verifies and lists API keys.

A key is an HMAC of the tenant, the vendor and the key's name, computed with the sandbox's secret, so a key
can be shown again without being stored. The database stores each key's SHA-256 digest, scopes and plan. The
secret is read from the settings or, if they contain none, from the database.
"""

import base64
import hashlib
import hmac
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Final

import sqlalchemy as sa

from mock_server.access.grants import Grant
from mock_server.access.plans import Plan, by_name
from mock_server.spelling import UnknownNameError
from mock_server.store import Change, Store, tables

DEFAULT: Final = "default"
DEMO: Final = "demo"
_REMEMBERED: Final = 4_096
_COLUMNS: Final = ("digest", "vendor", "name", "scopes", "plan")


def public_key(vendor: str) -> str:
    """Return the `demo` tenant's well-known API key for a vendor, which is the same in every sandbox."""
    return f"sandbox-{DEMO}-{vendor}"


def is_public(key: str, vendor: str) -> bool:
    """Return True if `key` is the `demo` tenant's well-known key for the vendor, which is public."""
    return key == public_key(vendor)


class KeyExistsError(Exception):
    """Raised if the tenant already has a key with this name for the vendor."""


class Keys:
    """Stores the API keys of one sandbox, indexed in memory by digest.

    If `public_demo` is True, the `demo` tenant's default keys are the well-known keys (see `public_key`).
    """

    def __init__(self, store: Store, secret: bytes, *, public_demo: bool = True) -> None:
        self._store = store
        self.secret = secret
        self.public_demo = public_demo
        self._scopes: dict[str, tuple[str, ...]] = {}
        self._plans: dict[str, Mapping[str, Plan]] = {}
        self._grants: dict[bytes, Grant] = {}
        self._digests: dict[str, list[bytes]] = {}
        self._presented: dict[str, Grant] = {}
        store.on_change(tables.keys, self._reload)

    def offer(self, vendor: str, scopes: Collection[str], plans: Mapping[str, Plan]) -> None:
        """Register the scopes and plans that a vendor's keys can have, and load its keys from the store.

        The first plan is the default.
        """
        self._scopes[vendor] = tuple(scopes)
        self._plans[vendor] = plans
        table = tables.keys
        columns = [table.c[name] for name in ("tenant", *_COLUMNS)]
        for tenant, *key in self._store.select(sa.select(*columns).where(table.c.vendor == vendor)):
            self._remember(tenant, *key)

    def _reload(self, tenant: str) -> None:
        """Reload a tenant's keys from the store."""
        for digest in self._digests.pop(tenant, ()):
            self._grants.pop(digest, None)
        self._presented.clear()
        for key in self._store.tenant_rows(tables.keys, tenant, *_COLUMNS):
            self._remember(tenant, *key)

    def _remember(self, tenant: str, digest: bytes, vendor: str, name: str, scopes: str, plan: str) -> None:
        if vendor in self._plans:
            if digest not in self._grants:
                self._digests.setdefault(tenant, []).append(digest)
            granted = frozenset(scopes.split())
            self._grants[digest] = Grant(tenant, vendor, name, granted, self._plan(vendor, plan))

    def look_up(self, vendor: str, presented: str) -> Grant | None:
        """Return the grant for a key that a client sent, or None if the vendor has no such key."""
        grant = self._presented.get(presented)  # avoids hashing keys that were sent before
        if grant is None:
            grant = self._grants.get(_digest(presented))
            if grant is None:
                return None
            if len(self._presented) >= _REMEMBERED:
                self._presented.clear()
            self._presented[presented] = grant
        return grant if grant.vendor == vendor else None

    def key(self, tenant: str, vendor: str, name: str = DEFAULT) -> str:
        """Compute a tenant's API key from the key's name, whether or not the key has been created."""
        if self.public_demo and tenant == DEMO and name == DEFAULT:
            return public_key(vendor)
        mac = hmac.digest(self.secret, f"{tenant}\0{vendor}\0{name}".encode(), "sha256")
        return f"sandbox-{vendor}-{tenant}-{base64.b32encode(mac[:15]).decode().lower()}"

    def held_by(self, tenant: str) -> list[Grant]:
        """Return the grants of all of a tenant's API keys, sorted by vendor and key name."""
        held = [self._grants[digest] for digest in self._digests.get(tenant, ())]
        return sorted(held, key=lambda grant: (grant.vendor, grant.key))

    def issue_default(self, change: Change, tenant: str, vendor: str, plan: str, at: int) -> None:
        """Store a tenant's default key for a vendor, with all scopes and the plan named `plan`.

        Replaces an existing default key, because it may have been derived from another secret. `at` is the
        time of creation (µs).
        """
        table = tables.keys
        same_name = sa.and_(table.c.tenant == tenant, table.c.vendor == vendor, table.c.name == DEFAULT)
        change.run_for(tenant, sa.delete(table).where(same_name))
        self._write(change, tenant, [self._default(tenant, vendor, plan)], at)

    def issue_defaults(self, change: Change, tenant: str, vendors: Iterable[str], plan: str, at: int) -> None:
        """Store the default keys of a new tenant, one per vendor, in a single statement.

        Each key has all scopes and the plan named `plan`. `at` is the time of creation (µs).
        """
        self._write(change, tenant, [self._default(tenant, vendor, plan) for vendor in vendors], at)

    def has_default(self, tenant: str, vendor: str) -> bool:
        """Return True if the tenant has a default key for the vendor, derived from the current secret."""
        grant = self._grants.get(_digest(self.key(tenant, vendor)))
        return grant is not None and grant.vendor == vendor

    def mint(
        self, tenant: str, vendor: str, name: str, *, scopes: Collection[str] | None, plan: str, at: int
    ) -> str:
        """Create an API key and return it.

        If `scopes` is None, the key has all scopes; if `plan` is "", it has the vendor's first plan. `at` is
        the time of creation (µs). Raises `KeyExistsError` if the tenant already has a key with this name for
        the vendor, or `UnknownNameError` if the vendor, a scope or the plan does not exist.
        """
        if vendor not in self._scopes:
            raise UnknownNameError("vendor", vendor, self._scopes)
        known = self._scopes[vendor]
        granted = frozenset(known if scopes is None else scopes)
        for scope in sorted(granted.difference(known)):
            raise UnknownNameError("scope", scope, sorted(known), of=vendor)
        self._check_plan(vendor, plan)
        if any(held.vendor == vendor and held.key == name for held in self.held_by(tenant)):
            raise KeyExistsError(f"{tenant} has a key {name!r} at {vendor} already.")
        with self._store.change() as change:
            grant = Grant(tenant, vendor, name, granted, self._plan(vendor, plan))
            self._write(change, tenant, [grant], at)
        return self.key(tenant, vendor, name)

    def set_plan(self, change: Change, tenant: str, vendor: str, name: str, plan: str | Plan) -> Grant:
        """Change a key's plan, and return the key's new grant.

        `plan` is the name of one of the vendor's plans, or a custom plan (see `plans.agreed`). Raises
        `UnknownNameError` if the tenant has no such key, or if the plan does not exist.
        """
        grant = next(
            (held for held in self.held_by(tenant) if (held.vendor, held.key) == (vendor, name)), None
        )
        if grant is None:
            names = [held.key for held in self.held_by(tenant) if held.vendor == vendor]
            raise UnknownNameError("key", name, names, of=vendor)
        if isinstance(plan, str):
            self._check_plan(vendor, plan)
        table = tables.keys
        this_key = sa.and_(table.c.tenant == tenant, table.c.vendor == vendor, table.c.name == name)
        new_plan = self._plan(vendor, plan) if isinstance(plan, str) else plan
        change.run_for(tenant, sa.update(table).where(this_key).values(plan=new_plan.name))
        return replace(grant, plan=new_plan)

    def _check_plan(self, vendor: str, plan: str) -> None:
        if plan and plan not in self._plans[vendor]:
            raise UnknownNameError("plan", plan, self._plans[vendor], of=vendor)

    def copy(self, change: Change, tenant: str, other: str, at: int) -> None:
        """Copy the names, scopes and plans of a tenant's keys to new keys of the tenant `other`.

        The new keys replace all keys that `other` had. They differ from those of `tenant`, because a key is
        derived from the name of its tenant. `at` is the time of creation (µs).
        """
        self.remove(change, other)
        self._write(change, other, self.held_by(tenant), at)

    def remove(self, change: Change, tenant: str) -> None:
        """Delete all keys of a tenant."""
        change.run_for(tenant, sa.delete(tables.keys).where(tables.keys.c.tenant == tenant))

    def _write(self, change: Change, tenant: str, grants: Iterable[Grant], at: int) -> None:
        """Store an API key for each grant of a tenant; `at` is the time of creation (µs)."""
        rows = [
            {
                "digest": _digest(self.key(tenant, grant.vendor, grant.key)),
                "tenant": tenant,
                "vendor": grant.vendor,
                "name": grant.key,
                "scopes": " ".join(scope for scope in self._scopes[grant.vendor] if scope in grant.scopes),
                "plan": grant.plan.name,
                "created_at": at,
            }
            for grant in grants
        ]
        if rows:
            change.run_for(tenant, sa.insert(tables.keys).values(rows))

    def _default(self, tenant: str, vendor: str, plan: str) -> Grant:
        """Build the grant of a vendor's default key, which has all scopes and the plan named `plan`."""
        return Grant(tenant, vendor, DEFAULT, frozenset(self._scopes[vendor]), self._plan(vendor, plan))

    def _plan(self, vendor: str, name: str) -> Plan:
        plans = self._plans[vendor]
        return plans.get(name) or by_name(name) or next(iter(plans.values()))


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
