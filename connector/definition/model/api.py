"""Models of a vendor's API: operations, authentication, errors, rate limits and paging."""

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from connector.definition.model.fields import Field, FrozenModel, Path, Provenance

JSON = "application/json"
ErrorKind = Literal[
    "authentication", "permission", "not_found", "validation", "rate_limited", "unavailable", "unexpected"
]


class Parameter(FrozenModel):
    """A path or query parameter; its name is `field.key`.

    `repeated_as` is the name of the array parameter that accepts several values, such as `status[]` for
    `status`, or None if the API has no such parameter. The array parameter itself has `field.type` "list".
    """

    location: Literal["path", "query"]
    field: Field
    repeated_as: str | None = None

    @property
    def name(self) -> str:
        return self.field.key


class Operation(FrozenModel):
    """One operation of the API. `id` is the operationId; `path` is a template relative to the base URL.

    `body` is None or a Field of type "object". `status`, `response`, `media_type` and `example` describe
    the successful response; the catalog can offer only operations that respond with JSON. `payload` is the
    path of the result in the response, such as `("data",)`, and `payload_is_list` is true if the result is a
    list. `paging` is a key of `Integration.paging`, or None if the response is not divided into pages.
    `path_provenance` is the provenance of the method and path alone; it differs from `provenance` if a vendor
    lists an operation without its request body. `scope` is the permission that the credential needs for the
    operation, or None if the vendor names none.
    """

    id: str
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    summary: str
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: Field | None = None
    body_required: bool = False
    status: int
    response: Field
    media_type: str = JSON
    payload: Path = ()
    payload_is_list: bool = False
    paging: str | None = None
    scope: str | None = None
    provenance: Provenance = "documented"
    path_provenance: Provenance = "documented"
    example: Any = None

    @property
    def input_names(self) -> frozenset[str]:
        """The names of all parameters and top-level body fields."""
        fields = self.body.children if self.body else ()
        return frozenset(
            [*(parameter.name for parameter in self.parameters), *(field.key for field in fields)]
        )

    def parameter(self, name: str) -> Parameter | None:
        return next((parameter for parameter in self.parameters if parameter.name == name), None)


class Vendor(FrozenModel):
    """The company that provides the API. `description` is one sentence, "X is a …", of 40 to 140 characters.

    `app_version` is the version of the generated apps, as `major.minor.patch`.
    """

    id: str
    title: str
    description: str
    homepage: str
    app_version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]


class Environment(FrozenModel):
    """One base URL of the API, such as production or a sandbox. An integration lists production first."""

    key: str
    label: str
    base_url: str


class AuthField(FrozenModel):
    """A login field that the user fills in. The value of a `secret` field never appears in logs or errors.

    `page` is the address of the page that explains where to find the value, or None.
    """

    key: str
    label: str
    help: str = ""
    page: str | None = None
    secret: bool = False
    required: bool = True
    placeholder: str = ""


class TokenGrant(FrozenModel):
    """The body of one kind of token request (RFC 6749, section 1.3).

    `constants` maps fields of the body to fixed values, and `fills` maps other fields to the AuthFields that
    provide the value. `once` is true if the request succeeds only once, as with an authorization code.
    """

    constants: Mapping[str, str]
    fills: Mapping[str, str]
    once: bool = False


class TokenLogin(FrozenModel):
    """How to obtain the access token that is sent as the credential.

    The first token request calls `operation` with the first grant in `grants` whose fields are all filled in.
    Later token requests use the `refresh` grant, with the latest refresh token in the body field
    `refresh_as`. `access_token`, `refresh_token` and `expires_in` (in seconds) are paths in the response.
    `fields` are the AuthFields that only token requests use.
    """

    operation: str
    grants: tuple[TokenGrant, ...]
    refresh: TokenGrant | None = None
    refresh_as: str = ""
    access_token: Path
    refresh_token: Path | None = None
    expires_in: Path | None = None
    fields: tuple[AuthField, ...] = ()

    @property
    def refresh_field(self) -> str | None:
        """The key of the AuthField for a refresh token, or None if users cannot enter a refresh token."""
        return next(
            (grant.fills[self.refresh_as] for grant in self.grants if self.refresh_as in grant.fills), None
        )


