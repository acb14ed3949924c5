"""What a person types to connect, and how requests prove who sends them."""

from typing import Annotated, Any

from pydantic import Field as Default

from connector.definition.catalog.base import CatalogEntry, Dotted, Key, Label, Sentence


class LoginCheckEntry(CatalogEntry):
    operation: str
    query: dict[str, Any] = {}


class AuthFieldEntry(CatalogEntry):
    label: Label
    help: Sentence | None = None
    secret: bool = False
    required: bool = True
    placeholder: str = ""


class GrantEntry(CatalogEntry):
    """A token request: fields sent as they stand, and fields that login fields fill."""

    constants: dict[str, str] = {}
    fills: dict[str, Key] = {}
    once: bool = False


class RefreshEntry(GrantEntry):
    """`token` is the field that takes the refresh token."""

    token: str


class TokenEntry(CatalogEntry):
    """`fields` are login fields that only this way to log in has."""

    operation: str
    grants: Annotated[tuple[GrantEntry, ...], Default(min_length=1)]
    refresh: RefreshEntry | None = None
    access_token: Dotted
    refresh_token: Dotted | None = None
    expires_in: Dotted | None = None
    fields: dict[Key, AuthFieldEntry] = {}


class HostEntry(CatalogEntry):
    """The merchant's own address of the API, asked for as `base_url`."""

    label: Label
    help: Sentence | None = None
    placeholder: str = ""


class AuthenticationEntry(CatalogEntry):
    """`credential` is the login field sent as it is; without one `tokens` say what is sent instead.

    `sends` maps what the login fills in besides the credential to a login field.

    That is a query parameter, a body field, or the header of another security scheme.
    """

    security_scheme: str
    credential: str | None = None
    fields: dict[Key, AuthFieldEntry]
    tokens: TokenEntry | None = None
    host: HostEntry | None = None
    sends: dict[str, Key] = {}
    test: LoginCheckEntry
    connection_label: str
