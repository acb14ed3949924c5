"""Builds requests for Make modules (`url`, `method`, `qs` and `body`) from operations and inputs."""

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
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
    """Return the API version at the end of the vendor's base URLs, such as `/v1`.

    The result is empty if the base URLs do not all end with the same version. Make's reviewers require the
    version to be in each module's path, and not in the base URL.
    """
    matches = {VERSION.search(urlsplit(one.base_url).path) for one in integration.environments}
    versions = {match[0] if match else "" for match in matches}
    return versions.pop() if len(versions) == 1 else ""


def request(
    integration: Integration,
    operation: Operation,
    inputs: Iterable[InputField],
    query: Mapping[str, Any],
    *,
    login: str = "connection",
    constants: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Build a Make request for an operation: `url`, `method`, `qs` and `body`, with redirects disabled.

    `query` contains query parameters that do not depend on the inputs, and `constants` the part of the body
    that does not. `login` is the IML variable that contains the connection's fields.
    """
    inputs = list(inputs)
    url = address(integration, operation, inputs)
    result: dict[str, Any] = {"url": url, "method": operation.method, **NO_REDIRECTS}
    qs = {name: str(value) for name, value in query.items()}
    qs |= {_query_name(one): value_of(one) for one in inputs if one.location == "query"}
    body: dict[str, Any] = deepcopy(dict(constants or {}))
    for one in inputs:
        if one.location == "body":
            _put(body, one.path, value_of(one))
    for name, field in integration.authentication.sends.items():
        if name in operation.input_names:
            where = qs if operation.parameter(name) else body
            where[name] = iml.braced(iml.trimmed(iml.at(login, (field,))))
    if qs:
        result["qs"] = qs
    if operation.method not in BODILESS:
        result["body"] = body
    return result


def address(integration: Integration, operation: Operation, inputs: Iterable[InputField]) -> str:
    """Build an operation's URL relative to the base URL.

    The placeholders in the operation's path are replaced by IML expressions for the path inputs. Raises
    Unrenderable if a placeholder has no input.
    """
    keys = {one.path[0]: one.key for one in inputs if one.location == "path"}

    def filled(placeholder: re.Match[str]) -> str:
        name = placeholder[1]
        if name not in keys:
            raise Unrenderable(
                f"{operation.id} needs {name} in its address, but no input fills it. "
                "Add the input in the catalog."
            )
        return iml.braced(iml.trimmed(iml.at("parameters", (keys[name],))))

    return version_prefix(integration) + re.sub(r"\{([^}]+)\}", filled, operation.path)


def value_of(one: InputField) -> str:
    """Build an IML template that inserts an input's value into a request.

    The template trims single-line strings, and formats dates and times as the API expects.
    """
    subject = iml.at("parameters", (one.key,))
    if one.type == "string":  # pasted values often have spaces around them; "text" is not trimmed
        trimmed = iml.trimmed(subject)
        return iml.braced(trimmed if one.required else f"if({subject}, {trimmed}, undefined)")
    if one.type == "date":
        return iml.braced(iml.formatted_date(subject, DAY, zone=None))
    if one.type == "datetime":
        return iml.braced(iml.formatted_date(subject, MOMENT))
    if one.required and one.location == "body" and may_be_empty(one):
        return iml.braced(f"ifempty({subject}, emptyarray)")
    return iml.braced(subject)


def _query_name(one: InputField) -> str:
    return one.repeated_as if one.type == "list" and one.repeated_as else one.path[0]


def _put(body: dict[str, Any], path: tuple[str, ...], value: str) -> None:
    for step in path[:-1]:
        body = body.setdefault(step, {})
    body[path[-1]] = value
