"""The entries of a catalog file, `connector/catalog/<vendor>.yaml`: every key it may use.

The vocabulary is closed and has no expressions. `connector.definition.compiler` checks the names of
operations, parameters and fields against the vendor's specification; `connector.definition.model` explains
what the values mean. Paths into records are written with dots: `customer.email`.
"""

from typing import Annotated, Any, Literal

from pydantic import Field as PydanticField
from pydantic import JsonValue

from connector.definition.catalog.base import CatalogEntry, Dotted, Key, Label, Sentence
from connector.definition.catalog.hooks import HookEntry, TriggerHookEntry
from connector.definition.catalog.login import AuthenticationEntry
from connector.definition.model import (
    ErrorKind,
    Identifier,
    Provenance,
    Risk,
    Runtime,
    SinceForm,
    Unified,
    Vendor,
)


class EnvironmentEntry(CatalogEntry):
    """One base URL of the API; it must be a server of the specification."""

    label: Label
    base_url: str


class ErrorEntry(CatalogEntry):
    """Paths into an error answer, and the kind of error for each status or code."""

    code: Dotted
    message: Dotted
    fields: Dotted | None = None
    by_status: dict[int, ErrorKind]
    by_code: dict[str, ErrorKind] = {}


class PlanEntry(CatalogEntry):
    """The number of requests that a plan allows per window. A window that is not listed has no limit."""

    second: Annotated[int, PydanticField(ge=1)] | None = None
    minute: Annotated[int, PydanticField(ge=1)] | None = None
    day: Annotated[int, PydanticField(ge=1)] | None = None


class WindowHeaderEntry(CatalogEntry):
    """The headers that report one rate window."""

    limit: str
    remaining: str


class LimitEntry(CatalogEntry):
    """The section `limits`; leave it out if the vendor documents no rate limit.

    `limit_header`, `remaining_header` and `reset_header` report the window with the fewest requests left;
    `headers` lists the headers of each window.
    """

    plans: dict[str, PlanEntry] = {}
    limit_header: str | None = None
    remaining_header: str | None = None
    reset_header: str | None = None
    headers: dict[Literal["second", "minute", "day"], WindowHeaderEntry] = {}


class PagedEntry(CatalogEntry):
    """The keys that all paging styles share. `total` is the path of the total number of records."""

    size: str
    page_size: int
    total: Dotted | None = None
    size_reported: Dotted | None = None
    missing_is_empty: bool = False
    operations: tuple[str, ...]


class NumberedEntry(PagedEntry):
    """Paging by page number: `page` is the parameter, `first` the number of the first page."""

    style: Literal["page"]
    page: str
    first: int = 1


class OffsetEntry(PagedEntry):
    """Paging by offset: `offset` is the parameter for the number of rows to skip."""

    style: Literal["offset"]
    offset: str


class CursorEntry(PagedEntry):
    """Paging by cursor: `cursor` is the parameter for the opaque value at `next` in the previous page."""

    style: Literal["cursor"]
    cursor: str
    next: Dotted


PagingEntry = Annotated[NumberedEntry | OffsetEntry | CursorEntry, PydanticField(discriminator="style")]


class FieldEntry(CatalogEntry):
    """The label and help of a field; `choices` relabels its values, as in `{tnt: TNT}`."""

    label: Label | None = None
    help: Sentence | None = None
    choices: dict[str, Label] = {}


class ResourceEntry(CatalogEntry):
    """A kind of record; `schema` is a schema of the specification, `sample` an operation with an example."""

    noun: str
    record: str = PydanticField(alias="schema")
    id: Dotted | None = None
    label: tuple[Dotted, ...] = ()
    sample: str
    fields: dict[Dotted, FieldEntry] = {}


class DropdownEntry(CatalogEntry):
    """The options of an input.

    They come from the records of `operation` (`value` and `label` are paths in a record), or from
    `choices_of`: an action and its input with known values.
    """

    noun: str
    operation: str | None = None
    query: dict[str, Any] = {}
    value: Dotted | None = None
    label: tuple[Dotted, ...] = ()
    search: str | None = None
    choices_of: tuple[str, Dotted] | None = None


