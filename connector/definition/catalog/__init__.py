"""Defines the sections and keys of a catalog file, `connector/catalog/<vendor>.yaml`.

Unknown keys are errors, and values are plain data, never expressions. `connector.definition.compiler` checks
the names of operations, parameters and fields against the vendor's specification. The documentation of
`connector.definition.model` explains what the values mean. Paths are written with dots: `customer.email`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field as PydanticField
from pydantic import JsonValue

from connector.definition.catalog.base import CatalogEntry, Dotted, EachEntry, Key, Label, Sentence
from connector.definition.catalog.hooks import HookEntry, TriggerHookEntry
from connector.definition.catalog.login import AuthenticationEntry
from connector.definition.catalog.sources import (
    ChangedSinceEntry,
    CreatedSinceEntry,
    ReachedAtEntry,
    SnapshotEntry,
    WindowScanEntry,
)
from connector.definition.catalog.subscriptions import SubscriptionsEntry
from connector.definition.model import (
    ErrorKind,
    EventKind,
    Guarantee,
    Identifier,
    Provenance,
    Risk,
    Runtime,
    Unified,
    Vendor,
    Webhooks,
)


class EnvironmentEntry(CatalogEntry):
    """One base URL of the API, which the specification must also list under `servers`."""

    label: Label
    base_url: str


class ErrorEntry(CatalogEntry):
    """How to read an error response.

    `code`, `message` and `fields` are the paths of the error code, the message and the invalid fields in the
    response. `by_status` and `by_code` map statuses and error codes to kinds of errors.
    """

    code: Dotted
    message: Dotted
    fields: Dotted | None = None
    by_status: dict[int, ErrorKind]
    by_code: dict[str, ErrorKind] = {}


class PlanEntry(CatalogEntry):
    """A plan's maximum requests per second, minute and day. Leave out a period that has no limit."""

    second: Annotated[int, PydanticField(ge=1)] | None = None
    minute: Annotated[int, PydanticField(ge=1)] | None = None
    day: Annotated[int, PydanticField(ge=1)] | None = None


class WindowHeaderEntry(CatalogEntry):
    """The names of two response headers that report the state of one rate limit window.

    `limit` names the header with the maximum number of requests, and `remaining` the header with the number
    of requests left.
    """

    limit: str
    remaining: str


class LimitEntry(CatalogEntry):
    """The `limits` section: the vendor's rate limits. Leave it out if the vendor documents no limits.

    Use `limit_header`, `remaining_header` and `reset_header` if the vendor reports only one rate limit
    window, the one with the fewest requests left. Use `headers` if the vendor reports every window.
    """

    plans: dict[str, PlanEntry] = {}
    limit_header: str | None = None
    remaining_header: str | None = None
    reset_header: str | None = None
    headers: dict[Literal["second", "minute", "day"], WindowHeaderEntry] = {}


class PagedEntry(CatalogEntry):
    """The keys that all paging styles share.

    `size` is the name of the parameter for the page size, and `page_size` the default value. `total` is the
    path of the total number of records in a response, and `size_reported` the path of the page size that the
    vendor actually used. `missing_is_empty` is true if a 404 response means that the list is empty.
    `operations` lists the operations with this paging.
    """

    size: str
    page_size: int
    total: Dotted | None = None
    size_reported: Dotted | None = None
    missing_is_empty: bool = False
    operations: tuple[str, ...]


class NumberedEntry(PagedEntry):
    """Paging by page number: `page` is the name of the parameter, and `first` is the first page's number."""

    style: Literal["page"]
    page: str
    first: int = 1


class OffsetEntry(PagedEntry):
    """Paging by offset: `offset` is the name of the parameter for the number of records to skip."""

    style: Literal["offset"]
    offset: str


class CursorEntry(PagedEntry):
    """Paging by cursor: `cursor` is the name of the parameter for the cursor of the page to request.

    `next` is the path of the next page's cursor in a response.
    """

    style: Literal["cursor"]
    cursor: str
    next: Dotted


PagingEntry = Annotated[NumberedEntry | OffsetEntry | CursorEntry, PydanticField(discriminator="style")]


class FieldEntry(CatalogEntry):
    """A field's label and help text; `choices` maps the field's possible values to their labels.

    With `whole: true`, the vendor writes a whole number as text, such as "3"; apps show a number.
    """

    label: Label | None = None
    help: Sentence | None = None
    whole: Literal[True] | None = None
    choices: dict[str, Label] = {}


