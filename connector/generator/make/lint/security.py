"""Checks that requests stay on the vendor's host, and that secrets are neither shown nor logged."""

import re
from collections.abc import Iterator
from typing import Any

from connector.generator.make.lint.app import App, Json
from connector.generator.make.lint.iml import Name
from connector.generator.make.lint.language import nodes, strings
from connector.generator.make.lint.references import is_anonymous

SECRET = re.compile(r"token|secret|passw|api_?key|refresh", re.IGNORECASE)
ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)
VERSIONED = re.compile(r"/v\d+(?=['\"}]|/?$)")


def m031_one_universal_module(app: App) -> Iterator[str]:
    """Check that the app has exactly one universal module."""
    count = len(list(app.modules("universal")))
    if count != 1:
        yield f"The app has {count} universal modules. Make requires exactly one."


def m032_universal_module_stays_with_the_vendor(app: App) -> Iterator[str]:
    """Check that the universal module's URL begins with a slash, and that its help text contains an example.

    If the URL did not begin with a slash, a scenario could send the credentials to another host.
    """
    for one in app.modules("universal"):
        for _code, request in one.requests:
            if not request["url"].startswith("/"):
                yield f"{one.name} can send the credentials to any host. Begin {request['url']} with /."
        texts = [str(field.get("help", "")) for field in one.parameters if field["name"] == "url"]
        if not any("`/" in text for text in texts):
            yield f"In {one.name}, the help of url shows no example. Add a path that begins with a slash."


def m033_universal_module_keeps_the_login(app: App) -> Iterator[str]:
    """Check that users of the universal module cannot replace the authentication headers with their own."""
    own = [name.lower() for name in app.general("base").get("headers", {}) if name.lower() != "accept"]
    for one in app.modules("universal"):
        for _code, request in one.requests:
            spread = str(request.get("headers", {}).get("{{...}}", ""))
            for name in own:
                if spread and f"'{name}'" not in spread:
                    yield f"In {one.name}, a scenario can replace the header {name}. Omit it from headers."


def m034_addresses_are_relative(app: App) -> Iterator[str]:
    """Check that requests in modules, remote procedures and webhooks use paths relative to the base URL.

    A module without a connection may take any address from the user, if only https addresses are accepted.
    """
    for one in app.components("module", "rpc", "webhook"):
        if is_anonymous(one):
            continue
        for code, request in one.requests:
            urls = [request["url"], request.get("pagination", {}).get("url", "/")]
            for url in urls:
                if ABSOLUTE.search(url) or not url.startswith("/"):
                    yield f"{one.name} {code} has the address {url}. Use a path that begins with a slash."


def m035_base_is_the_vendors_own(app: App) -> Iterator[str]:
    """Check that the base URL uses https and does not end with an API version."""
    url = str(app.general("base")["baseUrl"])
    if "http://" in url:
        yield f"The base address {url} is not https. Use https."
    if VERSIONED.search(url):
        yield f"The base address {url} ends with a version. Move it to the modules' paths."


def m036_errors_are_explained(app: App) -> Iterator[str]:
    """Check that the base and every connection request define an error for status 401."""
    places: list[tuple[str, Any]] = [("base", app.general("base").get("response", {}).get("error"))]
    for one in app.components("connection"):
        places += [(f"{one.name} {step}", r.get("response", {}).get("error")) for step, r in one.requests
                   if step in ("communication", "token", "info", "refresh")]  # fmt: skip
    for where, error in places:
        if not isinstance(error, dict) or "401" not in error:
            yield f"{where} has no error for status 401. Add one to response.error."


def m037_secrets_are_not_logged(app: App) -> Iterator[str]:
    """Check that `log.sanitize` lists every part of a request or response that contains a secret."""
    secret = _secret_names(app)
    base = app.general("base")
    inherited = base.get("log", {}).get("sanitize", [])
    yield from _unsanitised("base", base, secret, inherited)
    for one in app.components("connection", "module", "rpc", "webhook"):
        known = [] if one.kind == "connection" else inherited
        for code, request in one.requests:
            hidden = [*known, *request.get("log", {}).get("sanitize", [])]
            yield from _unsanitised(f"{one.name} {code}", request, secret, hidden)


def _secret_names(app: App) -> set[str]:
    names = {"accessToken", "refreshToken", "clientSecret"}
    for one in app.components("connection"):
        names |= {field["name"] for field in one.parameters if field["type"] == "password"}
        for _step, request in one.requests:
            names |= {key for key in request.get("response", {}).get("data", {}) if SECRET.search(key)}
    return names


def _unsanitised(where: str, request: Json, secret: set[str], hidden: list[str]) -> Iterator[str]:
    for place in ("headers", "qs", "body"):
        for text, path in strings(request.get(place)):
            name = path.removeprefix(" at ")
            name = name.lower() if place == "headers" else name
            if _holds(text, secret) and not _covered(f"request.{place}.{name}", hidden):
                yield f"In {where}, request.{place}.{name} is a secret in the log. Add it to log.sanitize."
    for key, text in request.get("response", {}).get("data", {}).items():
        for node in nodes(str(text)):
            if isinstance(node, Name) and node.root == "body" and SECRET.search(key):
                path = ".".join(["response.body", *(str(step) for step in node.steps)])
                if not _covered(path, hidden):
                    yield f"In {where}, {path} is a secret in the log. Add it to log.sanitize."


def _holds(text: str, secret: set[str]) -> bool:
    return any(
        isinstance(node, Name)
        and node.root in ("connection", "parameters", "data", "common")
        and bool(node.steps)
        and node.steps[0] in secret
        for node in nodes(text)
    )


def _covered(path: str, hidden: list[str]) -> bool:
    return any(path == one or path.startswith(f"{one}.") for one in hidden)


def m038_secrets_are_typed_as_passwords(app: App) -> Iterator[str]:
    """Check that a connection's fields are editable, and that fields for secrets have the type `password`.

    Modules must not ask for secrets.
    """
    for one in app.components("connection"):
        for field in one.parameters:
            if not field.get("editable"):
                yield f"In {one.name}, {field['name']} cannot be changed later. Set editable to true."
            if SECRET.search(field["name"]) and field["type"] != "password":
                yield f"In {one.name}, {field['name']} looks like a secret. Give it the type password."
    for module in app.modules():
        for field in module.parameters:
            if field["type"] == "password" or (SECRET.search(field["name"]) and _is_free_text(field)):
                yield f"{module.name} asks for the secret {field['name']}. Move it to the connection."


def _is_free_text(field: Json) -> bool:
    return field["type"] == "text" and "options" not in field


def m039_connections_have_names(app: App) -> Iterator[str]:
    """Check that every connection has a name, and that the name contains no secret.

    Users with several accounts need the name to distinguish their connections.
    """
    secret = _secret_names(app)
    for one in app.components("connection"):
        responses = [request["response"] for _step, request in one.requests if "response" in request]
        names = [response["metadata"]["value"] for response in responses if "metadata" in response]
        if not names:
            yield f"{one.name} has no metadata, so users cannot tell two connections apart. Add it."
        for name in names:
            if _holds(name, secret):
                yield f"{one.name} shows a secret in its name. Remove it from metadata."
