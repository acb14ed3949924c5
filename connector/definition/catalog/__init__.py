"""The closed vocabulary of a catalog file, `connector/catalog/<vendor>.yaml`.

Every word a catalog may use is here, and nothing is an expression. Names of operations, parameters and
fields are resolved against the vendor's description by `connector.definition.compiler`; what a word means
is told in `connector.definition.model`. Paths into records are written with dots: `customer.email`.
"""

from typing import Annotated, Any, Literal

from pydantic import Field as Default
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
    label: Label
    base_url: str


class ErrorEntry(CatalogEntry):
    code: Dotted
    message: Dotted
    fields: Dotted | None = None
    by_status: dict[int, ErrorKind]
    by_code: dict[str, ErrorKind] = {}


class PlanEntry(CatalogEntry):
    """How many requests each window allows; a window that is not named has no limit."""

    second: Annotated[int, Default(ge=1)] | None = None
    minute: Annotated[int, Default(ge=1)] | None = None
    day: Annotated[int, Default(ge=1)] | None = None


class WindowHeaderEntry(CatalogEntry):
    """The headers that tell of one window."""

    limit: str
    remaining: str


class LimitEntry(CatalogEntry):
    """Nothing at all: no limit is documented.

    The three headers tell of one window, the one with the least left; `headers` of each by its length.
    """

    plans: dict[str, PlanEntry] = {}
    limit_header: str | None = None
    remaining_header: str | None = None
    reset_header: str | None = None
    headers: dict[Literal["second", "minute", "day"], WindowHeaderEntry] = {}


class PagedEntry(CatalogEntry):
    """What all styles of paging say; without `total` a short page is the last one."""

    size: str
    page_size: int
    total: Dotted | None = None
    size_reported: Dotted | None = None
    missing_is_empty: bool = False
    operations: tuple[str, ...]


class NumberedEntry(PagedEntry):
    """`page` is the parameter that takes a page's number, `first` the number of the first."""

    style: Literal["page"]
    page: str
    first: int = 1


class OffsetEntry(PagedEntry):
    """`offset` is the parameter that takes how many rows to pass over."""

    style: Literal["offset"]
    offset: str


class CursorEntry(PagedEntry):
    """`cursor` is the parameter that takes what the page before named at `next`; it is opaque."""

    style: Literal["cursor"]
    cursor: str
    next: Dotted


PagingEntry = Annotated[NumberedEntry | OffsetEntry | CursorEntry, Default(discriminator="style")]


class FieldEntry(CatalogEntry):
    """How a field is called to people; `choices` relabels values: `{in_transit: On Its WebhookTransport}`."""

    label: Label | None = None
    help: Sentence | None = None
    choices: dict[str, Label] = {}


class ResourceEntry(CatalogEntry):
    """`schema` is a component of the description, `sample` an operation whose example shows such a record."""

    noun: str
    record: str = Default(alias="schema")
    id: Dotted | None = None
    label: tuple[Dotted, ...] = ()
    sample: str
    fields: dict[Dotted, FieldEntry] = {}


class DropdownEntry(CatalogEntry):
    """Either `operation`, `value` and `label`, or `choices_of`: an input whose closed set is offered."""

    noun: str
    operation: str | None = None
    query: dict[str, Any] = {}
    value: Dotted | None = None
    label: tuple[Dotted, ...] = ()
    search: str | None = None
    choices_of: tuple[str, Dotted] | None = None


class OrderEntry(CatalogEntry):
    by: str
    direction: str
    value: str
    oldest_first: str
    newest_first: str


class PageCeilings(CatalogEntry):
    """The most pages that one poll reads. Make ends one after 50 requests, or 3,200 records."""

    python: Annotated[int, Default(ge=1, le=500)]
    zapier: Annotated[int, Default(ge=1, le=25)]
    make: Annotated[int, Default(ge=1, le=32)] = 10

    @property
    def by_runtime(self) -> dict[Runtime, int]:
        """The ceilings by runtime."""
        return {"python": self.python, "zapier": self.zapier, "make": self.make}


class SortEntry(CatalogEntry):
    """One parameter that sorts a list both ways."""

    parameter: str
    oldest_first: str
    newest_first: str


class DetailsEntry(CatalogEntry):
    """One more request for each event: what the list does not tell of its record, added to it under `key`.

    `parameters` maps the operation's parameters to fields of the row; `resource` describes the answer.
    """

    operation: str
    parameters: dict[str, Dotted]
    query: dict[str, Any] = {}
    key: Key
    resource: str


