"""What is offered of an API: triggers, actions, searches and what they need."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field as Default

from connector.definition.model.api import (
    Authentication,
    Environment,
    ErrorFormat,
    Limits,
    Operation,
    Paging,
    Vendor,
)
from connector.definition.model.fields import Choice, Field, InputField, Part, Path, Provenance
from connector.definition.model.unified import Unified

Risk = Literal["read", "write", "financial", "destructive"]
Runtime = Literal["python", "zapier", "make"]
SinceForm = Literal["instant", "gte_zoneless"]


class Resource(Part):
    """A kind of record.

    `noun` is lower-case singular ("return"); `label` are the paths that name one to a person.
    """

    key: str
    noun: str
    id: Path
    label: tuple[Path, ...]
    fields: tuple[Field, ...]
    sample: Any


class Dropdown(Part):
    """Values offered for an input: `choices` of a closed set, or the records of `operation`.

    For records: `query` is always sent, pages follow `Operation.paging`, `value` is the path of the value
    and `label` the paths joined by " · " (missing parts are left out). `search` names a query parameter
    that narrows the list to typed text, if the API has one.
    """

    key: str
    noun: str
    choices: tuple[Choice, ...] = ()
    operation: str | None = None
    query: Mapping[str, Any] = {}
    value: Path = ()
    label: tuple[Path, ...] = ()
    search: str | None = None


class Order(Part):
    """The query that sorts a list by creation, in both directions."""

    oldest_first: Mapping[str, str]
    newest_first: Mapping[str, str]


class CreatedSince(Part):
    """Every record is an event once, found by when it was created.

    With `since` (a query parameter for "created after"): read oldest first from the watermark minus
    `overlap`. Without: read newest first until records are older than that. Records already seen inside
    the overlap are known by `id`, so that late ones (visible only after the watermark passed them) are
    still found.
    """

    strategy: Literal["created_since"] = "created_since"
    operation: str
    id: Path
    created: Path
    since: str | None
    order: Order
    overlap: int = Default(description="seconds")
    page_size: int
    pages: int = Default(description="ceiling of pages read in one poll by the Python runtime")


class WindowScan(Part):
    """Read all records created within `look_back` seconds; compare their state with what the last poll saw.

    `reached` None: every change of `state` is an event (`id` + state identify it), except a record first
    seen in one of `initial`. Otherwise a record is an event once, when its state is first seen to be one
    of `reached` (the state itself, or one that lies behind it).
    """

    strategy: Literal["window_scan"] = "window_scan"
    operation: str
    id: Path
    created: Path
    state: Path
    since: str | None
    order: Order
    look_back: int = Default(description="seconds")
    reached: tuple[str, ...] | None
    initial: tuple[str, ...]
    page_size: int
    pages: int = Default(description="ceiling of pages read in one poll by the Python runtime")


class ChangedSince(Part):
    """Read all records changed since a moment, in whatever order they come; compare with what was known.

    `since` is the query parameter for "changed after", which takes a moment as `since_form` says, and
    `changed` the time it filters by; it reads from the watermark minus `overlap`. What was seen of a record
    is remembered for `look_back` seconds after its last change. With `mark`, the path of a time, a record is
    an event whenever that time is there and another one than before (`id` + the time identify it; only `id`
    when it is the time of creation, which never changes); with `reached` besides, only in one of these
    states. Without `mark`, `state` makes events as in a window scan. A runtime without memory reads the last
    `window` seconds.

    `changed` None: rows do not tell when they changed; then the moment at which the vendor answered stands
    for it. Without `mark` and `state`, such a record is an event once, when the filter first shows it.
    `order` is the query that sorts the list, where it can be sorted.
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
    overlap: int = Default(description="seconds")
    look_back: int = Default(description="seconds")
    window: int = Default(description="seconds")
    page_size: int
    pages: int = Default(description="ceiling of pages read in one poll by the Python runtime")


class Snapshot(Part):
    """Read a whole list that cannot be asked for changes; compare each record's `version`, a whole number.

    `tells` says what makes an event: "records" (a new `id`), "versions" (a new `id`, and every higher
    version seen of it; both together identify it) or "states" (of `state`, as in a window scan). `changed`
    is when a record last changed, `order` the query that sorts the list. More than `most_records` cannot be
    compared. A runtime without memory reads the whole list each time, up to its ceiling, and tells what its
    platform has not seen.
    """

    strategy: Literal["snapshot"] = "snapshot"
    since: None = None
    operation: str
    id: Path
    version: Path
    created: Path
    changed: Path
    order: Order
    tells: Literal["records", "versions", "states"]
    state: Path | None
    reached: tuple[str, ...] | None
    initial: tuple[str, ...]
    most_records: int
    page_size: int
    pages: int = Default(description="ceiling of pages read in one poll by the Python runtime")


