"""What the API is: its operations, and the facts that hold for all of them."""

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from connector.definition.model.fields import Field, Part, Path, Provenance

JSON = "application/json"
ErrorKind = Literal[
    "authentication", "permission", "not_found", "validation", "rate_limited", "unavailable", "unexpected"
]


class Parameter(Part):
    """A path or query parameter. `repeated_as` names its several-values form (`status` -> `status[]`).

    `field.key` is the parameter's name. Array parameters (the `[]` forms themselves) have `field.type`
    "list".
    """

    location: Literal["path", "query"]
    field: Field
    repeated_as: str | None = None

    @property
    def name(self) -> str:
        return self.field.key


class Operation(Part):
    """One request the API documents. `id` is the operationId; `path` is a template below the base URL.

    `body` is None or a Field of type "object". `status` is the documented success status. `response`
    describes the whole success body and `payload` is the path to what is of interest in it (`("data",)`;
    a list when `payload_is_list`). `paging` names an entry of `Integration.paging` for operations read
    page by page. `example` is the spec's example of the success body. `media_type` is that of the success
    body; only JSON can be offered.
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
    def takes(self) -> frozenset[str]:
        """Names of all parameters and of the body's fields."""
        fields = self.body.children if self.body else ()
        return frozenset([*(one.name for one in self.parameters), *(one.key for one in fields)])

    def parameter(self, name: str) -> Parameter | None:
        return next((one for one in self.parameters if one.name == name), None)


class Vendor(Part):
    """Who runs the API. `description` is one sentence, "X is a …", 40 to 140 characters.

    `app_version` is the version of the vendor's generated app, `major.minor.patch`.
    """

    id: str
    title: str
    description: str
    homepage: str
    app_version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]


class Environment(Part):
    """A place the vendor serves the same API from (production first)."""

    key: str
    label: str
    base_url: str


class AuthField(Part):
    """What a person types to connect. `secret` values are never shown, logged or put in an error."""

    key: str
    label: str
    help: str = ""
    secret: bool = False
    required: bool = True
    placeholder: str = ""


class TokenGrant(Part):
    """The body of one kind of token request (RFC 6749, section 1.3).

    `constants` are fields sent as they stand, `fills` maps a field to the AuthField that fills it. `once`:
    what it sends, an authorization code, is good for one request.
    """

    constants: Mapping[str, str]
    fills: Mapping[str, str]
    once: bool = False


class TokenLogin(Part):
    """How the token is got that is sent as the credential.

    `operation` is sent with the first of `grants` for which everything is filled in, later with `refresh`
    and the last refresh token in its field `refresh_as`. The other paths lead into its answer;
    `expires_in` holds seconds. `fields` are AuthFields of this way to log in alone.
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
        """The AuthField in which a refresh token is typed, if there is one."""
        return next((one.fills[self.refresh_as] for one in self.grants if self.refresh_as in one.fills), None)


class Authentication(Part):
    """How a request proves who sends it.

    `scheme` "bearer": `Authorization: Bearer <field>`; "header": `<header>: <field>`. `field` names the
    AuthField that is sent; with `tokens` it may be empty (""), and where it is, or was not filled in, a
    token is sent. `host` is the AuthField for the base URL where every account has an address of its own.
    `test_operation` with `test_query` is the cheapest request that succeeds only with a good credential.
    `connection_label` is a template over AuthField keys and `environment`
    (`"{store_name} ({environment})"`); it never holds a secret. `sends` maps a query parameter or body field
    to the AuthField whose value fills it in every operation that has it, `headers` a header to the one that
    goes with every request.
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
    def typed(self) -> tuple[AuthField, ...]:
        """What can be filled in, whichever way to log in is taken."""
        return (*self.fields, *(self.tokens.fields if self.tokens else ()))

    def missing(self, filled: Collection[str]) -> AuthField | None:
        """Return the first AuthField that is still missing from a login; the base URL is not looked at."""
        first = next((one for one in self.fields if one.required and one.key not in filled), None)
        grants = self.tokens.grants if self.tokens else ()
        if (
            first
            and self.field == first.key
            and any(set(filled).issuperset(one.fills.values()) for one in grants)
        ):
            return None
        return first

    @property
    def secrets(self) -> tuple[str, ...]:
        """The AuthFields that are never shown."""
        return tuple(one.key for one in self.typed if one.secret)


class ErrorFormat(Part):
    """Where an error body says what went wrong, and which kind of error each status means.

    At `fields` lies `{field: message}` or a list of `{"field", "message"}` (None: nothing names fields). A
    status that is not listed is "unexpected" below 500 and "unavailable" from 500 on.
    """

    code: Path
    message: Path
    fields: Path | None
    by_status: Mapping[int, ErrorKind]
    by_code: Mapping[str, ErrorKind] = {}


class Window(Part):
    """At most `requests` within `seconds`."""

    requests: int
    seconds: int


class Plan(Part):
    """What the vendor sells; no window of a length means no such limit."""

    name: str
    windows: tuple[Window, ...]


class WindowHeaders(Part):
    """The headers that tell how much of the window of `seconds` there is, and how much is left."""

    seconds: int
    limit: str
    remaining: str


class Limits(Part):
    """How fast one credential may ask.

    `throttle` is the smallest plan's shortest window: what a platform that cannot know the plan must keep
    to (None: no limit is known). Header names are lower-case. The first three tell of one window, and
    `reset_header` holds Unix seconds; `headers` are those of a vendor that tells of each window.
    """

    plans: tuple[Plan, ...]
    throttle: Window | None
    limit_header: str | None = None
    remaining_header: str | None = None
    reset_header: str | None = None
    headers: tuple[WindowHeaders, ...] = ()


class Paging(Part):
    """How a list is read in pieces.

    `page_parameter` takes the position of a piece, which begins at `first`: with style "page" its number,
    with style "offset" how many rows lie before it (the next offset counts the rows that came, for a vendor
    may give fewer than were asked for). Stop when a page is empty or, where the vendor tells it, the total at
    `total` is reached; a page with fewer rows than asked for is not the last. `size_reported` is the size
    that the vendor took. With style "cursor" it takes what the page before named at `next`, and the first
    page has none; stop when nothing is named there, or an empty page names itself. `size` is what to ask for,
    `max_size` the most the vendor allows. `missing_is_empty`: a 404 stands for a list without records.
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
