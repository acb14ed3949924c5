"""Grants: what one key opens, and by which plan it is limited."""

from dataclasses import dataclass

from mock_server.access.plans import Plan


@dataclass(frozen=True, slots=True)
class Grant:
    """What a key opens: `key` is its name, not the secret."""

    tenant: str
    vendor: str
    key: str
    scopes: frozenset[str]
    plan: Plan
