"""Reads the pages that polls need; triggers that poll the same list can share the requests.

Several triggers often read the same list, for example Return Approved and Return Received. Each keeps its own
cursor, and the cursors advance together as long as the triggers start together and read the same rows. Their
plans are then equal, so each page is requested once for all of them. If the plans differ, the list is read
once from its first page, and from the earliest time that any of the triggers needs. Plans differ if, for
example, an update adds a trigger, one trigger could not read a row, or nothing has changed for longer than
one trigger looks back. A trigger ignores the rows that it would not have read alone, and therefore finds the
same events.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from connector.errors import ConfigurationError, NotFound, UnexpectedResponse, ValidationFailed
from connector.runtime.polling.model import without_resume
from connector.transport.paging import MAX_PAGES, EndlessList, resume_walk

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


@dataclass(frozen=True, slots=True)
class _Planned:
    """A poll with its plan. `pages` is equal for two polls of a list if their plans read the same pages."""

    poll: Poll
    plan: ReadPlan
    pages: str

    @classmethod
    def of(cls, poll: Poll) -> _Planned:
        plan = poll.plan()
        walked = None if plan.first_page is None else poll.walked
        return cls(poll, plan, json.dumps([plan.query, plan.first_page, walked], sort_keys=True, default=str))


async def read_together(client: Client, polls: Iterable[Poll]) -> list[tuple[Poll, ReadResult]]:
    """Read the pages that the polls need, each list once for all polls of one strategy.

    Returns each poll with the rows read, in the order of `polls`. A returned poll can differ from the passed
    one: all polls have the time of the first one, and the state has no resume position if the list had to be
    read from its beginning. A list is read once for each plan if its polls cannot read from the same time, as
    first and later polls of the strategy `created_since`. Raises any error that a request raises.
    """
    given = list(polls)
    lists: dict[tuple[Any, ...], list[int]] = {}
    for place, poll in enumerate(given):
        lists.setdefault(_list_of(poll.source), []).append(place)
    results: dict[int, tuple[Poll, ReadResult]] = {}
    for places in lists.values():
        read = await _read_list(client, [replace(given[place], now=given[0].now) for place in places])
        results.update(zip(places, read, strict=True))
    return [results[place] for place in sorted(results)]


def _list_of(source: Source) -> tuple[Any, ...]:
    """Build a key that is equal for two sources if one reading of the list can serve both."""
    form = getattr(source, "since_form", None)
    return (source.strategy, source.operation, source.id, source.since, form, source.page_size, source.pages)


async def _read_list(
    client: Client, polls: Sequence[Poll], pages: int | None = None
) -> list[tuple[Poll, ReadResult]]:
    """Read one list for the polls, once for all plans that are equal or can be made equal.

    `pages` replaces the number of pages that the plans allow, unless it is None.
    """
    groups: dict[str, list[int]] = {}
    planned = _aligned([_Planned.of(poll) for poll in polls])
    for place, one in enumerate(planned):
        groups.setdefault(one.pages, []).append(place)
    results: dict[int, tuple[Poll, ReadResult]] = {}
    for places in groups.values():
        read = await _read(client, [planned[place] for place in places], pages)
        results.update(zip(places, read, strict=True))
    return [results[place] for place in sorted(results)]


def _aligned(planned: list[_Planned]) -> list[_Planned]:
    """Make the plans of one list equal, and return the polls with these plans.

    If a poll is in the middle of the list and others are not, all of them begin at the first page; if they
    read from different times, all of them read from the earliest. The polls are returned unchanged if their
    plans are equal already, or cannot be made equal.
    """
    if _are_equal(planned):
        return planned
    restarted = [_Planned.of(_from_the_beginning(one.poll)) for one in planned]
    if _are_equal(restarted):
        return restarted
    source, strategy = planned[0].poll.source, planned[0].poll.strategy
    if source.since is None or strategy.widened is None:
        return planned
    # All values of one filter have the same format, so the earliest time is also the first in text order.
    earliest = min(one.plan.query[source.since] for one in restarted)
    widened = []
    for poll in (one.poll for one in restarted):
        state = strategy.widened(poll.source, poll.state, poll.now, poll.since, earliest)
        if state is None:
            return planned
        widened.append(_Planned.of(replace(poll, state=state)))
    return widened


def _are_equal(planned: Iterable[_Planned]) -> bool:
    return len({one.pages for one in planned}) == 1


def _from_the_beginning(poll: Poll) -> Poll:
    return poll if poll.state is None else replace(poll, state=without_resume(poll.state))


async def _read(
    client: Client, planned: Sequence[_Planned], pages: int | None
) -> list[tuple[Poll, ReadResult]]:
    """Read the pages of equal plans until every plan has enough; return the polls with the rows.

    The page at which the last poll stopped may no longer exist, because page cursors expire and lists become
    shorter. In that case the whole list is read from the start in this poll: if it were split over several
    polls again, the next page could also disappear. The returned polls then have no resume position.
    """
    polls, plan = [one.poll for one in planned], _joined([one.plan for one in planned])
    source = polls[0].source
    walk = resume_walk(source.operation, source.id, polls[0].walked if plan.first_page is not None else None)
    plan = replace(plan, walk=walk, pages=plan.pages if pages is None else pages)
    try:
        read = await polls[0].strategy.read(partial(fetch_page, client, source), plan)
    except EndlessList:
        raise
    except (NotFound, ValidationFailed, UnexpectedResponse):
        if any(poll.state is None for poll in polls) or plan.first_page is None:
            raise
        return await _read_list(client, [_from_the_beginning(poll) for poll in polls], MAX_PAGES)
    return [(poll, read) for poll in polls]


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
