"""The universal module: any request of the vendor's API, at an address below the vendor's own."""

from typing import Any

from connector.definition.model import Integration
from connector.generator.make.answers import NO_REDIRECTS
from connector.generator.make.base import errors, result
from connector.generator.make.parts import Module
from connector.generator.make.requests import version_prefix

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
KEY = "make_api_call"


def universal(integration: Integration) -> Module:
    """Give the module; its address begins with a slash, so that the login reaches no other host."""
    login = integration.authentication
    example = next(
        one for one in integration.operations.values() if one.method == "GET" and "{" not in one.path
    )
    names = (login.header, *login.headers)
    spelled = sorted({way for one in names for way in (one, one.lower(), one.title(), one.upper())})
    own = ", ".join(f"'{name}'" for name in spelled)
    asked = {"url": "/{{parameters.url}}", "method": "{{parameters.method}}", **NO_REDIRECTS}
    return Module(
        key=KEY,
        kind="universal",
        label="Make an API call",
        description="Performs an arbitrary authorized API call.",
        files={
            "communication": {
                **asked,
                "headers": {
                    "{{...}}": f"{{{{omit(toCollection(parameters.headers, 'key', 'value'), {own})}}}}"
                },
                "qs": {"{{...}}": "{{toCollection(parameters.qs, 'key', 'value')}}"},
                "body": "{{parameters.body}}",
                "type": "text",
                "response": {
                    "output": {"body": "{{body}}", "headers": "{{headers}}", "statusCode": "{{statusCode}}"},
                    "valid": result(integration, asked, "", writes=True),
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
            "help": f"A path below the address of the {title} API, for example `{path}`.",
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
        | {"help": "The login is added by itself."},
        {"name": "qs", "type": "array", "label": "Query string", "spec": pair},
        {"name": "body", "type": "any", "label": "Body"},
    ]
