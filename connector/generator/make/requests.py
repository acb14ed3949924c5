"""Requests: an operation and the inputs that fill it, as Make's `url`, `method`, `qs` and `body`."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from connector.definition.model import InputField, Integration, Operation
from connector.generator.make import iml
from connector.generator.make.answers import NO_REDIRECTS
from connector.generator.make.fields import Unrenderable, may_be_empty

VERSION = re.compile(r"/v\d+$")
MOMENT = "YYYY-MM-DDTHH:mm:ss[Z]"
ZONELESS = "YYYY-MM-DDTHH:mm:ss"
DAY = "YYYY-MM-DD"
BODILESS = ("GET", "DELETE")


def version_prefix(integration: Integration) -> str:
    """Return the version at the end of every base URL (`/v1`): Make wants it in the modules' addresses."""
    found = {VERSION.search(urlsplit(one.base_url).path) for one in integration.environments}
    versions = {one[0] if one else "" for one in found}
    return versions.pop() if len(versions) == 1 else ""


def request(
    integration: Integration,
    operation: Operation,
    inputs: Iterable[InputField],
    query: Mapping[str, Any],
    *,
    login: str = "connection",
) -> dict[str, Any]:
    """Give `url`, `method`, `qs` and `body`; `login` is the variable that holds what the person typed."""
    inputs = list(inputs)
    url = address(integration, operation, inputs)
    asked: dict[str, Any] = {"url": url, "method": operation.method, **NO_REDIRECTS}
    qs = {name: str(value) for name, value in query.items()}
    qs |= {_query_name(one): value_of(one) for one in inputs if one.location == "query"}
    body: dict[str, Any] = {}
    for one in inputs:
        if one.location == "body":
            _put(body, one.path, value_of(one))
    for name, field in integration.authentication.sends.items():
        if name in operation.input_names:
            where = qs if operation.parameter(name) else body
            where[name] = iml.braced(iml.line(iml.at(login, (field,))))
    if qs:
        asked["qs"] = qs
    if operation.method not in BODILESS:
        asked["body"] = body
    return asked


def address(integration: Integration, operation: Operation, inputs: Iterable[InputField]) -> str:
    """Return the path below the base URL, with inputs in their places."""
    known = {one.path[0]: one.key for one in inputs if one.location == "path"}

    def filled(found: re.Match[str]) -> str:
        if found[1] not in known:
            raise Unrenderable(f"{operation.id} needs {found[1]} in its address, which no input fills.")
        return iml.braced(iml.line(iml.at("parameters", (known[found[1]],))))

    return version_prefix(integration) + re.sub(r"\{([^}]+)\}", filled, operation.path)


def value_of(one: InputField) -> str:
    """Give the expression of an input's value, in the form that the request wants."""
    subject = iml.at("parameters", (one.key,))
    if one.type == "string":  # a pasted value has blanks around it; a longer text is the person's own
        line = iml.line(subject)
        return iml.braced(line if one.required else f"if({subject}, {line}, undefined)")
    if one.type == "date":
        return iml.braced(iml.moment(subject, DAY, zone=None))
    if one.type == "datetime":
        return iml.braced(iml.moment(subject, MOMENT))
    if one.required and one.location == "body" and may_be_empty(one):
        return iml.braced(f"ifempty({subject}, emptyarray)")
    return iml.braced(subject)


def _query_name(one: InputField) -> str:
    return one.repeated_as if one.type == "list" and one.repeated_as else one.path[0]


def _put(body: dict[str, Any], path: tuple[str, ...], value: str) -> None:
    for step in path[:-1]:
        body = body.setdefault(step, {})
    body[path[-1]] = value
