"""Maps vendors' errors to Make's error types, so that Make either retries a module or stops the scenario."""

from typing import Any

from connector.definition.model import ErrorKind, Integration
from connector.definition.offer import REFUSALS, advice
from connector.generator.make import iml
from connector.generator.make.answers import LOST
from connector.generator.make.token_login import ACCESS, login_fields, uses_tokens

# Make retries a module after a RateLimitError or a ConnectionError. The other types stop the scenario.
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
UNEXPECTED: ErrorKind = "unexpected"
MAX_MESSAGE = 500  # characters
GATEWAY = (500, 502, 503, 504)


def errors(
    integration: Integration, login: str = "connection", *, once: bool = False, preview: bool = False
) -> dict[str, Any]:
    """Build the `error` directive: the error message, and Make's error type for each HTTP status.

    The message contains the vendor's own message and the names of invalid fields. For a rate limit, the
    message also contains the `Retry-After` header, which Make ignores. A vendor's message may repeat the
    login, so secrets in it are replaced; `login` is the object that contains them: `connection`, or
    `parameters` while the connection is created. The statuses 500, 502, 503 and 504 are listed explicitly,
    because the default type would otherwise replace Make's own types for them.

    Set `once` to true for a write that must not be repeated. If the vendor is unavailable, the error type is
    then RuntimeError, which stops the scenario, instead of ConnectionError. After a ConnectionError, Make
    would repeat the write, although the first attempt may have succeeded. The message says so for every
    status of 500 and above, also for those that only gateways send, such as 524.

    Set `preview` to true for a step whose request is assumed. The message then says so if the vendor refuses
    the request.
    """
    message = _message(integration, login)
    refusals = dict.fromkeys(REFUSALS, UNEXPECTED) if preview else {}
    known = integration.errors.by_status
    kinds: dict[int, ErrorKind] = {**dict.fromkeys(GATEWAY, "unavailable"), **refusals, **known}
    by_status = {str(status): _error(kind, message, once=once) for status, kind in sorted(kinds.items())}
    for status in refusals:
        by_status[str(status)]["message"] += f" {advice(integration.vendor.id)}"
    other = message + (iml.braced(f"if(statusCode >= 500, {iml.text(f' {LOST}')}, '')") if once else "")
    return {"message": other, "type": "RuntimeError", **by_status}


def _error(kind: ErrorKind, message: str, *, once: bool) -> dict[str, str]:
    if once and kind == "unavailable":
        return {"message": f"{message} {LOST}", "type": ERROR_TYPES["unexpected"]}
    if kind == "rate_limited":
        message += iml.braced(f"if({DELAY}, ' Retry-After: ' + {DELAY}, '')")
    return {"message": message, "type": ERROR_TYPES[kind]}


def _cut(words: str) -> str:
    """Build an IML expression that truncates a message to `MAX_MESSAGE` characters."""
    return f"substring({words}, 0, {MAX_MESSAGE})"


def _without_secrets(words: str, integration: Integration, login: str) -> str:
    """Build an IML expression that replaces the secrets of the connection in a string."""
    fields = login_fields(integration.authentication)
    secrets = [iml.trimmed(iml.at(login, (field.key,))) for field in fields if field.secret]
    if uses_tokens(integration.authentication) and login == "connection":
        secrets.append(iml.at(login, (ACCESS,)))
    for secret in secrets:
        words = f"replace({words}, {secret}, {iml.text('***')})"
    return words


def _message(integration: Integration, login: str) -> str:
    paths = integration.errors
    told = f"toString(ifempty({iml.at('body', paths.message)}, {iml.at('body', paths.code)}))"
    words = _cut(_without_secrets(told, integration, login))
    message = f"[{iml.braced('statusCode')}] {iml.braced(words)}"
    if paths.fields:
        fields = iml.at("body", paths.fields)
        named = _cut(_without_secrets(f"join(map({fields}, 'field'), ', ')", integration, login))
        message += iml.braced(f"if(length({fields}) > 0, ' (' + {named} + ')', '')")
    return message
