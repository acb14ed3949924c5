"""Catalog entries of the `authentication` section: login fields, credentials and tokens."""

from typing import Annotated, Any

from pydantic import Field as PydanticField

from connector.definition.catalog.base import CatalogEntry, Dotted, Key, Label, Sentence


class LoginCheckEntry(CatalogEntry):
    """The request that tests whether a login works."""

    operation: str
    query: dict[str, Any] = {}


class AuthFieldEntry(CatalogEntry):
    """One login field that the user fills in."""

    label: Label
    help: Sentence | None = None
    secret: bool = False
    required: bool = True
    placeholder: str = ""


class GrantEntry(CatalogEntry):
    """A token request: `constants` have fixed values, `fills` maps a field to the login field that fills it.

    `once` is true if the request can be sent only once, as with an authorization code.
    """

    constants: dict[str, str] = {}
    fills: dict[str, Key] = {}
    once: bool = False


class RefreshEntry(GrantEntry):
    """The request that refreshes a token; `token` is the field for the refresh token."""

    token: str


class TokenEntry(CatalogEntry):
    """A login by access token.

    `access_token`, `refresh_token` and `expires_in` are paths in the answer; `fields` are additional login
    fields.
    """

    operation: str
    grants: Annotated[tuple[GrantEntry, ...], PydanticField(min_length=1)]
    refresh: RefreshEntry | None = None
    access_token: Dotted
    refresh_token: Dotted | None = None
    expires_in: Dotted | None = None
    fields: dict[Key, AuthFieldEntry] = {}


class HostEntry(CatalogEntry):
    """The login field `base_url`, for vendors that give each account its own address."""

    label: Label
    help: Sentence | None = None
    placeholder: str = ""


class AuthenticationEntry(CatalogEntry):
    """The section `authentication`.

    `credential` is the login field to send; without it, requests send an access token obtained by `tokens`.
    `sends` maps a query parameter, a body field or the header of another security scheme to the login field
    that fills it.
    """

    security_scheme: str
    credential: str | None = None
    fields: dict[Key, AuthFieldEntry]
    tokens: TokenEntry | None = None
    host: HostEntry | None = None
    sends: dict[str, Key] = {}
    test: LoginCheckEntry
    connection_label: str