Source = CreatedSince | ChangedSince | Snapshot | WindowScan


class Details(Part):
    """What one more request tells of an event's record; it is sent for events, and for no other row.

    `parameters` maps each parameter of `operation` to its path in the row, `query` is always sent. The answer
    is added to the record under `key`; None where the vendor does not find it.
    """

    operation: str
    parameters: Mapping[str, Path]
    query: Mapping[str, Any] = {}
    key: str


class Hook(Part):
    """How the vendor itself tells of an event: it posts to an address that was registered for it.

    `subscribe` takes the address at `url` of its body, beside the constants in `body`; the payload of its
    answer names the subscription at `id`, which `unsubscribe` takes as its path parameter `parameter`. What
    is posted names a record: `read` is the operation that reads it (None: the record itself was posted),
    `parameters` maps each of its parameters to a path in what was posted. At `row`, in the payload of `read`
    or in what was posted, lies the record as the trigger's list shows it. `state` is where the post says
    which state was reached (None: it does not, and the record tells where it stands when it is read). A
    trigger for one state takes posts of this state alone: nobody remembers who was told of an earlier one.
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


class Guarantee(Part):
    """What one trigger promises in one runtime; computed from the facts above, asserted by tests.

    `delivers`: "every_record" (each new record once), "latest_state" (a change is seen, states passed
    through between two polls are not), "reached" (once, when the state or a later one is seen), "while_there"
    (when the state is reached, and again for each later change of the record that leaves it there).
    `look_back` in seconds: how far back a late record or a change is still found (None: as far as one
    poll reads). `pages` is the most one poll reads (`page_size` each), `items_per_poll` the product;
    `order` is how this runtime reads ("any": as the records come). `calls_per_poll` are the calls of a poll
    at the ceiling, `calls_per_poll_quiet` when one page holds everything (two where only an empty page ends
    a list); `calls_per_day` and `calls_per_day_quiet` are the same for a poll every `interval` seconds.
    `calls_per_event` come on top for each event.
    `shortest_interval` maps a plan to the seconds its limits allow between polls at the ceiling. `dedupe`
    are the paths that together identify an event (what a platform should mark as primary). `watermark` is the
    path of the time, or of the growing id, that a runtime goes by which remembers the last one alone. `loses`
    says in a sentence what this trigger misses.
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


class Trigger(Part):
    """Something that happens to a record.

    `inputs` are optional filters (location "match"): of what happened, only events whose record fits are
    told. What is read, and what is remembered of it, does not depend on them. `fields` and `sample`
    describe one event's data: a row of the list and, where there are, its `details`; `example` is what of
    the sample has to be otherwise for it to be such an event. `guarantees` has no
    entry for a runtime that could keep no useful promise. `labels` are a runtime's own words, where its rules
    for labels make none that read well.
    """

    key: str
    label: str
    description: str
    resource: str
    source: Annotated[Source, Default(discriminator="strategy")]
    occurred_at: Path | None
    details: Details | None = None
    hook: Hook | None = None
    inputs: tuple[InputField, ...] = ()
    fields: tuple[Field, ...]
    sample: Any
    example: Mapping[str, Any] = {}
    guarantees: Mapping[Runtime, Guarantee]
    labels: Mapping[Runtime, str] = {}


class Finding(Part):
    """How to tell whether a write of unknown outcome happened: read `operation`, look for an equal record.

    `query` and `path_values` map a parameter to the input that fills it. `records` is the path to the
    list inside the operation's payload. A record is the one written when each path of `equal` holds its
    input's value (the path of an input, or of a column of its line items, in whatever order) and the time at
    `created` is not before the first attempt. One of these inputs at least is always given.
    """

    operation: str
    query: Mapping[str, str] = {}
    path_values: Mapping[str, str] = {}
    records: Path = ()
    equal: tuple[tuple[Path, Path], ...] = ()
    created: Path


class Action(Part):
    """A write.

    `after_timeout` says what to do when no answer came: "repeat" (sending it again does no harm), "find"
    (look with `finding`; what is not found is reported as unknown, never sent again) or "ask" (nothing can
    tell: the outcome is reported as unknown at once).
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


class Search(Part):
    """A read that a person asks for.

    `kind`: "get" (one record by id; a 404 is an empty answer), "find" (records of a list that fit all
    given inputs, best match first; `scan_pages` pages are read when an input has location "match"),
    "list" (records below a parent), "report" (one computed record). `query` is always sent.
    `at_least_one`: "find" needs one input of these keys.
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


class FindOrCreate(Part):
    """A search, and the action to fall back on when it finds nothing."""

    key: str
    label: str
    description: str
    search: str
    create: str


class Integration(Part):
    """Everything that is offered of one vendor. See the module's docstring."""

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
        """Production, unless a caller says otherwise."""
        return self.environments[0].base_url
