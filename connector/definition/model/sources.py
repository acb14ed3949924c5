"""Models of polling sources: the list that a trigger polls, and the strategy that finds events in it."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field as PydanticField

from connector.definition.model.fields import FrozenModel, Path

SinceForm = Literal["instant", "gte_zoneless"]


class Order(FrozenModel):
    """The query parameters that sort a list from oldest to newest, and from newest to oldest."""

    oldest_first: Mapping[str, str]
    newest_first: Mapping[str, str]


class CreatedSince(FrozenModel):
    """Polling strategy: each record is one event, found by its creation time.

    The *watermark* is the time up to which records have been read. The next poll reads records that were
    created at most `overlap` seconds before the watermark, or after it, so that it also finds records that
    appear in the list late. The IDs of the records created in these `overlap` seconds are stored, so that no
    second event is emitted for them. `since` is the query parameter for "created after". If it is set,
    records are read oldest first. Otherwise, they are read newest first, until a record is older than
    `overlap` seconds before the watermark. A runtime without a cursor reads newest first, until a record is
    older than `window` seconds.
    """

    strategy: Literal["created_since"] = "created_since"
    operation: str
    id: Path
    created: Path
    since: str | None
    order: Order
    overlap: int = PydanticField(description="seconds")
    window: int = PydanticField(description="seconds")
    page_size: int
    pages: int = PydanticField(description="ceiling of pages read in one poll by the Python runtime")


class WindowScan(FrozenModel):
    """Polling strategy: read the records of the last `look_back` seconds and compare their states.

    Without `reached`, every change of `state` is an event that is identified by `id` and the new state. A
    new record is also an event, unless it is in one of the `initial` states. If `reached` is set, it contains
    the trigger's state and the states that can only follow it. Each record is then one event, which occurs
    when the record is first observed in one of these states.
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
    """Polling strategy: read the records that changed after a given time, in any order.

    `since` is the query parameter for "changed after". The vendor expects its value in the format
    `since_form`, and compares it with the field at `changed`. A poll reads the changes after the watermark
    minus `overlap`; each record is remembered for `look_back` seconds after its last change. A runtime
    without a cursor reads the changes of the last `window` seconds instead.

    `mark` is the path of a timestamp. With `mark`, an event occurs when this timestamp is first set and
    whenever it changes; `id` and the timestamp identify the event (`id` alone if `mark` is the creation time,
    which never changes). If `reached` is set too, events are emitted only for records in one of the states in
    `reached`. Without `mark`, every change of `state` is an event, as in `WindowScan`.

    If `changed` is None, records do not contain the time of their last change, and the time of the vendor's
    response is used instead. If `mark` and `state` are also None, each record is one event, which occurs when
    the filter first returns the record. `order` is None if the list cannot be sorted.
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

    `detects` selects what counts as an event: "records" (each new `id`), "versions" (each new `id`, and each
    higher version of a known record) or "states" (changes of `state`, as in `WindowScan`). `version` is the
    path of an integer, and `changed` the path of the time of the last change. A list of more than
    `most_records` records raises an error. A platform that stores no cursor reads the list up to the
    platform's page limit, and deduplicates the events.
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

    The request is sent only if an event is emitted for the record. `parameters` maps each parameter of
    `operation` to a path in the record; `query` is sent with every request. The response is added to the
    record under `key`; if the vendor responds with 404, the value is None.
    """

    operation: str
    parameters: Mapping[str, Path]
    query: Mapping[str, Any] = {}
    key: str


class ReachedAt(FrozenModel):
    """How to find the time at which a record reached a trigger's state in a history inside the record.

    `history` is the path of a list, such as `("events",)`. The time is the latest `time` of the entries whose
    field `name` equals `value`. Runtimes add it to each record of the list as the field `field`; the field is
    null if the history has no such entry.
    """

    field: str
    history: Path
    name: str
    value: str
    time: str