class OutputEntry(FieldEntry):
    """A field of a record.

    With `flag: true`, the value stands for yes or no: it is 0 or 1, or the text "true" or "false". With
    `sensitive: true`, apps leave the field out unless the user asks for it. With `file: true`, the value is
    the URL of a file, and apps also offer the file itself.
    """

    flag: Literal[True] | None = None
    sensitive: Literal[True] | None = None
    file: Literal[True] | None = None


class ResourceEntry(CatalogEntry):
    """A kind of record.

    `schema` is the name of the record's schema in the specification, and `sample` the operation whose example
    response contains a sample record. `id` is the path of the record's ID, and `label` lists the paths of the
    values that identify the record for users. `group` is the heading under which apps list the triggers,
    actions and searches for these records; the default is the plural of `noun`.
    """

    noun: str
    group: Label | None = None
    record: str = PydanticField(alias="schema")
    id: Dotted | None = None
    label: tuple[Dotted, ...] = ()
    sample: str
    fields: dict[Dotted, OutputEntry] = {}


class DropdownEntry(CatalogEntry):
    """The options that a dropdown offers for an input.

    With `operation`, the options are the records that it lists; `value` and `label` are paths in each record.
    With `choices_of` (an action and one of its inputs), the options are the known values of this input.
    """

    noun: str
    operation: str | None = None
    query: dict[str, Any] = {}
    value: Dotted | None = None
    label: tuple[Dotted, ...] = ()
    search: str | None = None
    choices_of: tuple[str, Dotted] | None = None


class DependentDropdownEntry(CatalogEntry):
    """The options for an input that depend on other inputs, such as the lines of the chosen invoice.

    `parameters` maps the operation's parameters to the inputs that fill them. `items` is the path of the list
    of options in the record, or in each record of the list, that the operation returns; `value` and `label`
    are paths in each item.
    """

    noun: str
    operation: str
    parameters: Annotated[dict[str, Key], PydanticField(min_length=1)]
    items: Dotted
    value: Dotted
    label: Annotated[tuple[Dotted, ...], PydanticField(min_length=1)]


class TriggerEntry(CatalogEntry):
    """An event that starts a workflow, such as a new return; see `connector.definition.model.Trigger`.

    With `status`, an event occurs when a record reaches this state, or one of the later states listed in
    `or_later`. Without `status`, the source determines what counts as an event. `provenance` states whether
    the status is documented, observed or assumed. `inputs` are optional filters, and each needs a `match`.
    `unless` maps fields of the record to values; no event occurs for a record that has one of these values.
    `labels` replaces `label` on platforms with other naming rules. `example` maps fields to values that
    differ from the resource's sample; the new state is filled in automatically. With `reached_at`, the time
    at which a record reached the status identifies the event. `runtimes` lists the runtimes that offer the
    trigger; the default is all runtimes. For example, only Python offers a trigger for changes of any kind,
    because users of apps want a trigger for one kind of change.
    """

    label: Label
    labels: dict[Runtime, Label] = {}
    description: Sentence
    example: dict[Dotted, JsonValue] = {}
    resource: str
    source: str
    status: str | None = None
    or_later: tuple[str, ...] = ()
    reached_at: ReachedAtEntry | None = None
    provenance: Provenance = "documented"
    occurred_at: Dotted | None = None
    hook: TriggerHookEntry | None = None
    unless: dict[Dotted, tuple[str, ...]] = {}
    runtimes: tuple[Runtime, ...] = ()
    inputs: dict[Key, "InputEntry"] = {}

    def offered(self, guarantees: Mapping[Runtime, Guarantee]) -> dict[Runtime, Guarantee]:
        """Return the guarantees of the runtimes that offer the trigger."""
        return {key: one for key, one in guarantees.items() if key in self.runtimes or not self.runtimes}


class PostedEntry(CatalogEntry):
    """A trigger whose events are posted to a URL; see `connector.definition.model.PostedTrigger`.

    `labels` replaces `label` on platforms with other naming rules. `example` maps fields of the delivery to
    values that differ from the resource's sample. The key of an input is a field of the body of the
    subscribing request, and a query parameter of the request for samples.
    """

    label: Label
    labels: dict[Runtime, Label] = {}
    description: Sentence
    resource: str
    example: dict[Dotted, JsonValue] = {}
    inputs: dict[Key, "InputEntry"] = {}


