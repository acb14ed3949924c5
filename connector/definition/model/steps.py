"""Models of triggers, actions, searches and dropdowns."""

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
from connector.definition.model.sources import Details, ReachedAt, Source
from connector.definition.model.subscriptions import PostedTrigger, Subscriptions
from connector.definition.model.unified import Unified
from connector.definition.model.webhooks import Webhooks

Risk = Literal["read", "write", "financial", "destructive"]
Runtime = Literal["python", "zapier", "make", "n8n"]


class Resource(FrozenModel):
    """A kind of record, such as a return or a shipment.

    `noun` is in lower case and singular ("return"). `group` is the heading under which apps list the steps
    for these records ("Returns"). `label` lists the paths of the values that identify a record to the user,
    such as a return number.
    """

    key: str
    noun: str
    group: str
    id: Path
    label: tuple[Path, ...]
    fields: tuple[Field, ...]
    sample: Any


class Dropdown(FrozenModel):
    """The options that are suggested for an input: fixed `choices`, or the records that `operation` lists.

    For records, `value` is the path of the value to fill in, and `label` lists the paths of the values that
    are joined with " · " into the option's label (missing values are left out). `query` is sent with every
    request. `search` is the query parameter that filters the list by the text that the user types, or None
    if the API has no such parameter.
    """

    key: str
    noun: str
    choices: tuple[Choice, ...] = ()
    operation: str | None = None
    query: Mapping[str, Any] = {}
    value: Path = ()
    label: tuple[Path, ...] = ()
    search: str | None = None


class DependentDropdown(FrozenModel):
    """The options for an input that depend on other inputs of the same form, such as the lines of an invoice.

    `operation` reads the record or the list of records that contains the options. `path_values` and `query`
    map its parameters to the keys of the inputs that fill them. `items` is the path of the list of options in
    each record. `value` is the path, in one of its items, of the value to fill in, and `label` lists the
    paths of the values that are joined with " · " into the option's label (missing values are left out).
    """

    key: str
    noun: str
    operation: str
    path_values: Mapping[str, str] = {}
    query: Mapping[str, str] = {}
    items: Path
    value: Path
    label: tuple[Path, ...]

    @property
    def depends_on(self) -> tuple[str, ...]:
        """The keys of the inputs that must have a value before the options can be listed."""
        return (*self.path_values.values(), *self.query.values())


