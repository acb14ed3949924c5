"""The base of a Make app, which all modules inherit: address, login headers, timeout, errors, log."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from connector.definition.model import ErrorKind, Integration
from connector.generator.make import iml
from connector.generator.make.answers import LOST, NO_REDIRECTS, valid
from connector.generator.make.requests import version_prefix
from connector.generator.make.tokens import ACCESS, uses_tokens

# Make runs a module again after the first two types. The others stop the scenario.
ERROR_TYPES: dict[ErrorKind, str] = {
    "rate_limited": "RateLimitError",
    "unavailable": "ConnectionError",
    "authentication": "InvalidAccessTokenError",
    "permission": "InvalidConfigurationError",
    "not_found": "DataError",
    "validation": "DataError",
    "unexpected": "RuntimeError",
}
DELAY = iml.at("headers", ("retry-after",))
TIMEOUT = 30_000  # milliseconds of one request
MAX_MESSAGE = 500  # characters
GATEWAY = (500, 502, 503, 504)


def base_file(integration: Integration) -> dict[str, Any]:
    """Return the file that every module, remote procedure and webhook inherits."""
    return {
        "baseUrl": base_url(integration, "connection"),
        "headers": headers(integration, "connection"),
        **NO_REDIRECTS,
        "timeout": TIMEOUT,
        "response": {"error": errors(integration)},
        "log": {"sanitize": sanitized(integration)},
    }


def base_url(integration: Integration, login: str) -> str:
    """Return the address before the modules' paths: production, unless the user chose another environment."""
    prefix = version_prefix(integration)
    return _host(integration, login, lambda url: url.removesuffix(prefix))


def origin(integration: Integration, login: str) -> str:
    """Return the scheme and host of the base address."""
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
    """Return the `valid` of a request; `login` is the variable that holds the values of the login."""
    host = base_url(integration, login)
    places = (host, origin(integration, login))
    return valid(integration, request, places, holds=holds, ignored=ignored, writes=writes)


def headers(integration: Integration, login: str) -> dict[str, str]:
    """Return the headers of a request, with the login in the variable `login`."""
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
    """Return the places of a request that Make's log must hide, because they hold a secret."""
    login = integration.authentication
    secret = {one.key for one in login.fields if one.secret}
    sent = [name for name, field in login.sends.items() if field in secret]
    places = [f"request.{where}.{name}" for name in sent for where in ("qs", "body")]
    headers = [name for name, field in login.headers.items() if field in secret]
    return [*(f"request.headers.{name.lower()}" for name in (login.header, *headers)), *places]


def errors(integration: Integration, *, once: bool = False) -> dict[str, Any]:
    """Return Make's error types by status, with the vendor's own message and the fields it names.

    A default type also replaces Make's own type for 500 and above, so the statuses of gateways are listed.
    `once` is for a write that must not be repeated: if the vendor fails, the change may have been made, so
    the error is not a ConnectionError, which Make repeats. Make ignores `Retry-After`; the message shows it.
    """
    message = _message(integration)
    kinds: dict[int, ErrorKind] = {**dict.fromkeys(GATEWAY, "unavailable"), **integration.errors.by_status}
    by_status = {str(status): _error(kind, message, once=once) for status, kind in sorted(kinds.items())}
    return {"message": message, "type": "RuntimeError", **by_status}


def _error(kind: ErrorKind, message: str, *, once: bool) -> dict[str, str]:
    if once and kind == "unavailable":
        return {"message": f"{message} {LOST}", "type": ERROR_TYPES["unexpected"]}
    if kind == "rate_limited":
        message += iml.braced(f"if({DELAY}, ' Retry-After: ' + {DELAY}, '')")
    return {"message": message, "type": ERROR_TYPES[kind]}


def _cut(words: str) -> str:
    """Cut a vendor's message to a readable length."""
    return f"substring({words}, 0, {MAX_MESSAGE})"


def _message(integration: Integration) -> str:
    paths = integration.errors
    words = _cut(f"toString(ifempty({iml.at('body', paths.message)}, {iml.at('body', paths.code)}))")
    message = f"[{iml.braced('statusCode')}] {iml.braced(words)}"
    if paths.fields:
        fields = iml.at("body", paths.fields)
        named = _cut(f"join(map({fields}, 'field'), ', ')")
        message += iml.braced(f"if(length({fields}) > 0, ' (' + {named} + ')', '')")
    return message
