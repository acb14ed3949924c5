"""Checks of what an app must never do: leave the vendor's host, or show a secret."""

import re
from collections.abc import Iterator
from typing import Any

from connector.generator.make.lint.app import App, Component, Json
from connector.generator.make.lint.iml import Name
from connector.generator.make.lint.language import nodes, strings

SECRET = re.compile(r"token|secret|passw|api_?key|refresh", re.IGNORECASE)
ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)
VERSIONED = re.compile(r"/v\d+(?=['\"}]|/?$)")


def m031_one_universal_module(app: App) -> Iterator[str]:
    """There is exactly one module for any other request."""
    count = len(list(app.modules("universal")))
    if count != 1:
        yield f"There are {count} universal modules; Make wants one."


def m032_universal_module_stays_with_the_vendor(app: App) -> Iterator[str]:
    """Its address begins with a slash, so that no other host can be named."""
    for one in app.modules("universal"):
        for _code, request in one.requests:
            if not request["url"].startswith("/"):
                yield f"{one.name}: {request['url']} lets a scenario send the login to any host."
        texts = [str(field.get("help", "")) for field in one.parameters if field["name"] == "url"]
        if not any("`/" in text for text in texts):
            yield f"{one.name}: the help of url shows no path that begins with a slash."


def m033_universal_module_keeps_the_login(app: App) -> Iterator[str]:
    """Headers that a scenario adds do not replace those of the base."""
    own = [name.lower() for name in app.general("base").get("headers", {}) if name.lower() != "accept"]
    for one in app.modules("universal"):
        for _code, request in one.requests:
            spread = str(request.get("headers", {}).get("{{...}}", ""))
            for name in own:
                if spread and f"'{name}'" not in spread:
                    yield f"{one.name}: a scenario may replace the header {name}."


def m034_addresses_are_relative(app: App) -> Iterator[str]:
    """Modules, remote procedures and webhooks name paths; the host is the base's."""
    for one in app.components("module", "rpc", "webhook"):
        for code, request in one.requests:
            urls = [request["url"], request.get("pagination", {}).get("url", "/")]
            for url in urls:
                if ABSOLUTE.search(url) or not url.startswith("/"):
                    yield f"{one.name} {code}: {url} does not begin at the vendor's address."


def m035_base_is_the_vendors_own(app: App) -> Iterator[str]:
    """The base address is https, without a version at its end; a secret is never in it."""
    url = str(app.general("base")["baseUrl"])
    if "http://" in url:
        yield f"{url} is not https."
    if VERSIONED.search(url):
        yield f"{url} ends with a version, which belongs to the modules' addresses."


def m036_errors_are_explained(app: App) -> Iterator[str]:
    """Base and connection say what a refusal means, by status."""
    places: list[tuple[str, Any]] = [("base", app.general("base").get("response", {}).get("error"))]
    for one in app.components("connection"):
        places += [(f"{one.name} {step}", r.get("response", {}).get("error")) for step, r in one.requests
                   if step in ("communication", "token", "info", "refresh")]  # fmt: skip
    for where, error in places:
        if not isinstance(error, dict) or "401" not in error:
            yield f"{where} does not say what status 401 means."


def m037_secrets_are_not_logged(app: App) -> Iterator[str]:
    """What holds a secret on its way is named in `log.sanitize`, with every request that carries it."""
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
    found = {"accessToken", "refreshToken", "clientSecret"}
    for one in app.components("connection"):
        found |= {field["name"] for field in one.parameters if field["type"] == "password"}
        for _step, request in one.requests:
            found |= {key for key in request.get("response", {}).get("data", {}) if SECRET.search(key)}
    return found


def _unsanitised(where: str, request: Json, secret: set[str], hidden: list[str]) -> Iterator[str]:
    for place in ("headers", "qs", "body"):
        for text, path in strings(request.get(place)):
            name = path.removeprefix(" at ")
            name = name.lower() if place == "headers" else name
            if _holds(text, secret) and not _covered(f"request.{place}.{name}", hidden):
                yield f"{where}: request.{place}.{name} holds a secret and is not sanitised."
    for key, text in request.get("response", {}).get("data", {}).items():
        for node in nodes(str(text)):
            if isinstance(node, Name) and node.root == "body" and SECRET.search(key):
                path = ".".join(["response.body", *(str(step) for step in node.steps)])
                if not _covered(path, hidden):
                    yield f"{where}: {path} is a secret and is not sanitised."


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
    """What is typed to connect can be changed later, and what sounds secret is shown as dots."""
    for one in app.components("connection"):
        for field in one.parameters:
            if not field.get("editable"):
                yield f"{one.name}: {field['name']} cannot be edited."
            if SECRET.search(field["name"]) and field["type"] != "password":
                yield f"{one.name}: {field['name']} sounds secret and is no password."
    for module in app.modules():
        for field in module.parameters:
            if field["type"] == "password" or (SECRET.search(field["name"]) and _asks(field)):
                yield f"{module.name} asks for the secret {field['name']}; that belongs to the connection."


def _asks(field: Json) -> bool:
    return field["type"] == "text" and "options" not in field


def m039_connections_have_names(app: App) -> Iterator[str]:
    """A connection shows whose it is, and shows no secret."""
    secret = _secret_names(app)
    for one in app.components("connection"):
        shown = [r["response"]["metadata"]["value"] for r in _answers(one) if "metadata" in r["response"]]
        if not shown:
            yield f"{one.name} has no metadata: people cannot tell two connections apart."
        for text in shown:
            if _holds(text, secret):
                yield f"{one.name} shows a secret as its name."


def _answers(one: Component) -> list[Json]:
    return [request for _step, request in one.requests if "response" in request]
