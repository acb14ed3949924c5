"""Builds the package files, vendor settings, login and requests of a Zapier app."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connector.definition.model import (
    Authentication,
    AuthField,
    ChangedSince,
    Integration,
    Operation,
    Paging,
    Source,
    Vendor,
)
from connector.definition.offer import advice, previewed_operations
from connector.generator.zapier.fields import Unrenderable
from connector.generator.zapier.literal import Code

CORE = "19.1.0"
TOKEN = "access_token"  # noqa: S105 - the name under which core stores a session's token
TIMEOUT = 20_000  # milliseconds for one request
RUN_TIMEOUT = 25_000  # milliseconds for one run of a step, which Zapier ends after 30 seconds
MAX_BYTES = 20_000_000  # of a decompressed response, which is also Zapier's own limit
LOCK = Path(__file__).parent / "templates" / "package-lock.json"


def package_files(integration: Integration, link: Mapping[str, Any]) -> dict[str, str]:
    """Build the content of package.json, package-lock.json and .zapierapprc, keyed by path.

    .zapierapprc contains the build options and `link`, the ID and key of the app that is registered at
    Zapier.
    """
    name = f"{integration.vendor.id}-zapier"
    manifest = {
        "name": name,
        "version": integration.vendor.app_version,
        "private": True,
        "description": integration.vendor.description,
        "license": "MIT",
        "type": "module",
        "exports": "./index.js",
        "engines": {"node": ">=18.20"},
        "scripts": {"test": "node --test"},
        "dependencies": {"zapier-platform-core": CORE},
    }
    lock = json.loads(LOCK.read_text("utf-8"))
    root = {key: manifest[key] for key in ("name", "version", "license", "dependencies", "engines")}
    lock |= {"name": name, "version": integration.vendor.app_version}
    lock["packages"][""] = root
    # Core loads require.mjs by a computed path, which the build's search for imports does not find.
    build = {"includeInBuild": ["require\\.mjs$"], **link}
    return {"package.json": _json(manifest), "package-lock.json": _json(lock), ".zapierapprc": _json(build)}


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def vendor_facts(integration: Integration) -> dict[str, Any]:
    """Build the vendor's settings for vendor.js: base URLs, credentials, limits, errors and paging.

    The app's modules in lib/ read the settings at run time.
    """
    login, errors = integration.authentication, integration.errors
    return {
        "name": integration.vendor.title,
        "environments": {
            one.key: {"label": one.label, "url": one.base_url} for one in integration.environments
        },
        "overrideVariable": override_variable(integration),
        "credential": {"header": login.header, "prefix": login.prefix, "field": login.field or TOKEN}
        | ({"headers": dict(login.headers)} if login.headers else {}),
        "secrets": [*(one.key for one in login.fields if one.secret), *([] if login.field else [TOKEN])],
        **({} if login.field else {"session": True}),
        **({"host": login.host.key} if login.host else {}),
        "userAgent": f"{integration.vendor.id}-zapier/{integration.vendor.app_version}",
        "timeout": TIMEOUT,
        "runTimeout": RUN_TIMEOUT,
        "maxBytes": MAX_BYTES,
        "errors": {
            "code": errors.code,
            "message": errors.message,
            "fields": errors.fields,
            "byStatus": dict(errors.by_status),
            "byCode": dict(errors.by_code),
        },
        "paging": {name: _paging(one) for name, one in integration.paging.items()},
    }


def override_variable(integration: Integration) -> str:
    """Return the name of the environment variable that overrides the API's base URL."""
    return f"{integration.vendor.id.upper()}_BASE_URL"


def _paging(paging: Paging) -> dict[str, Any]:
    reply_paths = {"next": paging.next, "total": paging.total, "sizeReported": paging.size_reported}
    facts = {
        "style": paging.style,
        "page": paging.page_parameter,
        "perPage": paging.size_parameter,
        "first": paging.first,
        "size": paging.size,
        "maxSize": paging.max_size,
    }
    facts |= {name: path for name, path in reply_paths.items() if path is not None}
    return facts | ({"missingIsEmpty": True} if paging.missing_is_empty else {})


def operations(integration: Integration, used: set[str]) -> dict[str, dict[str, Any]]:
    """Build the requests for operations.js, keyed by operationId.

    `used` contains the operationIds of the requests to build. For a request that a preview sends, `preview`
    is the advice to the user if the vendor refuses it, and `pathAssumed` is true if its path is assumed.
    """
    sends = integration.authentication.sends
    previews = previewed_operations(integration)
    return {
        name: _operation(one, sends) | (_doubts(one, integration.vendor.id) if name in previews else {})
        for name, one in integration.operations.items()
        if name in used
    }


