"""Builds the universal module "Make an API call", which can send any request to the vendor's API."""

from typing import Any

from connector.definition.model import Integration
from connector.generator.make.answers import NO_REDIRECTS
from connector.generator.make.base import valid_result
from connector.generator.make.errors import errors
from connector.generator.make.parts import Module
from connector.generator.make.requests import version_prefix

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
KEY = "make_api_call"


def universal_module(integration: Integration) -> Module:
    """Build the module "Make an API call".

    The module's URL begins with a slash, so that a scenario cannot send the credentials to another host.
    """
    login = integration.authentication
    example = next(
        one for one in integration.operations.values() if one.method == "GET" and "{" not in one.path
    )
    # A scenario must not replace the authentication headers. Header names are case-insensitive.
    names = (login.header, *login.headers)
    spellings = sorted({name for one in names for name in (one, one.lower(), one.title(), one.upper())})
    own = ", ".join(f"'{name}'" for name in spellings)
    call = {"url": "/{{parameters.url}}", "method": "{{parameters.method}}", **NO_REDIRECTS}
    return Module(
        key=KEY,
        kind="universal",
        label="Make an API call",
        description="Performs an arbitrary authorized API call.",
        files={
            "communication": {
                **call,
                "headers": {
                    "{{...}}": f"{{{{omit(toCollection(parameters.headers, 'key', 'value'), {own})}}}}"
                },
                "qs": {"{{...}}": "{{toCollection(parameters.qs, 'key', 'value')}}"},
                "body": "{{parameters.body}}",
                "type": "text",
                "response": {
                    "output": {"body": "{{body}}", "headers": "{{headers}}", "statusCode": "{{statusCode}}"},
                    "valid": valid_result(integration, call, "", writes=True),
                    "error": errors(integration, once=True),
                },
            },
            "staticParams": [],
            "mappableParams": _parameters(version_prefix(integration) + example.path, integration),
            "interface": [
                {"name": "body", "type": "any", "label": "Body"},
                {"name": "headers", "type": "collection", "label": "Headers", "spec": []},
                {"name": "statusCode", "type": "uinteger", "label": "Status code"},
            ],
            "samples": {"body": {}, "headers": {}, "statusCode": 200},
            "scope": [],
        },
    )


def _parameters(path: str, integration: Integration) -> list[dict[str, Any]]:
    pair = [
        {"name": "key", "type": "text", "label": "Key", "required": True},
        {"name": "value", "type": "text", "label": "Value"},
    ]
    json_header = [{"key": "content-type", "value": "application/json"}]
    title = integration.vendor.title
    return [
        {
            "name": "url",
            "type": "text",
            "label": "URL",
            "required": True,
            "help": f"The path of a request to the {title} API, for example `{path}`.",
        },
        {
            "name": "method",
            "type": "select",
            "label": "Method",
            "required": True,
            "default": "GET",
            "options": [{"label": one, "value": one} for one in METHODS],
        },
        {"name": "headers", "type": "array", "label": "Headers", "spec": pair, "default": json_header}
        | {"help": "The login is added automatically."},
        {"name": "qs", "type": "array", "label": "Query string", "spec": pair},
        {"name": "body", "type": "any", "label": "Body"},
    ]