class OrderEntry(CatalogEntry):
    """How to sort a list: parameter `by` takes `value`, and `direction` takes one of the last two."""

    by: str
    direction: str
    value: str
    oldest_first: str
    newest_first: str


class PageCeilings(CatalogEntry):
    """The largest number of pages that one poll reads in each runtime."""

    python: Annotated[int, PydanticField(ge=1, le=500)]
    zapier: Annotated[int, PydanticField(ge=1, le=25)]
    make: Annotated[int, PydanticField(ge=1, le=32)] = 10

    @property
    def by_runtime(self) -> dict[Runtime, int]:
        """The ceilings as a mapping by runtime."""
        return {"python": self.python, "zapier": self.zapier, "make": self.make}


class SortEntry(CatalogEntry):
    """How to sort a list with a single parameter."""

    parameter: str
    oldest_first: str
    newest_first: str


class DetailsEntry(CatalogEntry):
    """An additional request per event; its answer is added to the record under `key`.

    `parameters` maps the operation's parameters to fields of the row; `resource` describes the answer.
    """

    operation: str
    parameters: dict[str, Dotted]
    query: dict[str, Any] = {}
    key: Key
    resource: str


class SourceEntry(CatalogEntry):
    """A list that triggers poll; several triggers can share one.

    `unseen` describes the changes that the vendor's filter does not show; the guarantee repeats it.
    `growing_ids` is true if IDs are numbers and a later record was never observed to have a lower one.
    """

    operation: str
    id: Dotted = "id"
    unseen: Sentence | None = None
    growing_ids: bool = False
    details: DetailsEntry | None = None
    page_size: Annotated[int, PydanticField(ge=1)]
    pages: PageCeilings


class OrderedEntry(SourceEntry):
    """A list that can be sorted by creation time."""

    created: Dotted
    since: str | None = None
    order: OrderEntry


class CreatedSinceEntry(OrderedEntry):
    """Polls new records by their creation time; see `connector.definition.model.CreatedSince`."""

    strategy: Literal["created_since"]
    overlap_minutes: Annotated[int, PydanticField(ge=1, le=24 * 60)]


class ChangedSinceEntry(SourceEntry):
    """Polls changed records by a filter on changes; see `connector.definition.model.ChangedSince`.

    At least one of `mark` and `state` is required if rows have a time of change, `changed`. `since_form` is
    the form in which the filter takes a time. A runtime without memory reads the last `window_hours`.
    """

    strategy: Literal["changed_since"]
    created: Dotted | None = None
    changed: Dotted | None = None
    since: str
    since_form: SinceForm = "instant"
    sort: SortEntry | None = None
    mark: Dotted | None = None
    state: Dotted | None = None
    initial: tuple[str, ...] = ()
    overlap_minutes: Annotated[int, PydanticField(ge=1, le=24 * 60)]
    look_back_days: Annotated[int, PydanticField(ge=1, le=365)]
    window_hours: Annotated[int, PydanticField(ge=1, le=24 * 30)]


class SnapshotEntry(SourceEntry):
    """Polls a complete list and compares versions; see `connector.definition.model.Snapshot`.

    `detects: states` requires `state`. A list with more than `most_records` records is an error.
    """

    strategy: Literal["snapshot"]
    since: None = None
    version: Dotted
    created: Dotted
    changed: Dotted
    order: OrderEntry
    detects: Literal["records", "versions", "states"]
    state: Dotted | None = None
    initial: tuple[str, ...] = ()
    most_records: Annotated[int, PydanticField(ge=1_000, le=1_000_000)] = 100_000


class WindowScanEntry(OrderedEntry):
    """Polls all recent records and compares states; see `connector.definition.model.WindowScan`."""

    strategy: Literal["window_scan"]
    state: Dotted
    initial: tuple[str, ...] = ()
    look_back_days: Annotated[int, PydanticField(ge=1, le=365)]


