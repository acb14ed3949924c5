"""Make triggers for records without a timestamp, which are ordered by growing ids."""

import json
from typing import Any

import httpx
import pytest
from support.each import each
from support.make.engine import State
from support.make.offline import loaded, played

from connector.definition.guarantees import guarantees
from connector.definition.model import ChangedSince, Integration
from connector.generator.make import render
from connector.generator.make.lint import check, parsed

HOSTS = {"https://api.returnmate.io": "https://api.returnmate.io"}


def without_times(made: Integration, *, growing: bool, state: bool = False) -> Integration:
    """Return ReturnMate with a list that has no timestamps, but a known order."""
    trigger = made.triggers["new_return"]
    order = getattr(trigger.source, "order", None)
    source = ChangedSince(
        operation="list_returns",
        id=("id",),
        created=None,
        changed=None,
        since="created_after",
        order=order,
        mark=None,
        state=("status",) if state else None,
        reached=None,
        initial=(),
        overlap=900,
        look_back=86_400,
        window=3_600,
        page_size=2,
        pages=3,
    )
    promises = guarantees(
        source, None, {"python": 3, "zapier": 2, "make": 4}, made.limits, "documented", growing_ids=growing
    )
    bare = trigger.model_copy(update={"source": source, "occurred_at": None, "guarantees": promises})
    return made.model_copy(update={"triggers": {"new_return": bare}})


class Vendor:
    """Serves its returns in pages of two, newest first."""

    def __init__(self) -> None:
        self.ids = list(range(8, 13))
        self.pages = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.pages += 1
        assert request.url.params["order"] == "desc"
        page = int(request.url.params["page"])
        shown = [{"id": str(one)} for one in self.ids[::-1]][2 * page - 2 : 2 * page]
        return httpx.Response(200, json={"data": shown, "meta": {"total": len(self.ids), "per_page": 2}})


def test_new_records_are_emitted_once_in_numeric_order(returnmate: Integration) -> None:
    files = render(without_times(returnmate, growing=True))
    vendor, state = Vendor(), State()
    make = played(loaded(files), vendor, HOSTS, api_key="s3cret", environment="production")

    def poll(limit: int = 10) -> list[str]:
        return [row["id"] for row in make.poll("newReturn", state, limit=limit)]

    assert (poll(2), poll(2), poll(), poll()) == (["8", "9"], ["10", "11"], ["12"], [])
    vendor.ids.append(100)
    vendor.pages = 0
    assert poll() == ["100"]
    assert vendor.pages == 1 + 1, "reading ends at the first page with known records"
    assert make.epoch("newReturn")[0]["label"] == "100"


def test_chosen_start_record_is_emitted_first(returnmate: Integration) -> None:
    files = render(without_times(returnmate, growing=True))
    vendor = Vendor()
    make = played(loaded(files), vendor, HOSTS, api_key="s3cret", environment="production")
    starts = make.starts("newReturn")
    assert [shown["label"] for shown, _state in starts] == ["12", "11", "10", "9", "8"]
    _shown, state = starts[0]
    vendor.ids += [13, 100]
    polls = [[row["id"] for row in make.poll("newReturn", state, limit=2)] for _ in range(3)]
    assert polls == [["12", "13"], ["100"], []]


def test_app_passes_the_lint_and_its_guarantee_states_the_gap(returnmate: Integration) -> None:
    made = without_times(returnmate, growing=True)
    files = render(made)
    texts = {path[4:]: text for path, text in files.items() if path.startswith("src/")}
    assert [str(one) for one in check(parsed(texts))] == []
    said: Any = json.loads(texts["modules/new-return/new-return.communication.iml.json"])
    assert said["response"]["trigger"] == {"id": "{{parseNumber(item.id)}}", "type": "id", "order": "desc"}
    assert "created_after" not in said["qs"]
    promise = made.triggers["new_return"].guarantees["make"]
    assert (promise.dedupe, promise.provenance) == ((("id",),), "observed")
    assert "without a higher ID" in promise.loses


@pytest.mark.parametrize(("growing", "state"), [(False, False), (True, True)])
def test_trigger_needs_growing_ids_and_no_states(returnmate: Integration, growing: bool, state: bool) -> None:
    made = without_times(returnmate, growing=growing, state=state)
    assert "make" not in made.triggers["new_return"].guarantees
    assert not any("new-return" in path for path in each(render(made)))
