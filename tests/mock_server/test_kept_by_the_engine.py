"""The engine keeps no response that depends on the time, on the store's changes or on all headers."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from support.each import each
from support.engine_api import Caller, Gate, Shop, build
from support.worlds import open_world

from mock_server.admission.gates import KeyGate
from mock_server.engine.call import Call
from mock_server.engine.reply import Reply


class Quiet(Gate):
    """A gate whose store and clocks change only if a test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.version = self.times_read = 0

    def marks(self) -> tuple[int, int]:
        return self.version, self.times_read


class Counting(Shop):
    """Handlers that count their calls; `act` is what they do."""

    def __init__(self, gate: Quiet) -> None:
        self.calls = 0
        self.gate = gate
        self.act = "nothing"

    def get_item(self, call: Call) -> Reply:
        self.calls += 1
        if self.act == "reads a clock":
            self.gate.times_read += 1
        elif self.act == "writes":
            self.gate.version += 1
        elif self.act == "lists the headers":
            list(call.headers)
        elif self.act == "reads a header":
            call.headers.get("x-color")
        reply = super().get_item(call)
        return replace(reply, status=202) if self.act == "accepts" else reply


def calls(act: str, *headers: dict[str, str], method: str = "GET") -> int:
    """Send a request with each of the headers, and return how many times the handler ran."""
    gate = Quiet()
    shop = Counting(gate)
    shop.act = act
    call = Caller(build(shop, gate))
    for one in headers:
        call(method, "/items/1", headers=one)
    return shop.calls


def test_unchanged_response_is_computed_once() -> None:
    assert calls("nothing", {}, {}, {}) == 1
    assert calls("nothing", {}, {}, method="HEAD") == 1


@pytest.mark.parametrize("act", ["reads a clock", "writes", "lists the headers"])
def test_response_that_can_differ_is_computed_every_time(act: str) -> None:
    assert calls(act, {}, {}, {}) == 3


def test_response_is_kept_for_the_headers_that_were_read() -> None:
    red, blue = {"x-color": "red"}, {"x-color": "blue"}
    assert calls("reads a header", red, red, blue, blue, red, {}) == 4
    assert calls("nothing", red, blue, {"x-size": "9"}) == 1


def test_chosen_response_is_not_kept() -> None:
    assert calls("nothing", *[{"prefer": "handling=lenient"}] * 2) == 2


def test_other_tenant_and_other_scopes_have_their_own_responses() -> None:
    gate = Quiet()
    shop = Counting(gate)
    call = Caller(build(shop, gate))
    for scopes in ({"items:read"}, {"items:read", "items:write"}):
        gate.scopes = frozenset(scopes)
        for _ in range(2):
            call("GET", "/items/1")
    assert shop.calls == 2


def test_each_reading_of_a_clock_counts() -> None:
    with open_world(seed_size=0) as opened:
        gate = KeyGate(opened.world, opened.vendors["returnmate"])
        clocks = opened.world.clocks
        readings: list[Any] = [clocks.real, partial(clocks.now, "demo"), partial(clocks.frozen, "demo")]
        readings += [partial(clocks.clock, "demo"), partial(clocks.offset, "demo")]
        for read in each(readings):
            before = gate.marks()
            read()
            assert gate.marks() != before
