"""Builds the requests that get and refresh a Make connection's access token."""

from collections.abc import Mapping
from typing import Any

from connector.definition.model import Authentication, AuthField, Integration, Path, TokenGrant, TokenLogin
from connector.generator.make import iml
from connector.generator.make.answers import NO_REDIRECTS, valid
from connector.generator.make.requests import address

ACCESS, REFRESH, EXPIRES = "accessToken", "refreshToken", "expires"
EARLY = 2  # minutes before the token expires


def uses_tokens(login: Authentication) -> bool:
    """Check whether requests send an access token instead of a value that the user entered."""
    return not login.field and login.tokens is not None


def first_grant(tokens: TokenLogin) -> TokenGrant:
    """Return the grant that requests the first access token.

    The result is the first grant that can be used repeatedly. If every grant works only once, the result is
    the first grant.
    """
    return next((one for one in tokens.grants if not one.once), tokens.grants[0])


def login_fields(login: Authentication) -> tuple[AuthField, ...]:
    """List the connection's fields: the account's base URL, the credentials and inputs for token requests."""
    host = (login.host,) if login.host else ()
    tokens = login.tokens
    if tokens is None or not uses_tokens(login):
        return (*host, *login.fields)
    needed = set(first_grant(tokens).fills.values())
    if tokens.refresh:
        needed |= set(tokens.refresh.fills.values())
    token_fields = [one.model_copy(update={"required": True}) for one in tokens.fields if one.key in needed]
    return (*host, *login.fields, *token_fields)


def token_requests(
    integration: Integration, tokens: TokenLogin, places: tuple[str, str], error: Mapping[str, Any]
) -> dict[str, Any]:
    """Build the `token` request, which gets the first access token, and `refresh`, which renews the token.

    `refresh` is left out if the token does not expire. If the vendor does not issue a refresh token,
    `refresh` sends the same request as `token`. `places` is a pair: the base URL, and its scheme and host.
    """
    token = _request(integration, tokens, places, error, _body(first_grant(tokens)))
    if tokens.expires_in is None:
        return {"token": token}
    refresh = token
    if tokens.refresh and tokens.refresh_token:
        body = {**_body(tokens.refresh), tokens.refresh_as: iml.braced(iml.at("data", (REFRESH,)))}
        refresh = _request(integration, tokens, places, error, body)
    condition = iml.braced(f"{iml.at('data', (EXPIRES,))} < addMinutes(now, {EARLY})")
    return {"token": token, "refresh": {"condition": condition, **refresh}}


def _body(grant: TokenGrant) -> dict[str, str]:
    filled = {name: iml.braced(iml.at("parameters", (key,))) for name, key in grant.fills.items()}
    return {**grant.constants, **filled}


def _request(
    integration: Integration,
    tokens: TokenLogin,
    places: tuple[str, str],
    error: Mapping[str, Any],
    body: Mapping[str, str],
) -> dict[str, Any]:
    operation = integration.operations[tokens.operation]
    stored = {ACCESS: tokens.access_token, REFRESH: tokens.refresh_token}
    data = {name: iml.braced(_in_body(path)) for name, path in stored.items() if path}
    if tokens.expires_in:
        data[EXPIRES] = iml.braced(f"addSeconds(now, {_in_body(tokens.expires_in)})")
    request = {
        "url": places[0] + address(integration, operation, ()),
        "method": operation.method,
        **NO_REDIRECTS,
    }
    has_token = f"ifempty({_in_body(tokens.access_token)}, '') != ''"
    return {
        **request,
        "body": dict(body),
        "response": {
            "data": data,
            "valid": valid(integration, request, places, holds=has_token, writes=False),
            "error": dict(error),
        },
        "log": {"sanitize": _hidden(integration, tokens, body)},
    }


def _in_body(path: Path) -> str:
    return iml.at("body", path)


def _hidden(integration: Integration, tokens: TokenLogin, body: Mapping[str, str]) -> list[str]:
    """List the paths of the secrets in token requests and responses, which Make's log must hide."""
    secret = [iml.braced(iml.at("parameters", (key,))) for key in integration.authentication.secrets]
    secret.append(iml.braced(iml.at("data", (REFRESH,))))
    sent = [f"request.body.{name}" for name, value in body.items() if value in secret]
    answered = [path for path in (tokens.access_token, tokens.refresh_token) if path]
    return [*sent, *(f"response.body.{'.'.join(path)}" for path in answered)]
