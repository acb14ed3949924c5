"""Snapshots and clones: takes and restores snapshots of a tenant, and clones the tenant."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, request

from mock_server.console.shell import api, done
from mock_server.console.words import plural, segment

snapshots: Final = Blueprint("snapshots", __name__)


@snapshots.post("/console/<tenant>/snapshots")
def take(tenant: str) -> Any:
    name = request.form.get("name", "").strip()
    made = api().send("POST", "tenants", tenant, "snapshots", body={"name": name} if name else {})
    count = sum(made["returns"].values())
    return done(f"The snapshot {made['name']} was taken, with {plural(count, 'return')}.", _path(tenant))


@snapshots.post("/console/<tenant>/snapshots/<name>/restore")
def restore(tenant: str, name: str) -> Any:
    api().send("POST", "tenants", tenant, "snapshots", name, "restore")
    return done(f"{tenant} is as it was in the snapshot {name}.", _path(tenant))


@snapshots.post("/console/<tenant>/snapshots/<name>/delete")
def delete(tenant: str, name: str) -> Any:
    api().send("DELETE", "tenants", tenant, "snapshots", name)
    return done(f"The snapshot {name} was deleted.", _path(tenant))


@snapshots.post("/console/<tenant>/clone")
def clone(tenant: str) -> Any:
    name = request.form.get("name", "").strip()
    made = api().send("POST", "tenants", tenant, "clone", body={"name": name})
    return done(f"{made['name']} is a copy of {tenant}, with keys of its own.", f"/console/{made['name']}")


def _path(tenant: str) -> str:
    return f"/console/{segment(tenant)}/tenant"
