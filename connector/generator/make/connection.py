"""Builds a Make app's connection: its fields, its name, and the request that tests the credentials."""

from typing import Any

from connector.definition.model import AuthField, Integration
from connector.generator.make import iml
from connector.generator.make.answers import JSON
from connector.generator.make.base import base_url, headers, origin, sanitized, valid_result
from connector.generator.make.errors import errors
from connector.generator.make.naming import proper_nouns, sentence
from connector.generator.make.paging import page_query
from connector.generator.make.requests import request
from connector.generator.make.token_login import login_fields, token_requests, uses_tokens

SECURE = r"^https://[^\s/?#@]+(/[^\s?#]*[^\s?#/])?$"
"""A pattern for an https URL without a trailing slash.

A trailing slash is not allowed, because paths are appended to the URL and IML cannot reliably remove it.
"""

NO_SLASH = "Leave out the slash at the end."


def connection_files(integration: Integration) -> dict[str, Any]:
    """Build the contents of the connection's code files, keyed by code type, such as `communication`."""
    login = integration.authentication
    test = _test_request(integration)
    files: dict[str, Any] = {"communication": test, "params": _parameters(integration), "common": {}}
    if login.tokens and uses_tokens(login):
        places = base_url(integration, "parameters"), origin(integration, "parameters")
        requests = token_requests(integration, login.tokens, places, errors(integration, "parameters"))
        files |= {"communication": {**requests, "info": test}, "scopeList": {}, "defaultScope": []}
    return files


def connection_type(integration: Integration) -> str:
    """Return Make's type for the connection: `oauth` if requests send an access token, otherwise `basic`."""
    return "oauth" if uses_tokens(integration.authentication) else "basic"


def _test_request(integration: Integration) -> dict[str, Any]:
    """Build the request that tests the credentials.

    A connection does not inherit from the base, so the request sets its own base URL, headers and log
    settings.
    """
    login = integration.authentication
    operation = integration.operations[login.test_operation]
    paging = integration.paging.get(operation.paging or "")
    query = {**page_query(paging), **{name: str(value) for name, value in login.test_query.items()}}
    test = request(integration, operation, (), query, login="parameters")
    response: dict[str, Any] = {
        "valid": valid_result(integration, test, JSON, login="parameters"),
        "error": errors(integration, "parameters"),
        "metadata": {"type": "text", "value": _name(integration)},
    }
    if account := next((one for one in login_fields(login) if one.required and not one.secret), None):
        response["uid"] = iml.braced(iml.at("parameters", (account.key,)))
    return {
        **test,
        "url": base_url(integration, "parameters") + test["url"],
        "headers": headers(integration, "parameters"),
        "response": response,
        "log": {"sanitize": sanitized(integration)},
    }


def _name(integration: Integration) -> str:
    """Build an IML template for the connection's name, from the label template in the catalog.

    The placeholders are replaced by the connection's fields. If the user leaves an optional field empty, the
    vendor's name is inserted instead.
    """
    title = iml.text(integration.vendor.title)
    places = {one: iml.at("parameters", (one.key,)) for one in login_fields(integration.authentication)}
    names = {one.key: at if one.required else f"ifempty({at}, {title})" for one, at in places.items()}
    first, *others = integration.environments
    labels = [(one.key, iml.text(one.label)) for one in others]
    names["environment"] = iml.choice("parameters.environment", labels, iml.text(first.label))
    return iml.template(integration.authentication.connection_label, names)


def _parameters(integration: Integration) -> list[dict[str, Any]]:
    proper = proper_nouns(integration)
    login = integration.authentication
    fields = [_field(one, proper) for one in login_fields(login)]
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
        "help": f"The environment of your login. Choose {first.label} if you are not sure.",
    }
    return [*fields, environment]


def _field(one: AuthField, proper: frozenset[str]) -> dict[str, Any]:
    parameter: dict[str, Any] = {
        "name": one.key,
        "type": "password" if one.secret else "text",
        "label": sentence(one.label, proper),
        "required": one.required,
        "editable": True,
    }
    link = one.page and f"[How to find it]({one.page})."
    example = one.placeholder and f"For example {one.placeholder}."
    help_text = " ".join(filter(None, [one.help, example, link]))
    return parameter | ({"help": help_text} if help_text else {})