class Hook(FrozenModel):
    """A vendor's webhook that reports the events of a trigger.

    The request body of the `subscribe` operation contains the constants in `body`, and the receiver's URL at
    the path `url`. The response contains the subscription's ID at `id`; the `unsubscribe` operation sends
    this ID as the path parameter `parameter`.

    A delivery refers to a record. `read` is the operation that reads this record, and `parameters` maps the
    operation's parameters to paths in the delivery; if `read` is None, the delivery contains the record.
    `row` is the path of the record in the response of `read` or in the delivery; the record has the same
    fields as the records in the trigger's list. `state` is the path of the new state in the delivery; if it
    is None, the state in the record applies. A trigger for one state accepts only deliveries with exactly
    this state, because a delivery does not show the record's earlier states.
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
    """What a trigger guarantees in one runtime, as computed by `connector.definition.guarantees`.

    `delivers` is one of:

    - "every_record": each new record, once;
    - "latest_state": each change, except changes that are overwritten before the next poll;
    - "reached": each record, once, when it is first observed in the trigger's state or a later state;
    - "while_there": each record when it reaches the trigger's state, and whenever it changes in that state;
    - "posted": each webhook delivery that arrives; the trigger does not poll.

    A record or change that appears in the list late is found if it is at most `look_back` seconds late. If
    `look_back` is None, it is found if it is on one of the pages that a poll reads. A poll reads up to
    `pages` pages of `page_size` items, in total `items_per_poll` items, in the order `order` ("any" means
    unsorted). `calls_per_poll` is the number of requests in a poll that reads all pages,
    `calls_per_poll_quiet` the number in a poll whose items fit on one page, and `calls_per_event` the number
    of additional requests per event. `calls_per_day` and `calls_per_day_quiet` assume a poll every `interval`
    seconds. `shortest_interval` maps each plan to the shortest interval, in seconds, at which the plan's
    limits allow polls that read all pages.

    `dedupe` lists the paths that together identify an event; platforms use them as the primary key.
    `watermark` is the path of the timestamp or increasing ID to compare, for runtimes that remember only the
    last event's value. `loses` describes, in complete sentences, which events the trigger can miss.
    """

    runtime: Runtime
    delivers: Literal["every_record", "latest_state", "reached", "while_there", "posted"]
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
    """An event that starts a workflow, such as a new return, and how to poll for it.

    `inputs` are optional filters (location "match"). A poll reads the same records with and without filters,
    but only events whose records match the filters are delivered. `unless` contains pairs of a path and
    several values: a record that has one of these values at the path is not an event. `fields` and `sample`
    describe the data of one event: a record from the list, with the response of `details` if it is set.
    `example` contains the values of an example event that differ from `sample`. `guarantees` has no entry for
    a runtime that does not offer the trigger. `labels` replaces `label` in runtimes whose naming rules
    `label` does not meet. If `reached_at` is set, the source's `mark` is the field that `reached_at` adds.
    `source_key` is the source's key in the catalog: triggers with the same `source_key` read the same list,
    so one poll can serve all of them. `preview` is true if a part of the requests is assumed. `runtimes`
    lists the runtimes that offer the trigger, if others could but do not (see
    `connector.definition.left_out`).
    """

    key: str
    label: str
    description: str
    resource: str
    source: Annotated[Source, PydanticField(discriminator="strategy")]
    occurred_at: Path | None
    reached_at: ReachedAt | None = None
    details: Details | None = None
    hook: Hook | None = None
    inputs: tuple[InputField, ...] = ()
    unless: tuple[tuple[Path, tuple[str, ...]], ...] = ()
    fields: tuple[Field, ...]
    sample: Any
    example: Mapping[str, Any] = {}
    guarantees: Mapping[Runtime, Guarantee]
    labels: Mapping[Runtime, str] = {}
    preview: bool = False
    runtimes: tuple[Runtime, ...] = ()
    source_key: str


class Finding(FrozenModel):
    """How to find out whether a write request without a response succeeded: look for a matching record.

    `operation` lists or reads the records. `query` and `path_values` map parameters to the inputs that fill
    them. `records` is the path of the list inside the operation's payload. Each pair in `equal` contains a
    path in a record, and the input (or the column of a list input) to compare with the value at this path. A
    record matches if the two values of each pair are equal (line items in any order), and if its creation
    time, at `created`, is not before the first attempt. The write succeeded if exactly one record matches. At
    least one input in `equal` always has a value. `constants` contains pairs of a path in a record and the
    constant of the action that a matching record has at this path.
    """

    operation: str
    query: Mapping[str, str] = {}
    path_values: Mapping[str, str] = {}
    records: Path = ()
    equal: tuple[tuple[Path, Path], ...] = ()
    constants: tuple[tuple[Path, Any], ...] = ()
    created: Path


class Action(FrozenModel):
    """A request that creates, changes or deletes a record.

    `after_timeout` selects what happens if the vendor does not respond: "repeat" sends the request again,
    because repeating it is harmless; "find" looks for the record with `finding`, and raises `OutcomeUnknown`
    if the record is not found; "ask" raises `OutcomeUnknown` immediately. Only "repeat" sends the request
    more than once.

    `constants` pairs paths in the request body with values that are sent with every request, such as the
    status `approved` of "Approve Return". `provenance` states whether their spelling is documented, observed
    or assumed. `preview` is true if a part of the request is assumed.

    `form_inputs` are inputs that only the forms of apps have, in front of the others: they are not sent, but
    the options of a dependent dropdown depend on them.

    `each` is the key of a list input, or None. The API then accepts one line per request: a request is sent
    for each line, with the other inputs, and the members of the line are in the body itself. The result
    contains the record of each request in `results`.
    """

    key: str
    label: str
    description: str
    noun: str
    resource: str
    operation: str
    risk: Risk
    constants: tuple[tuple[Path, Any], ...] = ()
    provenance: Provenance = "documented"
    preview: bool = False
    inputs: tuple[InputField, ...]
    form_inputs: tuple[InputField, ...] = ()
    each: str | None = None
    fields: tuple[Field, ...]
    sample: Any
    after_timeout: Literal["repeat", "find", "ask"]
    finding: Finding | None = None
    labels: Mapping[Runtime, str] = {}

    @property
    def constant_body(self) -> dict[str, Any]:
        """The action's `constants` as a request body with nested objects."""
        body: dict[str, Any] = {}
        for path, value in self.constants:
            holder = body
            for name in path[:-1]:
                holder = holder.setdefault(name, {})
            holder[path[-1]] = value
        return body


class Search(FrozenModel):
    """A request that reads records on demand, when a workflow or a user needs them.

    `kind` is one of:

    - "get": reads one record by its ID; a 404 is an empty result;
    - "find": reads the records of a list that match all inputs, best match first. If an input has location
      "match", up to `scan_pages` pages are read;
    - "list": reads all records that belong to another record or to a period of time;
    - "report": reads one record that the vendor computes.

    `query` is sent with every request. At least one of the inputs in `at_least_one` must have a value.
    `preview` is true if a part of the request is assumed.
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
    preview: bool = False
    fields: tuple[Field, ...]
    sample: Any
    labels: Mapping[Runtime, str] = {}


class FindOrCreate(FrozenModel):
    """A search, and the action that creates a record if the search finds nothing."""

    key: str
    label: str
    description: str
    search: str
    create: str


class Integration(FrozenModel):
    """The root of the model: one vendor's API, and the triggers, actions and searches that use it.

    `operations` is keyed by operationId, and the other mappings by the keys in the catalog. `excluded` maps
    the operations that the connector does not offer to the reasons. Only the hub has `subscriptions` and
    `posted` triggers; it has no other triggers.
    """

    vendor: Vendor
    environments: tuple[Environment, ...]
    authentication: Authentication
    errors: ErrorFormat
    limits: Limits
    paging: Mapping[str, Paging]
    operations: Mapping[str, Operation]
    resources: Mapping[str, Resource]
    dropdowns: Mapping[str, Dropdown]
    dependent_dropdowns: Mapping[str, DependentDropdown] = {}
    triggers: Mapping[str, Trigger]
    actions: Mapping[str, Action]
    searches: Mapping[str, Search]
    find_or_create: tuple[FindOrCreate, ...]
    excluded: Mapping[str, str]
    unified: Unified | None = None
    webhooks: Webhooks | None = None
    subscriptions: Subscriptions | None = None
    posted: Mapping[str, PostedTrigger] = {}

    @property
    def base_url(self) -> str:
        """The base URL of the production environment."""
        return self.environments[0].base_url
