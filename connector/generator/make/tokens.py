"""Logins by tokens: got when the connection is made, refreshed before they end, kept in the connection."""

from collections.abc import Mapping
from typing import Any

from connector.definition.model import Authentication, AuthField, Integration, Path, TokenGrant, TokenLogin
from connector.generator.make import iml
from connector.generator.make.answers import NO_REDIRECTS, valid
from connector.generator.make.requests import address

ACCESS, REFRESH, EXPIRES = "accessToken", "refreshToken", "expires"
EARLY = 2  # minutes before its end in which a token is no longer used


def uses_tokens(login: Authentication) -> bool:
    """Say whether a token is sent, and not what the person typed."""
    return not login.field and login.tokens is not None


def first_grant(tokens: TokenLogin) -> TokenGrant:
    """Return how the first token is got: where there is a choice, not by something that is good only once."""
    return next((one for one in tokens.grants if not one.once), tokens.grants[0])


def typed(login: Authentication) -> tuple[AuthField, ...]:
    """Return what a person fills in: the account's address, the login's fields, and those the grants need."""
    host = (login.host,) if login.host else ()
    tokens = login.tokens
    if tokens is None or not uses_tokens(login):
        return (*host, *login.fields)
    needed = set(first_grant(tokens).fills.values())
    if tokens.refresh:
        needed |= set(tokens.refresh.fills.values())
    own = [one.model_copy(update={"required": True}) for one in tokens.fields if one.key in needed]
    return (*host, *login.fields, *own)


def token_requests(
    integration: Integration, tokens: TokenLogin, places: tuple[str, str], error: Mapping[str, Any]
) -> dict[str, Any]:
    """Give `token` and `refresh`; without a refresh token the first request is sent again."""
    grant = first_grant(tokens)
    got = _request(integration, tokens, places, error, _body(grant))
    if tokens.expires_in is None:
        return {"token": got}
    renewed = got
    if tokens.refresh and tokens.refresh_token:
        body = {**_body(tokens.refresh), tokens.refresh_as: iml.braced(iml.at("data", (REFRESH,)))}
        renewed = _request(integration, tokens, places, error, body)
    condition = iml.braced(f"{iml.at('data', (EXPIRES,))} < addMinutes(now, {EARLY})")
    return {"token": got, "refresh": {"condition": condition, **renewed}}


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
    kept = {ACCESS: tokens.access_token, REFRESH: tokens.refresh_token}
    data = {name: iml.braced(_in_answer(path)) for name, path in kept.items() if path}
    if tokens.expires_in:
        data[EXPIRES] = iml.braced(f"addSeconds(now, {_in_answer(tokens.expires_in)})")
    asked = {
        "url": places[0] + address(integration, operation, ()),
        "method": operation.method,
        **NO_REDIRECTS,
    }
    held = f"ifempty({_in_answer(tokens.access_token)}, '') != ''"
    return {
        **asked,
        "body": dict(body),
        "response": {
            "data": data,
            "valid": valid(integration, asked, places, holds=held, writes=False),
            "error": dict(error),
        },
        "log": {"sanitize": _hidden(integration, tokens, body)},
    }


def _in_answer(path: Path) -> str:
    return iml.at("body", path)


def _hidden(integration: Integration, tokens: TokenLogin, body: Mapping[str, str]) -> list[str]:
    secret = [iml.braced(iml.at("parameters", (key,))) for key in integration.authentication.secrets]
    secret.append(iml.braced(iml.at("data", (REFRESH,))))
    sent = [f"request.body.{name}" for name, value in body.items() if value in secret]
    answered = [path for path in (tokens.access_token, tokens.refresh_token) if path]
    return [*sent, *(f"response.body.{'.'.join(path)}" for path in answered)]