def _doubts(operation: Operation, vendor: str) -> dict[str, Any]:
    path = {"pathAssumed": True} if operation.path_provenance == "assumed" else {}
    return {"preview": advice(vendor), **path}


def _operation(operation: Operation, sends: Mapping[str, str]) -> dict[str, Any]:
    facts: dict[str, Any] = {"method": operation.method, "path": operation.path, "result": operation.payload}
    if member := _member(operation):
        facts["member"] = member
    if operation.scope:
        facts["permission"] = operation.scope
    if operation.paging:
        facts["paging"] = operation.paging
    if login := {name: field for name, field in sends.items() if name in operation.input_names}:
        query = {name: field for name, field in login.items() if operation.parameter(name)}
        body = {name: field for name, field in login.items() if name not in query}
        facts["login"] = {place: names for place, names in (("query", query), ("body", body)) if names}
    return facts


def _member(operation: Operation) -> str | None:
    """Choose a property that every returned record has, so that the app can recognize invalid responses.

    Returns None if the operation does not return a single record, or if no property is required.
    """
    record = operation.response
    for step in operation.payload:
        child = next((one for one in record.children if one.key == step), None)
        if child is None:
            return None
        record = child
    if record.type != "object":
        return None
    needed = [one for one in record.children if one.required]
    plain = [one for one in needed if one.type in ("string", "integer", "object")]
    ids = [one for one in plain if one.key == "id"]
    return next((one.key for one in (*ids, *plain, *needed)), None)


def authentication(integration: Integration) -> dict[str, Any]:
    """Build the values for authentication.js: login fields, token request, connection label and test request.

    Raises `Unrenderable` if the vendor uses tokens that Zapier cannot renew.
    """
    login = integration.authentication
    login_fields = (*filter(None, (login.host,)), *login.fields)
    fields = [_login_field(one, integration.vendor) for one in login_fields]
    return {
        "fields": [*fields, *([] if login.host else _environment_field(integration))],
        "session": None if login.field else _session(login),
        "label": login.connection_label,
        "connection_label": "{{account}}",  # in Zapier's syntax: the property that the test returns
        "first_record": _first_record(integration),
    }


def _session(login: Authentication) -> dict[str, Any]:
    """Build the request for an access token.

    When the token expires, Zapier's core sends the same request again instead of using a refresh token.
    Therefore, only a grant that can be used repeatedly is suitable. Raises `Unrenderable` if every grant can
    be used only once.
    """
    tokens = login.tokens
    usable = [one for one in tokens.grants if not one.once] if tokens else []
    if tokens is None or not usable:
        raise Unrenderable(
            "Zapier cannot renew the token of this login: every grant works only once. "
            "Add a grant that works repeatedly, or a login field with a key."
        )
    return {
        "operation": Code(f"operations.{tokens.operation}"),
        "constants": dict(usable[0].constants),
        "fills": dict(usable[0].fills),
        "token": tokens.access_token,
        "storeAs": TOKEN,
    }


def _login_field(one: AuthField, vendor: Vendor) -> dict[str, Any]:
    kind = {"type": "password"} if one.secret else {"type": "string", "isNoSecret": True}
    page = one.page or (vendor.homepage if one.secret and "](" not in one.help else None)
    link = f"[How to find it]({page})." if page else ""
    optional = {"helpText": f"{one.help} {link}".strip(), "placeholder": one.placeholder}
    texts = {name: text for name, text in optional.items() if text}
    return {"key": one.key, "label": one.label, "required": one.required} | kind | texts


def _environment_field(integration: Integration) -> list[dict[str, Any]]:
    if len(integration.environments) == 1:
        return []
    choices = [{"value": one.key, "label": one.label, "sample": one.key} for one in integration.environments]
    return [
        {
            "key": "environment",
            "label": "Environment",
            "required": True,
            "type": "string",
            "isNoSecret": True,
            "choices": choices,
            "default": choices[0]["value"],
            "helpText": f"The environment of your key. Choose {choices[0]['label']} if you are not sure.",
        }
    ]


def _oldest_first(source: Source) -> Mapping[str, str]:
    return {} if isinstance(source, ChangedSince) else source.order.oldest_first


def _first_record(integration: Integration) -> dict[str, Any]:
    """Build the request that tests the credentials by reading the account's oldest record.

    If the vendor cannot sort the list from oldest to newest, the request reads the first record in the list's
    default order.
    """
    login = integration.authentication
    lists = [one for one in integration.triggers.values() if one.source.operation == login.test_operation]
    resource = (
        integration.resources[lists[0].resource] if lists else next(iter(integration.resources.values()))
    )
    return {
        "operation": Code(f"operations.{login.test_operation}"),
        "query": {**login.test_query, **(_oldest_first(lists[0].source) if lists else {})},
        "noun": resource.noun,
        "name": resource.label[0],
    }