class TriggerEntry(CatalogEntry):
    """One trigger.

    `status` limits a source with a `state` to one state, or to the states `or_later` that can only follow
    it; without it, every change of state is an event. `provenance` says how well that status is known.
    `inputs` are optional filters, each with a `match`. `labels` overrides the label on a platform whose
    naming rules would produce an awkward one. `example` lists the fields of the resource's sample that have
    other values after such an event; the state itself is filled in automatically.
    """

    label: Label
    labels: dict[Runtime, Label] = {}
    description: Sentence
    example: dict[Dotted, JsonValue] = {}
    resource: str
    source: str
    status: str | None = None
    or_later: tuple[str, ...] = ()
    provenance: Provenance = "documented"
    occurred_at: Dotted | None = None
    hook: TriggerHookEntry | None = None
    inputs: dict[Key, "InputEntry"] = {}


class InputEntry(FieldEntry):
    """One input of a trigger, action or search.

    `name` is the parameter or body field to fill, if it differs from the key. `match` is a path in the
    records read; the input is then compared with them and not sent. `required` can only make an optional
    input required. `identifies` is the kind of identifier the value is. In a search, `found_at` lists the
    fields of a row that contain the value; rows with another value there are dropped. `several: commas`
    accepts several values separated by commas.
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
    """How to look for the record of a write that got no answer.

    The values of `parameters` and `equal` are inputs of the action, or columns of one: `lines.quantity`.
    """

    operation: str
    parameters: dict[str, str] = {}
    records: Dotted | None = None
    equal: dict[Dotted, Dotted]
    created: Dotted


class StepEntry(CatalogEntry):
    """The keys that actions and searches share."""

    label: Label
    labels: dict[Runtime, Label] = {}
    description: Sentence
    resource: str
    operation: str
    inputs: dict[Key, InputEntry] = {}


class ActionEntry(StepEntry):
    """One action; see `connector.definition.model.Action`."""

    risk: Risk
    after_timeout: Literal["repeat", "find", "ask"]
    finding: FindingEntry | None = None


class SearchEntry(StepEntry):
    """One search; see `connector.definition.model.Search`."""

    kind: Literal["get", "find", "list", "report"]
    query: dict[str, Any] = {}
    at_least_one: tuple[Key, ...] = ()
    scan_pages: Annotated[int, PydanticField(ge=1, le=100)] = 1


class FindOrCreateEntry(CatalogEntry):
    """A search combined with the action to run if it finds nothing."""

    label: Label
    description: Sentence
    search: str
    create: str


class Catalog(CatalogEntry):
    """A complete catalog file.

    `payload` is the path of the result in an answer, for all operations or by operation; an operation that
    is not listed returns its result without an envelope. `exclude` has a reason for each operation that
    is not offered.
    """

    catalog: Literal[1]
    vendor: Vendor
    environments: Annotated[dict[Key, EnvironmentEntry], PydanticField(min_length=1)]
    authentication: AuthenticationEntry
    payload: Dotted | dict[str, Dotted]
    errors: ErrorEntry
    limits: LimitEntry = LimitEntry()
    paging: dict[Key, PagingEntry]
    resources: dict[Key, ResourceEntry]
    dropdowns: dict[Key, DropdownEntry] = {}
    sources: dict[
        Key,
        Annotated[
            CreatedSinceEntry | ChangedSinceEntry | SnapshotEntry | WindowScanEntry,
            PydanticField(discriminator="strategy"),
        ],
    ]
    hooks: dict[Key, HookEntry] = {}
    triggers: dict[Key, TriggerEntry]
    actions: dict[Key, ActionEntry]
    searches: dict[Key, SearchEntry]
    find_or_create: tuple[FindOrCreateEntry, ...] = ()
    exclude: dict[str, Sentence] = {}
    unified: Unified | None = None
