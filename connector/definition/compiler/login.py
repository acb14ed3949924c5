"""Compiles a catalog's `authentication` section: login fields, credential, tokens and login test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.definition.model import Authentication, AuthField, TokenGrant, TokenLogin
from connector.definition.spelling import did_you_mean

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


def authentication(entry: AuthenticationEntry, resolver: Resolver) -> Authentication:
    """Compile the `authentication` section of a catalog; problems are reported to `resolver`."""
    scheme = _scheme(entry, resolver)
    bearer = scheme.get("type") == "http"
    _check_credential(entry, resolver)
    _check_sends(entry, resolver)
    operation = resolver.operation(entry.test.operation, (*AT, "test", "operation"), "the login test")
    query = resolver.query(operation, entry.test.query, (*AT, "test", "query"), "the login test")
    host = entry.host and AuthField(
        key="base_url", **entry.host.model_dump(exclude={"help"}), help=entry.host.help or ""
    )
    return Authentication(
        scheme="bearer" if bearer else "header",
        header="Authorization" if bearer else str(scheme.get("name", "")),
        prefix="Bearer " if bearer else "",
        field=entry.credential or "",
        fields=_fields(entry.fields),
        tokens=entry.tokens and _tokens(entry.tokens, entry.fields, resolver),
        host=host,
        sends={name: key for name, key in entry.sends.items() if name not in resolver.spec.login_headers},
        headers={name: key for name, key in entry.sends.items() if name in resolver.spec.login_headers},
        test_operation=entry.test.operation,
        test_query=query,
        connection_label=entry.connection_label,
    )


def _fields(entries: Mapping[str, AuthFieldEntry]) -> tuple[AuthField, ...]:
    return tuple(
        AuthField(key=key, **entry.model_dump(exclude={"help"}), help=entry.help or "")
        for key, entry in entries.items()
    )


def _scheme(entry: AuthenticationEntry, resolver: Resolver) -> Mapping[str, object]:
    at = (*AT, "security_scheme")
    scheme = resolver.spec.security_scheme(entry.security_scheme)
    if scheme is None:
        resolver.report(at, f"the specification has no security scheme {entry.security_scheme}.")
        return {}
    if scheme.get("type") != "http" and (scheme.get("type"), scheme.get("in")) != ("apiKey", "header"):
        resolver.report(at, f"scheme {entry.security_scheme} is neither of type http nor an apiKey header.")
    return scheme


def _check_credential(entry: AuthenticationEntry, resolver: Resolver) -> None:
    if entry.credential is None:
        if entry.tokens is None:
            resolver.report(AT, "authentication needs a credential or tokens.")
        return
    if (
        resolver.known(
            entry.credential, entry.fields, (*AT, "credential"), f"credential names {entry.credential}"
        )
        and not entry.fields[entry.credential].secret
    ):
        resolver.report((*AT, "fields", entry.credential), "the credential has to be marked as secret.")


def _check_sends(entry: AuthenticationEntry, resolver: Resolver) -> None:
    known = {name for operation in resolver.spec.operations.values() for name in operation.input_names}
    for name, field in entry.sends.items():
        at = (*AT, "sends", name)
        resolver.known(field, entry.fields, at, f"{name} is filled from login field {field}")
        if name not in known | resolver.spec.login_headers:
            suggestion = did_you_mean(name, known | resolver.spec.login_headers) or "."
            resolver.report(at, f"the login fills {name}, which no operation takes{suggestion}")


def _tokens(entry: TokenEntry, fields: Mapping[str, AuthFieldEntry], resolver: Resolver) -> TokenLogin:
    at, subject = (*AT, "tokens"), "the token request"
    operation = resolver.operation(entry.operation, (*at, "operation"), subject)
    known = {**fields, **entry.fields}
    grants = [
        _grant(grant, operation, known, (*at, "grants", index), resolver)
        for index, grant in enumerate(entry.grants)
    ]
    refresh = entry.refresh and _grant(entry.refresh, operation, known, (*at, "refresh"), resolver)
    if entry.refresh and operation:
        _check_field(operation, entry.refresh.token, (*at, "refresh", "token"), resolver)
    if entry.refresh and entry.refresh_token is None:
        resolver.report(
            (*at, "refresh"), "refresh needs refresh_token, the path of the refresh token in the response."
        )
    answer = operation.response.children if operation else ()

    def path(name: str) -> tuple[str, ...] | None:
        written = getattr(entry, name)
        return resolver.path(answer, written, (*at, name), subject) if written and operation else None

    return TokenLogin(
        operation=entry.operation,
        grants=tuple(grants),
        refresh=refresh,
        refresh_as=entry.refresh.token if entry.refresh else "",
        access_token=path("access_token") or (),
        refresh_token=path("refresh_token"),
        expires_in=path("expires_in"),
        fields=_fields(entry.fields),
    )


def _grant(
    entry: GrantEntry,
    operation: Operation | None,
    fields: Mapping[str, AuthFieldEntry],
    at: At,
    resolver: Resolver,
) -> TokenGrant:
    for name in (*entry.constants, *entry.fills) if operation else ():
        part = "constants" if name in entry.constants else "fills"
        _check_field(operation, name, (*at, part, name), resolver)
    for name, field in entry.fills.items():
        resolver.known(field, fields, (*at, "fills", name), f"{name} is filled from login field {field}")
    return TokenGrant(constants=entry.constants, fills=entry.fills, once=entry.once)


def _check_field(operation: Operation | None, name: str, at: At, resolver: Resolver) -> None:
    if operation and name not in operation.input_names:
        suggestion = did_you_mean(name, operation.input_names) or "."
        resolver.report(at, f"the token request sends {name}, which {operation.id} does not take{suggestion}")
