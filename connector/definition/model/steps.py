"""Models of triggers, actions, searches, dropdowns and polling sources."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field as PydanticField

from connector.definition.model.api import (
    Authentication,
    Environment,
    ErrorFormat,
    Limits,
    Operation,
    Paging,
    Vendor,
)
from connector.definition.model.fields import Choice, Field, FrozenModel, InputField, Path, Provenance
from connector.definition.model.unified import Unified

Risk = Literal["read", "write", "financial", "destructive"]
Runtime = Literal["python", "zapier", "make"]
SinceForm = Literal["instant", "gte_zoneless"]


class Resource(FrozenModel):
    """A kind of record, such as a return or a shipment.

    `noun` is lower-case and singular ("return"). `label` lists the paths whose values name a record to the
    user.
    """

    key: str
    noun: str
    id: Path
    label: tuple[Path, ...]
    fields: tuple[Field, ...]
    sample: Any


class Dropdown(FrozenModel):
    """The options of an input: a closed set of `choices`, or the records that `operation` lists.

    For records, `value` is the path of the value to fill in and `label` lists the paths whose values are
    joined with " · " (missing values are left out). `query` is sent with every request. `search` is the
    query parameter that filters the list by typed text, or None if the API has none.
    """

    key: str
    noun: str
    choices: tuple[Choice, ...] = ()
    operation: str | None = None
    query: Mapping[str, Any] = {}
    value: Path = ()
    label: tuple[Path, ...] = ()
    search: str | None = None


class Order(FrozenModel):
    """The query parameters that sort a list, in both directions."""

    oldest_first: Mapping[str, str]
    newest_first: Mapping[str, str]


class CreatedSince(FrozenModel):
    """Polling strategy: each record is one event, found by its creation time.

    With `since`, the query parameter for "created after", a poll reads oldest first, from the watermark
    minus `overlap`. Without it, a poll reads newest first until records are older than that. Records inside
    the overlap are remembered by `id`, so that records which appear only after the watermark has passed
    them are still found.
    """

    strategy: Literal["created_since"] = "created_since"
    operation: str
    id: Path
    created: Path
    since: str | None
    order: Order
    overlap: int = PydanticField(description="seconds")
    page_size: int
    pages: int = PydanticField(description="ceiling of pages read in one poll by the Python runtime")


class WindowScan(FrozenModel):
    """Polling strategy: read the records of the last `look_back` seconds and compare their states.

    If `reached` is None, every change of `state` is an event, identified by `id` and state; a record first
    seen in one of the `initial` states is not. Otherwise each record is one event, when its state is first
    seen among `reached`: the state of the trigger and the states that can only follow it.
    """

    strategy: Literal["window_scan"] = "window_scan"
    operation: str
    id: Path
    created: Path
    state: Path
    since: str | None
    order: Order
    look_back: int = PydanticField(description="seconds")
    reached: tuple[str, ...] | None
    initial: tuple[str, ...]
    page_size: int
    pages: int = PydanticField(description="ceiling of pages read in one poll by the Python runtime")


class ChangedSince(FrozenModel):
    """Polling strategy: read the records changed since a moment, in any order.

    `since` is the query parameter for "changed after"; `since_form` says how it writes a time and `changed`
    is the time it filters by. A poll reads from the watermark minus `overlap`, and a record is remembered
    for `look_back` after its last change. A runtime without memory reads the last `window` instead.

    With `mark`, the path of a time, a record is an event when that time is first set and each time it
    changes, identified by `id` and the time (by `id` alone for the creation time, which never changes).
    With `reached` as well, only records in one of these states are events. Without `mark`, events come from
    `state`, as in a window scan.

    If `changed` is None, rows carry no time of change and the time of the vendor's answer is used instead.
    Such a record without `mark` and `state` is one event, when the filter first returns it. `order` is None
    if the list cannot be sorted.
    """

    strategy: Literal["changed_since"] = "changed_since"
    operation: str
    id: Path
    created: Path | None
    changed: Path | None
    since: str
    since_form: SinceForm = "instant"
    order: Order | None = None
    mark: Path | None
    state: Path | None
    reached: tuple[str, ...] | None
    initial: tuple[str, ...]
    overlap: int = PydanticField(description="seconds")
    look_back: int = PydanticField(description="seconds")
    window: int = PydanticField(description="seconds")
    page_size: int
    pages: int = PydanticField(description="ceiling of pages read in one poll by the Python runtime")


class Snapshot(FrozenModel):
    """Polling strategy: read a complete list without filters and compare the `version` of each record.

    `detects` selects the events: "records" (each new `id`), "versions" (each new `id` and each higher
    version of a known one, identified by both) or "states" (changes of `state`, as in a window scan).
    `version` is the path of a whole number, `changed` of the time of the last change. A list of more than
    `most_records` raises an error. A runtime without memory reads the list up to its ceiling, and its
    platform drops the records it already knows.
    """

    strategy: Literal["snapshot"] = "snapshot"
    since: None = None
    operation: str
    id: Path
    version: Path
    created: Path
    changed: Path
    order: Order
    detects: Literal["records", "versions", "states"]
    state: Path | None
    reached: tuple[str, ...] | None
    initial: tuple[str, ...]
    most_records: int
    page_size: int
    pages: int = PydanticField(description="ceiling of pages read in one poll by the Python runtime")


Source = CreatedSince | ChangedSince | Snapshot | WindowScan


class Details(FrozenModel):
    """An additional request that reads the details of each event's record.

    It is sent for events only, not for the other rows of a list. `parameters` maps each parameter of
    `operation` to a path in the row; `query` is sent every time. The answer is added to the record under
    `key`, as None if the vendor answers that the record does not exist.
    """

    operation: str
    parameters: Mapping[str, Path]
    query: Mapping[str, Any] = {}
    key: str


class Hook(FrozenModel):
    """A webhook of the vendor that reports the events of a trigger.

    The operation `subscribe` takes the receiver's URL at `url` of its body, together with the constants in
    `body`. Its answer contains the subscription's ID at `id`, which `unsubscribe` takes as path parameter
    `parameter`.

    A delivery names a record. `read` is the operation that reads it, with `parameters` mapping its
    parameters to paths in the delivery; if `read` is None, the delivery contains the record itself. `row`
    is the path, in the answer of `read` or in the delivery, of the record in the form that the trigger's
    list has. `state` is the path of the new state in the delivery; if it is None, the state of the record
    at the time of reading counts. A trigger for one state accepts only deliveries of exactly that state,
    because a webhook has no memory of earlier ones.
    """

    subscribe: str
    url: Path
    body: Mapping[str, Any]
    id: Path
    unsubscribe: str
    parameter: str
    read: str | None
    parameters: Mapping[str, Path] = {}
    row: Path
    state: Path | None = None
    provenance: Provenance


class Guarantee(FrozenModel):
    """What one trigger promises in one runtime, as computed by `connector.definition.guarantees`.

    `delivers` is one of:

    - "every_record": each new record once;
    - "latest_state": each change, but not the states passed through between two polls;
    - "reached": once, when the state or a later one is seen;
    - "while_there": when the state is reached, and again for each later change of a record in that state.

    `look_back` is how many seconds back a late record or change is still found; None means as far as one
    poll reads. A poll reads at most `pages` pages of `page_size` items, in `order` ("any": unsorted), so
    `items_per_poll` items. `calls_per_poll` counts the requests of a poll that reads all pages,
    `calls_per_poll_quiet` those of a poll with one page of items (two if only an empty page ends the list),
    and `calls_per_event` the additional requests per event. `calls_per_day` and `calls_per_day_quiet`
    assume a poll every `interval` seconds. `shortest_interval` maps each plan to the shortest interval, in
    seconds, at which its limits allow polls of all pages.

    `dedupe` lists the paths that together identify an event; a platform marks them as the primary key.
    `watermark` is the path of the time or growing ID to compare, for a runtime that remembers only the last
    one. `loses` describes in sentences which events the trigger misses.
    """

    runtime: Runtime
    delivers: Literal["every_record", "latest_state", "reached", "while_there"]
    look_back: int | None
    page_size: int
    pages: int
    items_per_poll: int
    order: Literal["oldest_first", "newest_first", "any"]
    calls_per_poll: int
    calls_per_poll_quiet: int = 1
    calls_per_event: int = 0
    interval: int
    calls_per_day: int
    calls_per_day_quiet: int
    shortest_interval: Mapping[str, int]
    dedupe: tuple[Path, ...]
    watermark: Path | None = None
    provenance: Provenance
    loses: str


class Trigger(FrozenModel):
    """A trigger: an event that starts a workflow, such as a new return.

    `inputs` are optional filters (location "match"). Only events whose record matches are delivered; what a
    poll reads and remembers does not depend on them. `fields` and `sample` describe the data of one event:
    a row of the list, plus its `details` if the trigger has them. `example` holds the values in which such
    an event differs from `sample`. `guarantees` has no entry for a runtime on which the trigger is not
    offered. `labels` overrides the label of a runtime whose naming rules would produce an awkward one.
    """

    key: str
    label: str
    description: str
    resource: str
    source: Annotated[Source, PydanticField(discriminator="strategy")]
    occurred_at: Path | None
    details: Details | None = None
    hook: Hook | None = None
    inputs: tuple[InputField, ...] = ()
    fields: tuple[Field, ...]
    sample: Any
    example: Mapping[str, Any] = {}
    guarantees: Mapping[Runtime, Guarantee]
    labels: Mapping[Runtime, str] = {}


class Finding(FrozenModel):
    """How to find out whether a write without an answer succeeded: look for an equal record.

    `operation` lists or reads the records. `query` and `path_values` map a parameter to the input that
    fills it. `records` is the path of the list inside the operation's payload. `equal` pairs a path in a
    record with an input, or with a column of its line items. The write succeeded if each pair has equal
    values (line items in any order) and the time at `created` is not before the first attempt. At least one
    of these inputs always has a value.
    """

    operation: str
    query: Mapping[str, str] = {}
    path_values: Mapping[str, str] = {}
    records: Path = ()
    equal: tuple[tuple[Path, Path], ...] = ()
    created: Path


class Action(FrozenModel):
    """An action: a request that creates, changes or deletes a record.

    `after_timeout` is what to do if the vendor does not answer: "repeat" sends the request again, because
    repeating it is harmless; "find" looks for the record with `finding` and reports an unknown outcome if
    it is not found; "ask" reports an unknown outcome at once. Only "repeat" ever sends a second request.
    """

    key: str
    label: str
    description: str
    noun: str
    resource: str
    operation: str
    risk: Risk
    inputs: tuple[InputField, ...]
    fields: tuple[Field, ...]
    sample: Any
    after_timeout: Literal["repeat", "find", "ask"]
    finding: Finding | None = None
    labels: Mapping[Runtime, str] = {}


class Search(FrozenModel):
    """A search: a request that reads records on demand.

    `kind` is one of:

    - "get": one record by its ID; a 404 is an empty result;
    - "find": the records of a list that match all inputs, best match first. If an input has location
      "match", up to `scan_pages` pages are read;
    - "list": all records that belong to another record or a period;
    - "report": one computed record.

    `query` is sent with every request. `at_least_one` lists the keys of which "find" requires one.
    """

    key: str
    label: str
    description: str
    noun: str
    resource: str
    kind: Literal["get", "find", "list", "report"]
    operation: str
    query: Mapping[str, Any] = {}
    inputs: tuple[InputField, ...]
    at_least_one: tuple[str, ...] = ()
    scan_pages: int = 1
    fields: tuple[Field, ...]
    sample: Any
    labels: Mapping[Runtime, str] = {}


class FindOrCreate(FrozenModel):
    """A search combined with the action to run if it finds nothing."""

    key: str
    label: str
    description: str
    search: str
    create: str


class Integration(FrozenModel):
    """One vendor's API and everything that is offered for it; the root of the model."""

    vendor: Vendor
    environments: tuple[Environment, ...]
    authentication: Authentication
    errors: ErrorFormat
    limits: Limits
    paging: Mapping[str, Paging]
    operations: Mapping[str, Operation]
    resources: Mapping[str, Resource]
    dropdowns: Mapping[str, Dropdown]
    triggers: Mapping[str, Trigger]
    actions: Mapping[str, Action]
    searches: Mapping[str, Search]
    find_or_create: tuple[FindOrCreate, ...]
    excluded: Mapping[str, str]
    unified: Unified | None = None

    @property
    def base_url(self) -> str:
        """The base URL of the production environment."""
        return self.environments[0].base_url
