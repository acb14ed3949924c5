"""What a person types to connect, and how requests prove who sends them."""

from typing import Annotated, Any

from pydantic import Field as Default

from connector.definition.vocabulary.base import Dotted, Key, Label, Sentence, Words


class LoginCheckWords(Words):
    operation: str
    query: dict[str, Any] = {}


class AuthFieldWords(Words):
    label: Label
    help: Sentence | None = None
    secret: bool = False
    required: bool = True
    placeholder: str = ""


class GrantWords(Words):
    """A token request: fields sent as they stand, and fields that login fields fill."""

    constants: dict[str, str] = {}
    fills: dict[str, Key] = {}
    once: bool = False


class RefreshWords(GrantWords):
    """`token` is the field that takes the refresh token."""

    token: str


class TokenWords(Words):
    """`fields` are login fields that only this way to log in has."""

    operation: str
    grants: Annotated[tuple[GrantWords, ...], Default(min_length=1)]
    refresh: RefreshWords | None = None
    access_token: Dotted
    refresh_token: Dotted | None = None
    expires_in: Dotted | None = None
    fields: dict[Key, AuthFieldWords] = {}


class HostWords(Words):
    """The merchant's own address of the API, asked for as `base_url`."""

    label: Label
    help: Sentence | None = None
    placeholder: str = ""


class AuthenticationWords(Words):
    """`credential` is the login field sent as it is; without one `tokens` say what is sent instead.

    `sends` maps what the login fills in besides the credential to a login field.

    That is a query parameter, a body field, or the header of another security scheme.
    """

    security_scheme: str
    credential: str | None = None
    fields: dict[Key, AuthFieldWords]
    tokens: TokenWords | None = None
    host: HostWords | None = None
    sends: dict[str, Key] = {}
    test: LoginCheckWords
    connection_label: str
