"""Checks that the names in a request to the control plane, such as vendors and statuses, exist."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, Final

import openapi
from mock_server.control.context import ControlContext
from mock_server.engine.call import Call
from mock_server.engine.schema import Schemas
from mock_server.faults import parsing
from mock_server.faults.kinds import ANY
from mock_server.faults.scenarios import SCENARIOS
from mock_server.spelling import check_name

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_NOUNS: Final = {"kind": "kind of event", "limits": "setting of limits"}
"""The nouns that error messages use for the values of some fields; the default is the field's name."""
_HTTP: Final = {"get", "put", "post", "delete", "patch"}
Check = Callable[[Call], None]


class Names:
    """Checks that the names in requests to the control plane, such as vendors and statuses, exist.

    The names are checked before the rest of the request is validated, so at that time fields can be missing
    or have values of the wrong type.
    """

    def __init__(self, context: ControlContext) -> None:
        self._context = context
        self._of_operation: Mapping[str, Check] = {
            "list_requests": self._request_filters,
            "list_requests_without_tenant": self._request_filters,
            "stream_requests": self._request_filters,
            "list_returns": self._listed_status,
            "move_return": self._new_status,
            "create_tenant": self._plan_of_tenant,
            "create_fault": self._fault,
            "set_scenario": self._scenario,
            "create_key": self._scopes_and_plan,
            "change_key": self._scopes_and_plan,
            "turn_switch": self._switch,
            "create_webhook": self._events,
            "list_deliveries": self._event_filter,
            "resend_deliveries": self._event_filter,
        }

    @cached_property
    def _choices(self) -> dict[str, Mapping[str, list[str]]]:
        return dict(choices())

    def check(self, call: Call) -> None:
        """Raise `UnknownNameError` for the first name in a request that does not exist.

        Checks the tenant first, then the vendor, and then the names that depend on the vendor.
        """
        if "tenant" in call.path:
            self._context.tenant(call)
        self._vendor(call)
        if check := self._of_operation.get(call.operation_id):
            check(call)

    def check_choices(self, call: Call) -> None:
        """Raise `UnknownNameError` for the first string that the `enum` of its field does not contain."""
        for name, known in self._choices.get(call.operation_id, {}).items():
            given = (_body(call) | dict(call.query)).get(name)
            if isinstance(given, str):
                check_name(_NOUNS.get(name, name), given, known, field=name)

    def _vendor(self, call: Call) -> None:
        body = _body(call)
        until = body.get("until")
        any_vendor = [ANY] if call.operation_id in {"create_fault", "set_scenario"} else []
        known = [*self._context.vendors, *any_vendor]
        if "vendor" in call.path:
            self._context.vendor_in_path(call)
        for given in (call.query, body, until if isinstance(until, dict) else {}):
            field = "until.vendor" if given is until else "vendor"
            if isinstance(name := given.get("vendor"), str):
                check_name("vendor", name, known, field=field)

    def _vendors(self, given: Mapping[str, Any]) -> list[str]:
        """Return the vendors that a request is about: one vendor if its fields name one, otherwise all."""
        name = given.get("vendor", ANY)
        return list(self._context.vendors) if name == ANY else [name]

    def _operations(self, given: Mapping[str, Any]) -> list[str]:
        operations = self._context.faults.operations
        return [name for vendor in self._vendors(given) for name in operations[vendor]]

    def _statuses(self, given: Mapping[str, Any]) -> list[str]:
        vendors = (self._context.vendors[name] for name in self._vendors(given))
        return [status for vendor in vendors for status in vendor.lifecycle.states]

    def _request_filters(self, call: Call) -> None:
        query = call.query
        known = self._operations(query)
        check_name("operation", query.get("operation"), known, of=_of(query), field="operation")
        check_name("method", query.get("method"), METHODS, field="method")

    def _listed_status(self, call: Call) -> None:
        status = call.query.get("status")
        known = self._statuses(call.query)
        if status is not None and status.casefold() not in {name.casefold() for name in known}:
            check_name("status", status, known, of=_of(call.query), field="status")

    def _new_status(self, call: Call) -> None:
        body = _body(call)
        if "vendor" in body:
            check_name("status", body.get("status"), self._statuses(body), of=_of(body), field="status")

    def _plan_of_tenant(self, call: Call) -> None:
        known = {plan for vendor in self._context.vendors.values() for plan in vendor.plans}
        check_name("plan", _body(call).get("plan"), sorted(known), field="plan")

    def _fault(self, call: Call) -> None:
        parsing.check_names(_body(call), self._context.faults.operations)

    def _scenario(self, call: Call) -> None:
        check_name("scenario", _body(call).get("name"), SCENARIOS, field="name")

    def _scopes_and_plan(self, call: Call) -> None:
        body = _body(call)
        name = call.path.get("vendor", body.get("vendor"))
        if name not in self._context.vendors:
            return
        vendor = self._context.vendors[name]
        for scope in _texts(body.get("scopes")):
            check_name("scope", scope, sorted(vendor.scopes), of=name, field="scopes")
        check_name("plan", body.get("plan"), vendor.plans, of=name, field="plan")

    def _switch(self, call: Call) -> None:
        body, positions = _body(call), self._context.world.switches.positions(call.path["tenant"])
        vendor = str(body.get("vendor"))
        known = [one.switch.name for one in positions if one.vendor == vendor]
        if vendor in self._context.vendors:
            check_name("switch", body.get("name"), known, of=vendor, field="name")

    def _kinds_of_event(self, given: Mapping[str, Any]) -> list[str]:
        formats = map(self._context.world.webhooks.format_of, self._vendors(given))
        return [kind.name for format_ in formats if format_ for kind in format_.kinds]

    def _events(self, call: Call) -> None:
        body = _body(call)
        for event in _texts(body.get("events")) if self._kinds_of_event(body) else ():
            check_name("event", event, self._kinds_of_event(body), of=_of(body), field="events")

    def _event_filter(self, call: Call) -> None:
        given = _body(call) | dict(call.query)
        check_name("event", given.get("event"), self._kinds_of_event(given), of=_of(given), field="event")