class Authentication(FrozenModel):
    """How requests are authenticated.

    If `scheme` is "bearer", requests send `Authorization: Bearer <field>`; if it is "header", they send
    `<header>: <field>`. `field` is the key of the AuthField whose value is sent. If the key is empty ("") or
    the user left this field blank, the access token from `tokens` is sent instead. `host` is the AuthField
    for the base URL, for vendors whose API has a different base URL for each account. To test a credential,
    `test_operation` is called with the query parameters in `test_query`; the request fails if the credential
    is not valid. `connection_label` is a template that refers to AuthFields and `environment`, such as
    `"{store_name} ({environment})"`; it never contains a secret. `sends` maps query parameters and body
    fields to the AuthFields that provide their values, for all operations that accept them. `headers` maps
    headers to AuthFields in the same way; these headers are sent with every request.
    """

    scheme: Literal["bearer", "header"]
    header: str
    prefix: str
    field: str
    fields: tuple[AuthField, ...]
    tokens: TokenLogin | None = None
    host: AuthField | None = None
    sends: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    test_operation: str
    test_query: Mapping[str, Any] = {}
    connection_label: str

    @property
    def all_fields(self) -> tuple[AuthField, ...]:
        """All AuthFields except `host`, including the AuthFields that only token requests use."""
        return (*self.fields, *(self.tokens.fields if self.tokens else ()))

    def missing(self, filled: Collection[str]) -> AuthField | None:
        """Return the first required AuthField whose key is not in `filled`, or None if no field is missing.

        The base URL is not checked.
        """
        first = next((field for field in self.fields if field.required and field.key not in filled), None)
        grants = self.tokens.grants if self.tokens else ()
        # If all fields of a token grant are filled in, a token is sent and the credential is not needed.
        if (
            first
            and self.field == first.key
            and any(set(filled).issuperset(grant.fills.values()) for grant in grants)
        ):
            return None
        return first

    @property
    def secrets(self) -> tuple[str, ...]:
        """The keys of all AuthFields whose values are secret."""
        return tuple(field.key for field in self.all_fields if field.secret)

    @property
    def shop_fields(self) -> frozenset[str]:
        """The keys of the AuthFields that choose a shop of the account: they are sent, and not secret."""
        return frozenset({*self.sends.values(), *self.headers.values()}.difference(self.secrets))


class ErrorFormat(FrozenModel):
    """How to read an error response, and which kind of error each status and error code means.

    `code`, `message` and `fields` are paths in the response body. The value at `fields` is an object
    `{field: message}` or a list of `{"field", "message"}` objects; `fields` is None if the vendor does not
    name the invalid fields. A status that is not in `by_status` means "unexpected" if it is below 500, and
    "unavailable" otherwise.
    """

    code: Path
    message: Path
    fields: Path | None
    by_status: Mapping[int, ErrorKind]
    by_code: Mapping[str, ErrorKind] = {}


class Window(FrozenModel):
    """One rate limit: at most `requests` requests within `seconds` seconds."""

    requests: int
    seconds: int


class Plan(FrozenModel):
    """The rate limits of one of the vendor's plans; `windows` is empty if the plan has no limit."""

    name: str
    windows: tuple[Window, ...]


class WindowHeaders(FrozenModel):
    """The names of the headers that report the limit and the remaining requests of a rate limit window.

    `seconds` is the length of the window.
    """

    seconds: int
    limit: str
    remaining: str


class Limits(FrozenModel):
    """The rate limits that apply to one credential, and the response headers that report them.

    `throttle` is the limit to apply on platforms that do not know the user's plan: the shortest window of all
    plans or, if several windows are equally short, the one with the fewest requests. It is None if no limit
    is known. Header names are in lower case. `limit_header`, `remaining_header` and `reset_header` are used
    by vendors that report a single window; the reset time is in seconds since the Unix epoch. `headers` is
    used by vendors that report every window.
    """

    plans: tuple[Plan, ...]
    throttle: Window | None
    limit_header: str | None = None
    remaining_header: str | None = None
    reset_header: str | None = None
    headers: tuple[WindowHeaders, ...] = ()


class Paging(FrozenModel):
    """How to read a list page by page.

    `page_parameter` is the name of the parameter that selects a page. Its value depends on `style`:

    - "page": the page number, which starts at `first`;
    - "offset": the number of records to skip, which starts at `first`. It increases by the number of records
      received, because a vendor may return fewer records than requested;
    - "cursor": the value at `next` in the previous page; the first request sends no cursor.

    Reading stops at an empty page, or when the number of records read reaches the number at `total`. A page
    with fewer records than requested is not necessarily the last page. With style "cursor", reading stops if
    `next` is missing, or if an empty page returns its own cursor as `next`.

    `size` is the page size to request and `max_size` the largest page size that the vendor allows.
    `size_reported` is the path of the page size that the vendor actually used. `missing_is_empty` is true if
    a 404 response means that the list is empty.
    """

    style: Literal["page", "offset", "cursor"]
    page_parameter: str
    size_parameter: str
    first: int
    size: int
    max_size: int
    next: Path | None = None
    total: Path | None = None
    size_reported: Path | None = None
    missing_is_empty: bool = False
