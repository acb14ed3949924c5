"""A scan by last change that reads from an earlier time, for other triggers, finds the same events."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support.changing_lists import ChangingList, run

from connector.definition.model import ChangedSince
from connector.runtime.polling import STRATEGIES, Cursor
from connector.runtime.polling.model import TriggerIdentity, without_resume

if TYPE_CHECKING:
    from collections.abc import Callable

ABOUT = TriggerIdentity("shop:changed", "changed", None)
REAL = STRATEGIES["changed_since"]
DAY = 86_400
FACTS: dict[str, Any] = {
    "operation": "list_things",
    "id": ("id",),
    "created": ("created_at",),
    "changed": ("updated_at",),
    "since": "updated_after",
    "mark": None,
    "state": None,
    "reached": None,
    "initial": (),
    "overlap": 600,
    "look_back": 2 * DAY,
    "window": DAY,
    "page_size": 3,
    "pages": 2,
}
STATES = {"state": ("status",), "initial": ("open",)}
SILENT = {"created": None, "changed": None, "since_form": "gte_zoneless"}
SOURCES = {
    "creations": ChangedSince(**{**FACTS, "mark": ("created_at",)}),
    "changes": ChangedSince(**{**FACTS, "mark": ("updated_at",)}),
    "states": ChangedSince(**{**FACTS, **STATES}),
    "states of rows without times": ChangedSince(**{**FACTS, **STATES, **SILENT}),
}
STEPS = 40
MONTHS_AGO = "2020-01-01T00:00:00Z"


class Polled:
    """Polls a list until each scan has ended; `wider` returns the time from which a scan reads, or ""."""

    def __init__(self, source: ChangedSince, world: ChangingList, wider: Callable[[], str]) -> None:
        self.source, self.world, self.wider = source, world, wider
        self.cursor: Cursor | None = None
        self.found: list[str] = []
        self.widened = 0

    def poll(self) -> None:
        resumes = bool(self.cursor and self.cursor["resume"])
        state, since_value = self.cursor, "" if resumes else self.wider()
        own = REAL.plan(self.source, state, self.world.now, None).query["updated_after"]
        if since_value and since_value < own and REAL.widened:
            state = REAL.widened(self.source, state, self.world.now, None, since_value)
            self.widened += state is not None
        state = state or self.cursor
        plan = REAL.plan(self.source, state, self.world.now, None)
        assert plan.query["updated_after"] in {since_value, own}
        read = run(REAL.read(self.world.fetch, plan))
        folded = REAL.fold(ABOUT, self.source, state, read, self.world.now, None)
        self.found += [event.id for event in folded.events]
        self.cursor = json.loads(json.dumps(folded.cursor))

    def settle(self) -> None:
        for _ in range(STEPS):
            self.poll()
            if self.cursor and not self.cursor["resume"] and self.cursor["primed"]:
                return
        raise AssertionError("the scan does not end")


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("seed", range(4))
def test_wider_scan_finds_what_the_trigger_finds_alone(kind: str, seed: int) -> None:
    source, chance = SOURCES[kind], random.Random(seed)
    form = "gte:{:%Y-%m-%dT%H:%M:%S}" if source.changed is None else "{:%Y-%m-%dT%H:%M:%SZ}"
    world = ChangingList(size=3, silent=source.changed is None)

    def earlier() -> str:
        return form.format(world.now - timedelta(seconds=chance.choice((900, DAY, 5 * DAY, 90 * DAY))))

    alone, shared = Polled(source, world, lambda: ""), Polled(source, world, earlier)
    for _ in range(7):
        world.add()
    world.now += timedelta(hours=1)
    for _ in range(STEPS):
        alone.settle()
        shared.settle()
        world.now += timedelta(seconds=chance.choice((1, 60, 700, DAY, 3 * DAY)))
        for _ in range(chance.randint(0, 3)):
            if chance.random() < 0.5:
                world.add()
            else:
                world.change(chance.randrange(len(world.rows)), chance.choice(("open", "closed", None)))
    alone.settle()
    shared.settle()
    assert shared.found == alone.found
    assert len(alone.found) > STEPS / 8
    assert shared.widened


def test_rows_without_times_are_not_read_from_before_the_first_entries() -> None:
    """Such a row would create an event for a state that the record had before the first poll."""
    world, source = ChangingList(size=3, silent=True), SOURCES["states of rows without times"]
    polled = Polled(source, world, lambda: "")
    polled.settle()
    assert polled.cursor
    assert REAL.widened
    assert REAL.widened(source, polled.cursor, world.now, None, f"gte:{MONTHS_AGO}") is None
    state = REAL.widened(SOURCES["states"], polled.cursor, world.now, None, MONTHS_AGO)
    assert state
    assert without_resume(state) == polled.cursor
