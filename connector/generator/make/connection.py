"""The connection: what a person types, the request that proves it, and the name it is shown under."""

from typing import Any

from connector.definition.model import AuthField, Integration
from connector.generator.make import iml
from connector.generator.make.answers import JSON
from connector.generator.make.base import base_url, errors, headers, origin, result, sanitized
from connector.generator.make.naming import proper_nouns, sentence
from connector.generator.make.paging import page_query
from connector.generator.make.requests import request
from connector.generator.make.tokens import token_requests, typed, uses_tokens

SECURE = r"^https://[^\s/?#@]+(/[^\s?#]*[^\s?#/])?$"
"""Without a slash at the end: paths follow, and no expression is sure to take one away."""

NO_SLASH = "Leave out a slash at the end."


def connection(integration: Integration) -> dict[str, Any]:
    """Give the connection's files by code type: `communication`, `params`, `common`."""
    login = integration.authentication
    proof = _proof(integration)
    files: dict[str, Any] = {"communication": proof, "params": _parameters(integration), "common": {}}
    if login.tokens and uses_tokens(login):
        places = base_url(integration, "parameters"), origin(integration, "parameters")
        requests = token_requests(integration, login.tokens, places, errors(integration))
        files |= {"communication": {**requests, "info": proof}, "scopeList": [], "defaultScope": []}
    return files


def connection_type(integration: Integration) -> str:
    """Name Make's kind of connection."""
    return "oauth" if uses_tokens(integration.authentication) else "basic"


def _proof(integration: Integration) -> dict[str, Any]:
    """A connection inherits nothing from the base: address, headers and sanitising are said again."""
    login = integration.authentication
    operation = integration.operations[login.test_operation]
    paging = integration.paging.get(operation.paging or "")
    query = {**page_query(paging), **{name: str(value) for name, value in login.test_query.items()}}
    asked = request(integration, operation, (), query, login="parameters")
    response: dict[str, Any] = {
        "valid": result(integration, asked, JSON, login="parameters"),
        "error": errors(integration),
        "metadata": {"type": "text", "value": _shown(integration)},
    }
    if known := next((one for one in typed(login) if one.required and not one.secret), None):
        response["uid"] = iml.braced(iml.at("parameters", (known.key,)))
    return {
        **asked,
        "url": base_url(integration, "parameters") + asked["url"],
        "headers": headers(integration, "parameters"),
        "response": response,
        "log": {"sanitize": sanitized(integration)},
    }


def _shown(integration: Integration) -> str:
    """Fill the connection's label; what may be left empty falls back to the vendor's name."""
    title = iml.text(integration.vendor.title)
    places = {one: iml.at("parameters", (one.key,)) for one in typed(integration.authentication)}
    names = {one.key: at if one.required else f"ifempty({at}, {title})" for one, at in places.items()}
    first, *others = integration.environments
    labels = [(one.key, iml.text(one.label)) for one in others]
    names["environment"] = iml.choice("parameters.environment", labels, iml.text(first.label))
    return iml.template(integration.authentication.connection_label, names)


def _parameters(integration: Integration) -> list[dict[str, Any]]:
    proper = proper_nouns(integration)
    login = integration.authentication
    fields = [_field(one, proper) for one in typed(login)]
    if login.host:
        fields[0]["validate"] = {"pattern": SECURE}
        fields[0]["help"] = " ".join(filter(None, (fields[0].get("help"), NO_SLASH)))
    if len(integration.environments) == 1 or login.host:
        return fields
    first = integration.environments[0]
    environment = {
        "name": "environment",
        "type": "select",
        "label": "Environment",
        "required": True,
        "editable": True,
        "default": first.key,
        "options": [{"label": one.label, "value": one.key} for one in integration.environments],
        "help": f"Where the login was made. Most people want {first.label}.",
    }
    return [*fields, environment]


def _field(one: AuthField, proper: frozenset[str]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": one.key,
        "type": "password" if one.secret else "text",
        "label": sentence(one.label, proper),
        "required": one.required,
        "editable": True,
    }
    help_text = " ".join(filter(None, [one.help, one.placeholder and f"For example {one.placeholder}."]))
    return made | ({"help": help_text} if help_text else {})