def choices() -> Iterator[tuple[str, Mapping[str, list[str]]]]:
    """Yield each operationId with the allowed values (`enum`) of its query parameters and body fields.

    Parameters and fields that allow any value are omitted.
    """
    document = openapi.read(openapi.CONTROL_PLANE)
    resolve = Schemas(document).resolve
    for item in document["paths"].values():
        for method, operation in item.items():
            if method not in _HTTP:
                continue
            parameters = [
                resolve(one) for one in (*item.get("parameters", ()), *operation.get("parameters", ()))
            ]
            fields = {one["name"]: one["schema"] for one in parameters if one["in"] == "query"}
            if "requestBody" in operation:
                body = resolve(operation["requestBody"])["content"]["application/json"]["schema"]
                fields |= resolve(body).get("properties", {})
            known = {name: _enum(schema, resolve) for name, schema in fields.items()}
            yield operation["operationId"], {name: enum for name, enum in known.items() if enum}


def _enum(schema: Mapping[str, Any], resolve: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> list[str]:
    """Return the values that a schema's `enum` allows, or an empty list if it has no `enum` of strings."""
    for one in (resolve(schema), *map(resolve, resolve(schema).get("allOf", ()))):
        if "enum" in one and all(isinstance(value, str) for value in one["enum"]):
            return list(one["enum"])
    return []


def _of(given: Mapping[str, Any]) -> str:
    """Return the vendor that the request's fields name, or "" if the request is about all vendors."""
    vendor = given.get("vendor", ANY)
    return "" if vendor == ANY else str(vendor)


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


_HOLDERS: Final[Mapping[str, type]] = {"scopes": list, "events": list, "parameters": dict}
"""The types of the fields that contain several names; each other name is a string."""


def _body(call: Call) -> dict[str, Any]:
    """Return the fields of a request's body that are strings or have the type in `_HOLDERS`.

    The body has not been validated yet. Fields of other types contain no names; validation rejects them.
    """
    fields = call.body if isinstance(call.body, dict) else {}
    return {name: value for name, value in fields.items() if isinstance(value, _HOLDERS.get(name, str))}
