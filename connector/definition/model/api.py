"""Models of the API itself: operations, login, errors, rate limits and paging."""

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from connector.definition.model.fields import Field, FrozenModel, Path, Provenance

JSON = "application/json"
ErrorKind = Literal[
    "authentication", "permission", "not_found", "validation", "rate_limited", "unavailable", "unexpected"
]


class Parameter(FrozenModel):
    """A path or query parameter, named by `field.key`.

    `repeated_as` is the name of the parameter that takes several values (`status` -> `status[]`), if the
    API has one. That array parameter itself has `field.type` "list".
    """

    location: Literal["path", "query"]
    field: Field
    repeated_as: str | None = None

    @property
    def name(self) -> str:
        return self.field.key


class Operation(FrozenModel):
    """One request of the API. `id` is the operationId; `path` is a template below the base URL.

    `body` is None or a Field of type "object". `status`, `response`, `media_type` and `example` describe
    the successful answer; the catalog can offer only operations that answer with JSON. `payload` is the
    path to the result inside the answer, such as `("data",)`, and `payload_is_list` is true if that result
    is a list. `paging` names an entry of `Integration.paging`, or is None if the answer has no pages.
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
    """The company that runs the API. `description` is one sentence, "X is a …", of 40 to 140 characters.

    `app_version` is the version of the generated apps, as `major.minor.patch`.
    """

    id: str
    title: str
    description: str
    homepage: str
    app_version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]


class Environment(FrozenModel):
    """One base URL of the API, such as production or a sandbox. The first one listed is production."""

    key: str
    label: str
    base_url: str


class AuthField(FrozenModel):
    """A login field that the user fills in. `secret` values never appear in output, logs or errors."""

    key: str
    label: str
    help: str = ""
    secret: bool = False
    required: bool = True
    placeholder: str = ""


class TokenGrant(FrozenModel):
    """The body of one kind of token request (RFC 6749, section 1.3).

    `constants` are fields with fixed values; `fills` maps a field to the AuthField that provides its value.
    `once` is true if the request can be sent only once, as with an authorization code.
    """

    constants: Mapping[str, str]
    fills: Mapping[str, str]
    once: bool = False


class TokenLogin(FrozenModel):
    """How to obtain the access token that is sent as the credential.

    The first request sends `operation` with the first of `grants` whose fields are all filled in. Later
    requests use `refresh`, with the last refresh token in the field `refresh_as`. `access_token`,
    `refresh_token` and `expires_in` (in seconds) are paths into the answer. `fields` are the AuthFields
    that only a token login needs.
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
        """The AuthField that takes a refresh token, or None if users cannot enter one."""
        return next(
            (grant.fills[self.refresh_as] for grant in self.grants if self.refresh_as in grant.fills), None
        )


class Authentication(FrozenModel):
    """How requests are authenticated.

    With `scheme` "bearer" a request sends `Authorization: Bearer <field>`, with "header" it sends
    `<header>: <field>`. `field` is the key of the AuthField to send. If it is empty ("") or the user left
    it blank, the access token of `tokens` is sent instead. `host` is the AuthField for the base URL, for
    vendors that give each account its own address. `test_operation` with `test_query` is the cheapest
    request that fails without a valid credential. `connection_label` is a template over AuthField keys and
    `environment`, such as `"{store_name} ({environment})"`; it never contains a secret. `sends` maps a
    query parameter or body field to the AuthField that fills it in every operation that has it; `headers`
    maps a header of every request to its AuthField.
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
        """The AuthFields of every way to log in, without the base URL."""
        return (*self.fields, *(self.tokens.fields if self.tokens else ()))

    def missing(self, filled: Collection[str]) -> AuthField | None:
        """Return the first required AuthField that is not among `filled`, or None if the login is complete.

        The base URL is not checked.
        """
        first = next((field for field in self.fields if field.required and field.key not in filled), None)
        grants = self.tokens.grants if self.tokens else ()
        # A complete token grant replaces the credential, so the credential is not missing then.
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


class ErrorFormat(FrozenModel):
    """How to read an error answer: paths into its body, and the kind of error for each status or code.

    The value at `fields` is `{field: message}` or a list of `{"field", "message"}`; None if the vendor does
    not name fields. A status that is not listed counts as "unexpected" below 500 and as "unavailable" from
    500.
    """

    code: Path
    message: Path
    fields: Path | None
    by_status: Mapping[int, ErrorKind]
    by_code: Mapping[str, ErrorKind] = {}


class Window(FrozenModel):
    """One rate limit: at most `requests` within `seconds`."""

    requests: int
    seconds: int


class Plan(FrozenModel):
    """The rate limits of one of the vendor's plans. Windows that are not listed have no limit."""

    name: str
    windows: tuple[Window, ...]


class WindowHeaders(FrozenModel):
    """The headers that report the limit and the remaining requests of the window of `seconds`."""

    seconds: int
    limit: str
    remaining: str


class Limits(FrozenModel):
    """The rate limits of one credential, and the headers that report them.

    `throttle` is the shortest window of the smallest plan, for platforms that do not know the user's plan;
    None if no limit is known. Header names are lower-case. `limit_header`, `remaining_header` and
    `reset_header` (Unix seconds) belong to vendors that report one window, `headers` to vendors that report
    each window.
    """

    plans: tuple[Plan, ...]
    throttle: Window | None
    limit_header: str | None = None
    remaining_header: str | None = None
    reset_header: str | None = None
    headers: tuple[WindowHeaders, ...] = ()


class Paging(FrozenModel):
    """How to read a list page by page.

    `page_parameter` takes the position of a page, which starts at `first`:

    - style "page": the page number;
    - style "offset": the number of rows to skip. It advances by the number of rows received, because a
      vendor may return fewer rows than requested;
    - style "cursor": the value at `next` in the previous page; the first request sends none.

    Reading stops at an empty page or when the total at `total` is reached. A page with fewer rows than
    requested is not necessarily the last. With style "cursor" it stops if `next` is missing or an empty
    page names itself.

    `size` is the page size to request and `max_size` the largest that the vendor allows. `size_reported` is
    the path of the page size that the vendor actually used. `missing_is_empty` is true if a 404 means an
    empty list.
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
