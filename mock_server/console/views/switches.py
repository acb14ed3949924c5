"""Switches: turns conditions of a tenant's accounts, such as an outage, on and off."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, request

from mock_server.console.shell import api, done
from mock_server.console.words import segment, words

switches: Final = Blueprint("switches", __name__)


@switches.post("/console/<tenant>/switches")
def turn(tenant: str) -> Any:
    given = request.form
    body: dict[str, Any] = {name: given.get(name, "") for name in ("vendor", "name")}
    body["on"] = given.get("on") == "yes"
    if given.get("shop"):
        body["shop"] = given["shop"]
    turned = api().send("PUT", "tenants", tenant, "switches", body=body)
    state = "on" if turned["on"] else "off"
    return done(f"{words(turned['name'])} is {state}.", f"/console/{segment(tenant)}/faults")
