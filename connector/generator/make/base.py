"""Builds a Make app's base: the URL, headers, timeout, error types and log settings that modules inherit."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from connector.definition.model import Integration
from connector.generator.make import iml
from connector.generator.make.answers import NO_REDIRECTS, valid
from connector.generator.make.errors import errors
from connector.generator.make.requests import version_prefix
from connector.generator.make.token_login import ACCESS, uses_tokens

TIMEOUT = 30_000  # milliseconds per request


def base_file(integration: Integration) -> dict[str, Any]:
    """Build the content of `base.iml.json`, which every module, remote procedure and webhook inherits."""
    return {
        "baseUrl": base_url(integration, "connection"),
        "headers": headers(integration, "connection"),
        **NO_REDIRECTS,
        "timeout": TIMEOUT,
        "response": {"error": errors(integration)},
        "log": {"sanitize": sanitized(integration)},
    }


def base_url(integration: Integration, login: str) -> str:
    """Build the base URL for all requests, either as a plain URL or as an IML template.

    If every account has its own host, the template inserts the URL that the user entered in the connection.
    If the vendor has several environments, the template selects the URL of the environment that the user
    chose, or of production by default. The URLs of environments are used without the API version.

    `login` is the IML variable that contains the connection's fields.
    """
    prefix = version_prefix(integration)
    return _host(integration, login, lambda url: url.removesuffix(prefix))


def origin(integration: Integration, login: str) -> str:
    """Build the scheme and host of the base URL, either as plain text or as an IML template.

    If every account has its own host, the template inserts the base URL that the user entered in the
    connection. That URL is not shortened, so the result can also contain a path. `login` is the IML variable
    that contains the connection's fields.
    """
    return _host(integration, login, lambda url: "{0.scheme}://{0.netloc}".format(urlsplit(url)))


def _host(integration: Integration, login: str, shorten: Callable[[str], str]) -> str:
    if integration.authentication.host:
        return iml.braced(iml.at(login, (integration.authentication.host.key,)))
    urls = {one.key: shorten(one.base_url) for one in integration.environments}
    production, *others = urls.items()
    if not others:
        return production[1]
    pairs = [(key, iml.text(url)) for key, url in others]
    return iml.braced(iml.choice(iml.at(login, ("environment",)), pairs, iml.text(production[1])))


def valid_result(
    integration: Integration,
    request: dict[str, Any],
    holds: str,
    *,
    login: str = "connection",
    ignored: Mapping[str, str] | None = None,
    writes: bool | None = None,
) -> dict[str, str]:
    """Build the `valid` directive for a request to the connection's base URL.

    `login` is the IML variable that contains the connection's fields. The other parameters are described in
    `answers.valid`.
    """
    host = base_url(integration, login)
    places = (host, origin(integration, login))
    return valid(integration, request, places, holds=holds, ignored=ignored, writes=writes)


def headers(integration: Integration, login: str) -> dict[str, str]:
    """Build the headers for every request: the authentication headers and `accept`.

    `login` is the IML variable that contains the connection's fields.
    """
    authentication = integration.authentication
    if uses_tokens(authentication):
        credential = iml.at("connection", (ACCESS,))
    else:
        credential = iml.trimmed(iml.at(login, (authentication.field,)))
    return {
        authentication.header.lower(): authentication.prefix + iml.braced(credential),
        **{
            name.lower(): iml.braced(iml.trimmed(iml.at(login, (field,))))
            for name, field in authentication.headers.items()
        },
        "accept": "application/json",
    }


def sanitized(integration: Integration) -> list[str]:
    """List the parts of a request that contain secrets, such as `request.headers.authorization`.

    The result is the value of `log.sanitize`, which hides these parts in Make's log.
    """
    login = integration.authentication
    secret = {one.key for one in login.fields if one.secret}
    sent = [name for name, field in login.sends.items() if field in secret]
    places = [f"request.{where}.{name}" for name in sent for where in ("qs", "body")]
    headers = [name for name, field in login.headers.items() if field in secret]
    return [*(f"request.headers.{name.lower()}" for name in (login.header, *headers)), *places]
