"""What all modules share (`base`), and what every request to the vendor needs: address, login, errors."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from connector.definition.model import ErrorKind, Integration
from connector.generator.make import iml
from connector.generator.make.answers import LOST, NO_REDIRECTS, valid
from connector.generator.make.requests import version_prefix
from connector.generator.make.tokens import ACCESS, uses_tokens

# Make runs the first two of these again by itself; the others stop a run until somebody looks at it.
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
MOST_WORDS = 500  # characters
GATEWAY = (500, 502, 503, 504)


def base(integration: Integration) -> dict[str, Any]:
    """Give the file that every module, remote procedure and webhook inherits."""
    return {
        "baseUrl": base_url(integration, "connection"),
        "headers": headers(integration, "connection"),
        **NO_REDIRECTS,
        "timeout": TIMEOUT,
        "response": {"error": errors(integration)},
        "log": {"sanitize": sanitized(integration)},
    }


def base_url(integration: Integration, login: str) -> str:
    """Give the address that modules' addresses follow: production, unless the person chose another."""
    prefix = version_prefix(integration)
    return _host(integration, login, lambda url: url.removesuffix(prefix))


def origin(integration: Integration, login: str) -> str:
    """Give scheme and host of that address alone."""
    return _host(integration, login, lambda url: "{0.scheme}://{0.netloc}".format(urlsplit(url)))


def _host(integration: Integration, login: str, form: Callable[[str], str]) -> str:
    if integration.authentication.host:
        return iml.braced(iml.at(login, (integration.authentication.host.key,)))
    urls = {one.key: form(one.base_url) for one in integration.environments}
    production, *others = urls.items()
    if not others:
        return production[1]
    pairs = [(key, iml.text(url)) for key, url in others]
    return iml.braced(iml.choice(iml.at(login, ("environment",)), pairs, iml.text(production[1])))


def result(
    integration: Integration,
    request: dict[str, Any],
    holds: str,
    *,
    login: str = "connection",
    ignored: Mapping[str, str] | None = None,
    writes: bool | None = None,
) -> dict[str, str]:
    """Say what is a result of a request; `login` is the variable that holds what the person typed."""
    host = base_url(integration, login)
    places = (host, origin(integration, login))
    return valid(integration, request, places, holds=holds, ignored=ignored, writes=writes)


def headers(integration: Integration, login: str) -> dict[str, str]:
    """Give the headers of a request that is logged in with what the variable `login` holds."""
    said = integration.authentication
    token = uses_tokens(said)
    credential = iml.at("connection", (ACCESS,)) if token else iml.line(iml.at(login, (said.field,)))
    return {
        said.header.lower(): said.prefix + iml.braced(credential),
        **{
            name.lower(): iml.braced(iml.line(iml.at(login, (field,))))
            for name, field in said.headers.items()
        },
        "accept": "application/json",
    }


def sanitized(integration: Integration) -> list[str]:
    """List what Make's log must not show: the header of the credential, and where else a secret is sent."""
    login = integration.authentication
    secret = {one.key for one in login.fields if one.secret}
    sent = [name for name, field in login.sends.items() if field in secret]
    places = [f"request.{where}.{name}" for name in sent for where in ("qs", "body")]
    headers = [name for name, field in login.headers.items() if field in secret]
    return [*(f"request.headers.{name.lower()}" for name in (login.header, *headers)), *places]


def errors(integration: Integration, *, once: bool = False) -> dict[str, Any]:
    """Map statuses to Make's kinds of errors; the message is the vendor's own, with the fields it names.

    A type for all statuses takes the place of Make's own for 500 and above, so a gateway's are named too.
    `once` is for what must not be sent again blindly: when the vendor fails, nobody knows what came of it, so
    it is no ConnectionError there. Make does not wait for a limit's `Retry-After`: an app can but tell it.
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
    """Show no more of a vendor's words than people read."""
    return f"substring({words}, 0, {MOST_WORDS})"


def _message(integration: Integration) -> str:
    said = integration.errors
    words = _cut(f"toString(ifempty({iml.at('body', said.message)}, {iml.at('body', said.code)}))")
    message = f"[{iml.braced('statusCode')}] {iml.braced(words)}"
    if said.fields:
        fields = iml.at("body", said.fields)
        named = _cut(f"join(map({fields}, 'field'), ', ')")
        message += iml.braced(f"if(length({fields}) > 0, ' (' + {named} + ')', '')")
    return message
