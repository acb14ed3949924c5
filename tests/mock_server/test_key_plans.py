"""Changing the plan of a key in use: to another plan of the vendor, or to custom limits."""

from collections.abc import Iterator
from typing import Any

import pytest
from support.worlds import HOUR, NOON, SECOND, OpenWorld, open_world

from mock_server.access.grants import Grant
from mock_server.access.plans import Plan, agreed, by_name
from mock_server.engine.problem import Problem

VENDOR = "returnmate"


@pytest.fixture
def acme() -> Iterator[OpenWorld]:
    with open_world() as opened:
        opened.tenants.create("acme", first_moment=NOON, frozen=True, limits="on")
        yield opened


def held(opened: OpenWorld) -> Grant:
    grant = opened.world.keys.look_up(VENDOR, opened.world.keys.key("acme", VENDOR))
    assert grant is not None
    return grant


def change(opened: OpenWorld, options: Any, name: str = "default", vendor: str = VENDOR) -> Any:
    return opened.call("change_key", options, tenant="acme", vendor=vendor, name=name).body


def admitted(opened: OpenWorld, requests: int) -> int:
    return sum(opened.world.limiter.take(held(opened), NOON).allowed for _ in range(requests))


def test_raised_limits_apply_at_once_with_new_windows(acme: OpenWorld) -> None:
    assert admitted(acme, 70) == 60
    shown = change(acme, {"windows": {"day": 500, "second": 80}})
    assert (shown["plan"], shown["windows"]) == ("80/second, 500/day", {"second": 80, "day": 500})
    assert admitted(acme, 100) == 80
    assert acme.world.limiter.take(held(acme), NOON + SECOND).allowed


def test_raised_limit_survives_a_reset_and_is_listed(acme: OpenWorld) -> None:
    change(acme, {"windows": {"second": 3}})
    acme.call("reset_tenant", tenant="acme")
    assert held(acme).plan == agreed({"second": 3})
    listed = acme.call("list_keys", tenant="acme").body["keys"]
    assert [one["windows"] for one in listed if one["vendor"] == VENDOR] == [{"second": 3}]


def test_vendors_plan_is_selected_by_name(acme: OpenWorld) -> None:
    assert change(acme, {"plan": "enterprise"})["windows"] == {"minute": 300}
    assert held(acme).plan.name == "enterprise"


@pytest.mark.parametrize(
    ("options", "place", "kind", "sentence"),
    [
        ({"plan": "gold"}, {}, "invalid", 'There is no plan of returnmate named "gold". Choose'),
        ({"plan": "9/second"}, {}, "invalid", 'There is no plan of returnmate named "9/second"'),
        ({"plan": "enterprise"}, {"name": "mine"}, "not_found", 'There is no key of returnmate named "mine"'),
        ({"plan": "enterprise"}, {"vendor": "kiosk"}, "not_found", 'There is no vendor named "kiosk"'),
    ],
)
def test_impossible_plan_is_refused_with_the_reason(
    acme: OpenWorld, options: Any, place: dict[str, str], kind: str, sentence: str
) -> None:
    with pytest.raises(Problem) as raised:
        change(acme, options, **place)
    assert raised.value.kind == kind
    assert sentence in raised.value.message


def test_custom_plan_is_recognized_by_its_name() -> None:
    plan = agreed({"day": 9, "second": 2, "minute": 120})
    assert plan == Plan("2/second, 120/minute, 9/day", ((2, "second"), (120, "minute"), (9, "day")))
    assert by_name(plan.name) == plan
    assert [by_name(name) for name in ("", "starter", "2/week", "2/second,", "2/second, x")] == [None] * 5


def test_one_second_windows_reopen_each_second(acme: OpenWorld) -> None:
    change(acme, {"windows": {"second": 2, "minute": 5}})
    taken = [acme.world.limiter.take(held(acme), NOON + n * SECOND // 4) for n in range(9)]
    assert [one.allowed for one in taken] == [True, True, False, False, True, True, False, False, True]
    last = acme.world.limiter.take(held(acme), NOON + 3 * SECOND)
    assert [(one.window, one.limit, one.remaining) for one in last.windows] == [
        ("second", 2, 2), ("minute", 5, 0),
    ]  # fmt: skip
    assert (last.allowed, last.window, last.retry_after) == (False, "minute", 57)
    assert acme.world.limiter.take(held(acme), NOON + HOUR).allowed
