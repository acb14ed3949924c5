"""Faults: lists faults with the number of calls they disturbed, adds faults, and starts scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson
from flask import Blueprint, request

from mock_server.console.api import ApiError
from mock_server.console.shell import api, apis, done, page
from mock_server.console.words import plural, segment

if TYPE_CHECKING:
    from collections.abc import Mapping

faults: Final = Blueprint("faults", __name__)
_WHEN: Final = (
    ("", "every call"),
    ("next", "the next n calls"),
    ("every", "every n-th call"),
    ("share", "n % of the calls"),
)
_ANY: Final = "*"


@faults.get("/console/<tenant>/faults")
def every(tenant: str) -> Any:
    return _page(tenant, {})


@faults.post("/console/<tenant>/faults")
def add(tenant: str) -> Any:
    given = {name: value.strip() for name, value in request.form.items()}
    try:
        made = api().send("POST", "tenants", tenant, "faults", body=_new_fault(given))
    except ApiError as error:
        return _page(tenant, given, str(error)), error.status
    return done(f"The fault {made['id']} is on.", _path(tenant))


@faults.post("/console/<tenant>/faults/<fault>/delete")
def remove(tenant: str, fault: str) -> Any:
    api().send("DELETE", "tenants", tenant, "faults", fault)
    return done(f"The fault {fault} is off.", _path(tenant))


@faults.post("/console/<tenant>/faults/delete")
def remove_all(tenant: str) -> Any:
    api().send("DELETE", "tenants", tenant, "faults")
    return done("All faults are off.", _path(tenant))


@faults.post("/console/<tenant>/faults/scenario")
def start(tenant: str) -> Any:
    name = request.form.get("name", "")
    found = api().send("POST", "tenants", tenant, "scenario", body={"name": name})["faults"]
    return done(f"The scenario {name} is on, with {plural(len(found), 'fault')}.", _path(tenant))


def _page(tenant: str, given: Mapping[str, str], error: str = "") -> str:
    known = api().get("faults")
    vendor = given.get("vendor", _ANY)
    return page(
        "faults.html",
        tenant,
        here="faults",
        faults=api().get("tenants", tenant, "faults")["faults"],
        kinds=known["kinds"],
        scenarios=known["scenarios"],
        vendors=[(_ANY, "all vendors"), *((name, entry.title) for name, entry in apis().items())],
        operations=_operations(),
        switches=api().get("tenants", tenant, "switches")["switches"],
        when=_WHEN,
        vendor=vendor,
        given=given,
        error=error,
    )


def _new_fault(given: Mapping[str, str]) -> dict[str, Any]:
    body: dict[str, Any] = {"what": given.get("what", "")}
    body |= {name: given[name] for name in ("vendor", "operation") if given.get(name)}
    number = given.get("number", "")
    when = given.get("when", "")
    if when == "share":
        body["when"] = {"share": _number(number) / 100}
    elif when:
        body["when"] = {when: int(_number(number))}
    if given.get("parameters"):
        try:
            body["parameters"] = orjson.loads(given["parameters"])
        except orjson.JSONDecodeError:
            raise ApiError(
                400, 'The parameters must be a JSON object, such as {"retry_after": 30}.'
            ) from None
    return body


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ApiError(400, "Enter a number of calls, or choose “every call”.") from None


def _operations() -> list[str]:
    """List the operationIds of all vendors in alphabetical order, as suggestions for the form's field."""
    found = {
        operation["operationId"]
        for entry in apis().values()
        for path in entry.document["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict) and "operationId" in operation
    }
    return sorted(found)


def _path(tenant: str) -> str:
    return f"/console/{segment(tenant)}/faults"