class InputEntry(FieldEntry):
    """One input of a trigger, action or search.

    `name` is the parameter or body field to fill, if its name differs from the key. With `match`, the input's
    value is not sent, but compared with the value at this path in each record. Set `required: true` if users
    must fill in an input that the API treats as optional. `identifies` is the kind of identifier that the
    input contains, such as `order`. In a search, `found_at` lists the fields of a record that can contain the
    input's value; records with other values in these fields are dropped. Set `several: commas` if the API
    reads `a,b` as two values. `dropdown` is a key of `dropdowns` or `dependent_dropdowns`.
    """

    name: Dotted | None = None
    match: Dotted | None = None
    identifies: Identifier | None = None
    found_at: Annotated[tuple[Dotted, ...], PydanticField(min_length=1)] | None = None
    several: Literal["commas"] | None = None
    required: Literal[True] | None = None
    dropdown: str | None = None
    children: dict[Key, "InputEntry"] = {}


class FindingEntry(CatalogEntry):
    """How to find out whether a write request created a record although the vendor did not respond.

    `parameters` maps the operation's parameters to the action's inputs. The keys of `equal` are the fields to
    compare; its values are inputs, constants of the action, or columns of a list input, such as
    `lines.quantity`.
    """

    operation: str
    parameters: dict[str, str] = {}
    records: Dotted | None = None
    equal: dict[Dotted, Dotted]
    created: Dotted


class StepEntry(CatalogEntry):
    """The keys that actions and searches have in common."""

    label: Label
    labels: dict[Runtime, Label] = {}
    description: Sentence
    resource: str
    operation: str
    inputs: dict[Key, InputEntry] = {}


class FormInputEntry(CatalogEntry):
    """An input that only the forms of apps have, because the options of another input depend on it."""

    label: Label
    help: Sentence
    dropdown: str


class ActionEntry(StepEntry):
    """A request that creates, changes or deletes a record; see `connector.definition.model.Action`.

    `constants` maps fields of the request body to values that are sent with every request. `provenance`
    states whether the spelling of these values is documented, observed or assumed. With `each`, one step
    sends several requests, one for each line.
    """

    form_inputs: dict[Key, FormInputEntry] = {}
    each: EachEntry | None = None

    risk: Risk
    constants: dict[Dotted, JsonValue] = {}
    provenance: Provenance = "documented"
    after_timeout: Literal["repeat", "find", "ask"]
    finding: FindingEntry | None = None


class SearchEntry(StepEntry):
    """A request that reads records on demand; see `connector.definition.model.Search`."""

    kind: Literal["get", "find", "list", "report"]
    query: dict[str, Any] = {}
    at_least_one: tuple[Key, ...] = ()
    scan_pages: Annotated[int, PydanticField(ge=1, le=100)] = 1


class FindOrCreateEntry(CatalogEntry):
    """A search, and the action that creates a record if the search finds nothing."""

    label: Label
    description: Sentence
    search: str
    create: str


class Catalog(CatalogEntry):
    """The content of a catalog file.

    `payload` is the path of the result in a response: one path for all operations, or a mapping from
    operations to paths. Leave an operation out of the mapping if its whole response is the result. `exclude`
    lists the operations that the connector does not offer, each with the reason. A vendor has `triggers` and
    `sources`; the hub has `posted` triggers and `subscriptions` instead.
    """

    catalog: Literal[1]
    vendor: Vendor
    environments: Annotated[dict[Key, EnvironmentEntry], PydanticField(min_length=1)]
    authentication: AuthenticationEntry
    payload: Dotted | dict[str, Dotted]
    errors: ErrorEntry
    limits: LimitEntry = LimitEntry()
    paging: dict[Key, PagingEntry] = {}
    resources: dict[Key, ResourceEntry]
    dropdowns: dict[Key, DropdownEntry] = {}
    dependent_dropdowns: dict[Key, DependentDropdownEntry] = {}
    sources: dict[
        Key,
        Annotated[
            CreatedSinceEntry | ChangedSinceEntry | SnapshotEntry | WindowScanEntry,
            PydanticField(discriminator="strategy"),
        ],
    ] = {}
    hooks: dict[Key, HookEntry] = {}
    triggers: dict[Key, TriggerEntry] = {}
    subscriptions: SubscriptionsEntry | None = None
    posted: dict[EventKind, PostedEntry] = {}
    actions: dict[Key, ActionEntry]
    searches: dict[Key, SearchEntry]
    find_or_create: tuple[FindOrCreateEntry, ...] = ()
    exclude: dict[str, Sentence] = {}
    unified: Unified | None = None
    webhooks: Webhooks | None = None
