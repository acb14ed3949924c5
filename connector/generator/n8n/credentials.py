"""Builds the credential of a package: its fields, how it authenticates requests, and how it is tested."""

from typing import Any

from connector.definition.model import AuthField, Integration
from connector.definition.naming import camel
from connector.generator.n8n.naming import credential_name, described
from connector.generator.n8n.requests import BASE_URL, SESSION, Unrenderable


def credential_values(integration: Integration) -> dict[str, Any]:
    """Compute the values for the template of the credential.

    Raises `Unrenderable` if the vendor uses tokens that n8n cannot renew.
    """
    login = integration.authentication
    source = (login.field and camel(login.field)) or SESSION
    headers = {login.header: f"={login.prefix}{{{{$credentials.{source}.trim()}}}}"}
    headers |= {name: f"={{{{$credentials.{camel(key)}.trim()}}}}" for name, key in login.headers.items()}
    return {
        "credential": credential_name(integration.vendor),
        "properties": [
            *(_field(one) for one in login.fields),
            _address(integration),
            *([] if login.field else [_session_field()]),
        ],
        "authenticate": {"type": "generic", "properties": {"headers": headers}},
        "test": {"request": _test(integration)},
        "session": None if login.field else _session(integration),
    }


def _field(one: AuthField) -> dict[str, Any]:
    field: dict[str, Any] = {"displayName": one.label, "name": camel(one.key), "type": "string"}
    if one.secret:
        field["typeOptions"] = {"password": True}
    field["default"] = ""
    if one.required:
        field["required"] = True
    if one.placeholder:
        field["placeholder"] = one.placeholder
    return field | ({"description": described(one.help)} if one.help else {})


def _address(integration: Integration) -> dict[str, Any]:
    """Build the field for the base URL, which has no default if every account has its own base URL."""
    host = integration.authentication.host
    if host:
        return {**_field(host), "name": BASE_URL}
    environments = integration.environments[1:]
    others = "".join(f" Its {one.label.lower()} has the address {one.base_url}." for one in environments)
    text = f"The address of the API.{others} Change it only to test with another one."
    return {
        "displayName": "Base URL",
        "name": BASE_URL,
        "type": "string",
        "default": integration.base_url,
        "required": True,
        "description": text,
    }


def _session_field() -> dict[str, Any]:
    return {
        "displayName": "Session Token",
        "name": SESSION,
        "type": "hidden",
        "typeOptions": {"expirable": True, "password": True},
        "default": "",
    }


def _test(integration: Integration) -> dict[str, Any]:
    """Build the request with which n8n tests the credential."""
    login = integration.authentication
    test = integration.operations[login.test_operation]
    sent = {
        name: f"={{{{$credentials.{camel(key)}}}}}"
        for name, key in login.sends.items()
        if test.parameter(name)
    }
    return {
        "baseURL": f'={{{{$credentials.{BASE_URL}.trim().replace(/\\/+$/, "")}}}}',
        "url": test.path,
        "method": test.method,
        "qs": {**login.test_query, **sent},
    }


def _session(integration: Integration) -> dict[str, Any]:
    """Build the request for an access token, which n8n sends if the token is missing or rejected."""
    tokens = integration.authentication.tokens
    usable = [one for one in tokens.grants if not one.once] if tokens else []
    if tokens is None or not usable:
        raise Unrenderable(
            "n8n cannot renew the token of this login: every grant works only once. "
            "Add a grant that works repeatedly, or a login field with a key."
        )
    request = integration.operations[tokens.operation]
    return {
        "name": integration.vendor.title,
        "method": request.method,
        "path": request.path,
        "constants": dict(usable[0].constants),
        "fills": {name: camel(key) for name, key in usable[0].fills.items()},
        "token": list(tokens.access_token),
    }
