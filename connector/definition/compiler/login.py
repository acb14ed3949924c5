"""Compiles how one logs in: the credential or the tokens, and the fields that people fill in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.definition.model import Authentication, AuthField, TokenGrant, TokenLogin
from connector.definition.naming import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.definition.catalog.login import (
        AuthenticationEntry,
        AuthFieldEntry,
        GrantEntry,
        TokenEntry,
    )
    from connector.definition.model import Operation
    from connector.definition.paths import At, Resolver

AT: At = ("authentication",)


def authentication(said: AuthenticationEntry, resolver: Resolver) -> Authentication:
    """Compile the catalog's section `authentication`."""
    scheme = _scheme(said, resolver)
    bearer = scheme.get("type") == "http"
    _check_credential(said, resolver)
    _check_sends(said, resolver)
    operation = resolver.operation(said.test.operation, (*AT, "test", "operation"), "the login test")
    query = resolver.query(operation, said.test.query, (*AT, "test", "query"), "the login test")
    host = said.host and AuthField(
        key="base_url", **said.host.model_dump(exclude={"help"}), help=said.host.help or ""
    )
    return Authentication(
        scheme="bearer" if bearer else "header",
        header="Authorization" if bearer else str(scheme.get("name", "")),
        prefix="Bearer " if bearer else "",
        field=said.credential or "",
        fields=_fields(said.fields),
        tokens=said.tokens and _tokens(said.tokens, said.fields, resolver),
        host=host,
        sends={name: key for name, key in said.sends.items() if name not in resolver.spec.login_headers},
        headers={name: key for name, key in said.sends.items() if name in resolver.spec.login_headers},
        test_operation=said.test.operation,
        test_query=query,
        connection_label=said.connection_label,
    )


def _fields(said: Mapping[str, AuthFieldEntry]) -> tuple[AuthField, ...]:
    return tuple(
        AuthField(key=key, **one.model_dump(exclude={"help"}), help=one.help or "")
        for key, one in said.items()
    )


def _scheme(said: AuthenticationEntry, resolver: Resolver) -> Mapping[str, object]:
    at = (*AT, "security_scheme")
    scheme = resolver.spec.security_scheme(said.security_scheme)
    if scheme is None:
        resolver.complain(at, f"the spec has no security scheme {said.security_scheme}.")
        return {}
    if scheme.get("type") != "http" and (scheme.get("type"), scheme.get("in")) != ("apiKey", "header"):
        resolver.complain(at, f"scheme {said.security_scheme} is of no kind known here.")
    return scheme


def _check_credential(said: AuthenticationEntry, resolver: Resolver) -> None:
    if said.credential is None:
        if said.tokens is None:
            resolver.complain(AT, "a login needs a credential or tokens.")
        return
    if (
        resolver.known(
            said.credential, said.fields, (*AT, "credential"), f"credential names {said.credential}"
        )
        and not said.fields[said.credential].secret
    ):
        resolver.complain((*AT, "fields", said.credential), "the credential has to be secret.")


def _check_sends(said: AuthenticationEntry, resolver: Resolver) -> None:
    known = {name for one in resolver.spec.operations.values() for name in one.takes}
    for name, field in said.sends.items():
        at = (*AT, "sends", name)
        resolver.known(field, said.fields, at, f"{name} is filled from login field {field}")
        if name not in known | resolver.spec.login_headers:
            guess = did_you_mean(name, known | resolver.spec.login_headers) or "."
            resolver.complain(at, f"no operation takes {name}, which the login fills{guess}")


def _tokens(said: TokenEntry, fields: Mapping[str, AuthFieldEntry], resolver: Resolver) -> TokenLogin:
    at, who = (*AT, "tokens"), "the token request"
    operation = resolver.operation(said.operation, (*at, "operation"), who)
    known = {**fields, **said.fields}
    grants = [
        _grant(one, operation, known, (*at, "grants", place), resolver)
        for place, one in enumerate(said.grants)
    ]
    refresh = said.refresh and _grant(said.refresh, operation, known, (*at, "refresh"), resolver)
    if said.refresh and operation:
        _check_field(operation, said.refresh.token, (*at, "refresh", "token"), resolver)
    if said.refresh and said.refresh_token is None:
        resolver.complain(
            (*at, "refresh"), "refreshing needs refresh_token, the token's place in the answer."
        )
    answer = operation.response.children if operation else ()

    def path(name: str) -> tuple[str, ...] | None:
        written = getattr(said, name)
        return resolver.path(answer, written, (*at, name), who) if written and operation else None

    return TokenLogin(
        operation=said.operation,
        grants=tuple(grants),
        refresh=refresh,
        refresh_as=said.refresh.token if said.refresh else "",
        access_token=path("access_token") or (),
        refresh_token=path("refresh_token"),
        expires_in=path("expires_in"),
        fields=_fields(said.fields),
    )


def _grant(
    said: GrantEntry,
    operation: Operation | None,
    fields: Mapping[str, AuthFieldEntry],
    at: At,
    resolver: Resolver,
) -> TokenGrant:
    for name in (*said.constants, *said.fills) if operation else ():
        part = "constants" if name in said.constants else "fills"
        _check_field(operation, name, (*at, part, name), resolver)
    for name, field in said.fills.items():
        resolver.known(field, fields, (*at, "fills", name), f"{name} is filled from login field {field}")
    return TokenGrant(constants=said.constants, fills=said.fills, once=said.once)


def _check_field(operation: Operation | None, name: str, at: At, resolver: Resolver) -> None:
    if operation and name not in operation.takes:
        guess = did_you_mean(name, operation.takes) or "."
        resolver.complain(at, f"the token request sends {name}, which {operation.id} does not take{guess}")
