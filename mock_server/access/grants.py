"""`Grant`: the tenant, vendor, scopes and plan of an API key."""

from dataclasses import dataclass

from mock_server.access.plans import Plan


@dataclass(frozen=True, slots=True)
class Grant:
    """The tenant, vendor, scopes and plan of an API key; `key` is the key's name, not its secret."""

    tenant: str
    vendor: str
    key: str
    scopes: frozenset[str]
    plan: Plan
