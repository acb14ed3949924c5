"""Catalog entries of the `sources` section: the lists that triggers poll, and their events."""

from typing import Annotated, Any, Literal

from pydantic import Field as PydanticField

from connector.definition.catalog.base import CatalogEntry, Dotted, Key, Label, Sentence
from connector.definition.model import Runtime, SinceForm


class OrderEntry(CatalogEntry):
    """How to sort a list with two query parameters, one for the field and one for the direction.

    `by` is the name of the first parameter, and `value` its value. `direction` is the name of the second
    parameter; `oldest_first` and `newest_first` are its values.
    """

    by: str
    direction: str
    value: str
    oldest_first: str
    newest_first: str


class PageCeilings(CatalogEntry):
    """The maximum number of pages that a poll reads in each runtime."""

    python: Annotated[int, PydanticField(ge=1, le=500)]
    zapier: Annotated[int, PydanticField(ge=1, le=25)]
    make: Annotated[int, PydanticField(ge=1, le=32)] = 10

    @property
    def by_runtime(self) -> dict[Runtime, int]:
        """The maximum number of pages that a poll reads, keyed by runtime."""
        return {"python": self.python, "zapier": self.zapier, "make": self.make, "n8n": self.python}


class SortEntry(CatalogEntry):
    """How to sort a list with one query parameter, which has a value for each direction."""

    parameter: str
    oldest_first: str
    newest_first: str


class DetailsEntry(CatalogEntry):
    """An additional request for each event; its response is added to the event's record under `key`.

    `parameters` maps the operation's parameters to fields of the record; `resource` describes the response.
    """

    operation: str
    parameters: dict[str, Dotted]
    query: dict[str, Any] = {}
    key: Key
    resource: str


class SourceEntry(CatalogEntry):
    """A list that one or more triggers poll.

    `unseen` describes the changes that the vendor's filter does not return, so that triggers miss them.
    `growing_ids` is true if IDs are numbers and, in all observations, new records had the highest IDs.
    """

    operation: str
    id: Dotted = "id"
    unseen: Sentence | None = None
    growing_ids: bool = False
    details: DetailsEntry | None = None
    page_size: Annotated[int, PydanticField(ge=1)]
    pages: PageCeilings


class OrderedEntry(SourceEntry):
    """A source whose list can be sorted by creation time."""

    created: Dotted
    since: str | None = None
    order: OrderEntry


class CreatedSinceEntry(OrderedEntry):
    """A source that finds new records by creation time; see `connector.definition.model.CreatedSince`.

    Runtimes that store no cursor read the records of the last `window_hours`.
    """

    strategy: Literal["created_since"]
    overlap_minutes: Annotated[int, PydanticField(ge=1, le=24 * 60)]
    window_hours: Annotated[int, PydanticField(ge=1, le=24 * 30)]


class ChangedSinceEntry(SourceEntry):
    """A source that reads only changed records; see `connector.definition.model.ChangedSince`.

    If `changed` (the path of the modification time) is set, `mark` or `state` is required. `since` is the
    parameter that filters by modification time, and `since_form` the format of its value. Runtimes that store
    no cursor read the changes of the last `window_hours` hours.
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
    """A source that reads a complete list and compares versions; see `connector.definition.model.Snapshot`.

    `state` is required if `detects` is `states`. A poll fails if the list exceeds `most_records` records.
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


class WindowScanEntry(SourceEntry):
    """A source that reads recent records and compares states; see `connector.definition.model.WindowScan`.

    Leave out `order` if the list cannot be sorted; then `since` is required.
    """

    strategy: Literal["window_scan"]
    created: Dotted
    since: str | None = None
    order: OrderEntry | None = None
    state: Dotted
    initial: tuple[str, ...] = ()
    look_back_days: Annotated[int, PydanticField(ge=1, le=365)]


class ReachedAtEntry(CatalogEntry):
    """How to find the time at which a record reached a status; see `connector.definition.model.ReachedAt`.

    `history` is the path of a list in the record. The time is read from the field `time` of the entries whose
    field `name` equals `value`, and is added to each record as the field `field` with the label `label`.
    """

    field: Key
    label: Label
    history: Dotted
    name: str
    value: str
    time: str
