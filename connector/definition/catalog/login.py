"""Catalog entries of the `authentication` section: login fields, the credential and access tokens."""

from typing import Annotated, Any

from pydantic import Field as PydanticField

from connector.definition.catalog.base import CatalogEntry, Dotted, Key, Label, Sentence


class LoginCheckEntry(CatalogEntry):
    """The request that tests whether the user's credentials are valid."""

    operation: str
    query: dict[str, Any] = {}


class AuthFieldEntry(CatalogEntry):
    """One login field that the user fills in; `page` is the URL of a page about where to find the value."""

    label: Label
    help: Sentence | None = None
    page: Annotated[str, PydanticField(pattern=r"^https://[^/]+/.+")] | None = None
    secret: bool = False
    required: bool = True
    placeholder: str = ""


class GrantEntry(CatalogEntry):
    """The body of a token request.

    `constants` maps body fields to fixed values, and `fills` maps other body fields to the login fields that
    provide their values. `once` is true if the request succeeds only once, as with an authorization code.
    """

    constants: dict[str, str] = {}
    fills: dict[str, Key] = {}
    once: bool = False


class RefreshEntry(GrantEntry):
    """The request that refreshes an access token; `token` names the body field for the refresh token."""

    token: str


class TokenEntry(CatalogEntry):
    """How to obtain an access token from the login fields.

    `access_token`, `refresh_token` and `expires_in` are paths in the token response; `fields` are login
    fields that only token requests use.
    """

    operation: str
    grants: Annotated[tuple[GrantEntry, ...], PydanticField(min_length=1)]
    refresh: RefreshEntry | None = None
    access_token: Dotted
    refresh_token: Dotted | None = None
    expires_in: Dotted | None = None
    fields: dict[Key, AuthFieldEntry] = {}


class HostEntry(CatalogEntry):
    """The login field `base_url`, for vendors whose API has a different base URL for each account."""

    label: Label
    help: Sentence | None = None
    placeholder: str = ""


class AuthenticationEntry(CatalogEntry):
    """The `authentication` section: how requests are authenticated, and what the user has to enter.

    `credential` names the login field whose value is sent with every request. If `credential` is not set, or
    if the user leaves this field blank, the access token that is obtained with `tokens` is sent instead.
    `sends` maps further query parameters, body fields and headers to the login fields that provide their
    values; a header must be defined by a security scheme in the specification.
    """

    security_scheme: str
    credential: str | None = None
    fields: dict[Key, AuthFieldEntry]
    tokens: TokenEntry | None = None
    host: HostEntry | None = None
    sends: dict[str, Key] = {}
    test: LoginCheckEntry
    connection_label: str
