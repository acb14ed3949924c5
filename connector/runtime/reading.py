"""Reads the pages that polls need; triggers that poll the same list can share the requests.

Several triggers often read the same list, for example Return Approved and Return Received. Each keeps its own
cursor, and the cursors advance together as long as the triggers start together and read the same rows. Their
plans are then equal, so each page is requested once for all of them. If the plans differ, for example because
one trigger could not read a row, the pages are requested once for each plan until the plans are equal again.
A trigger therefore finds the same events as if it were polled alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from connector.errors import ConfigurationError, NotFound, UnexpectedResponse, ValidationFailed
from connector.runtime.polling.model import without_resume
from connector.transport.paging import MAX_PAGES, EndlessList, PageWalk, resume_walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from connector.definition.model import Source
    from connector.runtime.polling import Cursor, ReadPlan, ReadResult, Strategy
    from connector.transport.client import Client
    from connector.transport.paging import Page, Position

START_OVER = "Discard it and start over (`returns trigger --restart`)."


@dataclass(frozen=True, slots=True)
class Poll:
    """A poll of one trigger before its pages are read.

    `name` is the trigger's name. `cursor` is the cursor of the last poll (None: first poll), and `state` is
    the state of the trigger's strategy in this cursor. `since` is the start of a first poll (None: only
    remember which records exist), and `now` is the time of the poll.
    """

    name: str
    source: Source
    strategy: Strategy
    cursor: Cursor | None
    state: Cursor | None
    since: datetime | None
    now: datetime

    def plan(self) -> ReadPlan:
        """Plan the pages to read; raise `ConfigurationError` if the cursor is damaged."""
        try:
            return self.strategy.plan(self.source, self.state, self.now, self.since)
        except (AttributeError, KeyError, TypeError, ValueError) as problem:
            if self.state is None:
                raise
            raise ConfigurationError(f"This cursor of {self.name} is damaged. {START_OVER}") from problem

    @property
    def walked(self) -> Any:
        """The stored `PageWalk` of a list that an earlier poll began to read; None if there is none."""
        return (self.cursor or {}).get("walk")


async def read_together(client: Client, polls: Iterable[Poll]) -> list[tuple[Poll, ReadResult]]:
    """Read the pages that the polls need, each page once for all polls with equal plans.

    Returns each poll with the rows read, in the order of `polls`. A returned poll can differ from the passed
    one: its state has no resume position if the list had to be read from its beginning. Raises any error that
    a request raises.
    """
    groups: dict[str, list[tuple[int, Poll, ReadPlan]]] = {}
    for place, poll in enumerate(polls):
        plan = poll.plan()
        groups.setdefault(_pages_of(poll, plan), []).append((place, poll, plan))
    results: dict[int, tuple[Poll, ReadResult]] = {}
    for group in groups.values():
        read_polls, read = await _read(client, [poll for _, poll, _ in group], [plan for *_, plan in group])
        for (place, *_), poll in zip(group, read_polls, strict=True):
            results[place] = (poll, read)
    return [results[place] for place in sorted(results)]


def _pages_of(poll: Poll, plan: ReadPlan) -> str:
    """Build a key that is equal for two polls if their plans read the same pages of the same list."""
    source = poll.source
    place = [plan.query, plan.first_page, plan.pages, poll.walked]
    return json.dumps([source.operation, source.id, source.page_size, *place], sort_keys=True, default=str)


async def _read(client: Client, polls: list[Poll], plans: list[ReadPlan]) -> tuple[list[Poll], ReadResult]:
    """Read the pages of equal plans until every plan has enough; return the polls and the rows.

    The page at which the last poll stopped may no longer exist, because page cursors expire and lists become
    shorter. In that case the whole list is read from the start in this poll: if it were split over several
    polls again, the next page could also disappear. The returned polls then have no resume position.
    """
    first, plan = polls[0], _joined(plans)
    source = first.source
    fetch = partial(fetch_page, client, source)
    walk = resume_walk(source.operation, source.id, first.walked if plan.first_page is not None else None)
    try:
        return polls, await first.strategy.read(fetch, replace(plan, walk=walk))
    except EndlessList:
        raise
    except (NotFound, ValidationFailed, UnexpectedResponse):
        if any(poll.state is None for poll in polls) or plan.first_page is None:
            raise
    restarted = [replace(poll, state=without_resume(poll.state or {})) for poll in polls]
    plan = _joined([poll.plan() for poll in restarted])
    walk = PageWalk(source.operation, source.id)
    return restarted, await first.strategy.read(fetch, replace(plan, walk=walk, pages=MAX_PAGES))


def _joined(plans: Sequence[ReadPlan]) -> ReadPlan:
    """Combine plans that read the same pages, so that reading stops when all of them have enough."""
    if len(plans) == 1:
        return plans[0]

    def enough(page: Page) -> bool:
        # Each plan sees each page, because a plan can remember what earlier pages contained.
        reached = [plan.enough(page) for plan in plans]
        return all(reached)

    return replace(plans[0], enough=enough)


async def fetch_page(
    client: Client, source: Source, query: Mapping[str, Any], position: Position | None
) -> Page:
    """Request the page of a source's list at a position; None means the first page."""
    operation = client.integration.operations[source.operation]
    paging = client.integration.paging[operation.paging or ""]
    return await client.page(operation, {**query, paging.size_parameter: source.page_size}, position)