class SourceEntry(CatalogEntry):
    """A way to notice what happened, shared by triggers.

    `unseen` says what the vendor's own filter does not show; it becomes a part of the guarantee.
    `growing_ids`: ids are numbers, and what was made later has a higher one, as far as anybody has seen.
    """

    operation: str
    id: Dotted = "id"
    unseen: Sentence | None = None
    growing_ids: bool = False
    details: DetailsEntry | None = None
    page_size: Annotated[int, Default(ge=1)]
    pages: PageCeilings


class OrderedEntry(SourceEntry):
    created: Dotted
    since: str | None = None
    order: OrderEntry


class CreatedSinceEntry(OrderedEntry):
    strategy: Literal["created_since"]
    overlap_minutes: Annotated[int, Default(ge=1, le=24 * 60)]


class ChangedSinceEntry(SourceEntry):
    """`mark` and `state`: at least one, unless rows do not tell when they `changed`.

    `since_form` is how the filter takes a moment; `window_hours` is what a runtime without memory reads.
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
    overlap_minutes: Annotated[int, Default(ge=1, le=24 * 60)]
    look_back_days: Annotated[int, Default(ge=1, le=365)]
    window_hours: Annotated[int, Default(ge=1, le=24 * 30)]


class SnapshotEntry(SourceEntry):
    """`tells: states` needs a `state`; `most_records` is how long a list can be to be compared as a whole."""

    strategy: Literal["snapshot"]
    since: None = None
    version: Dotted
    created: Dotted
    changed: Dotted
    order: OrderEntry
    tells: Literal["records", "versions", "states"]
    state: Dotted | None = None
    initial: tuple[str, ...] = ()
    most_records: Annotated[int, Default(ge=1_000, le=1_000_000)] = 100_000


class WindowScanEntry(OrderedEntry):
    strategy: Literal["window_scan"]
    state: Dotted
    initial: tuple[str, ...] = ()
    look_back_days: Annotated[int, Default(ge=1, le=365)]


class TriggerEntry(CatalogEntry):
    """`status` (with `or_later`) is for sources with a state; without it every change of state is an event.

    `provenance` says how far the status word itself is known. `inputs` are filters that a person may set:
    each has a `match`, and none of them is ever required. `labels` are those of a platform whose rules make
    none that reads well. `example` says which fields of the resource's sample have other values after such an
    event (the state that was reached need not be said).
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
    """One input; `name` is the parameter or body field it fills when its key is another word.

    `match` makes it a look-up in records read (a path into them) instead. `required` may only tighten.
    `identifies` says what a text identifies. `found_at`, of a search, are the fields of a row that hold it:
    what is handed on has it there. `several: commas` takes several values with commas between them.
    """

    name: Dotted | None = None
    match: Dotted | None = None
    identifies: Identifier | None = None
    found_at: Annotated[tuple[Dotted, ...], Default(min_length=1)] | None = None
    several: Literal["commas"] | None = None
    required: Literal[True] | None = None
    dropdown: str | None = None
    children: dict[Key, "InputEntry"] = {}


class FindingEntry(CatalogEntry):
    """How to look for a write that got no answer.

    Values name inputs of the action, or a column of one: `lines.quantity`.
    """

    operation: str
    parameters: dict[str, str] = {}
    records: Dotted | None = None
    equal: dict[Dotted, Dotted]
    created: Dotted


class OfferEntry(CatalogEntry):
    label: Label
    labels: dict[Runtime, Label] = {}
    description: Sentence
    resource: str
    operation: str
    inputs: dict[Key, InputEntry] = {}


class ActionEntry(OfferEntry):
    risk: Risk
    after_timeout: Literal["repeat", "find", "ask"]
    finding: FindingEntry | None = None


class SearchEntry(OfferEntry):
    kind: Literal["get", "find", "list", "report"]
    query: dict[str, Any] = {}
    at_least_one: tuple[Key, ...] = ()
    scan_pages: Annotated[int, Default(ge=1, le=100)] = 1


class FindOrCreateEntry(CatalogEntry):
    label: Label
    description: Sentence
    search: str
    create: str


class Catalog(CatalogEntry):
    """One catalog file.

    `payload` is where the result lies in an answer: in all of them, or by operation (not named: the whole).
    """

    catalog: Literal[1]
    vendor: Vendor
    environments: Annotated[dict[Key, EnvironmentEntry], Default(min_length=1)]
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
            Default(discriminator="strategy"),
        ],
    ]
    hooks: dict[Key, HookEntry] = {}
    triggers: dict[Key, TriggerEntry]
    actions: dict[Key, ActionEntry]
    searches: dict[Key, SearchEntry]
    find_or_create: tuple[FindOrCreateEntry, ...] = ()
    exclude: dict[str, Sentence] = {}
    unified: Unified | None = None
