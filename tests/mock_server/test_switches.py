"""Switches: declared by a vendor, set through the control plane, stored per tenant and in the ledger."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.each import each
from support.engine_api import Caller, Gate, Shop, build
from support.worlds import NOON, OpenWorld, open_world

from mock_server.engine.problem import Problem
from mock_server.engine.reply import Reply
from mock_server.store import Store
from mock_server.switches import Switch, Switches

VENDOR = "returnmate"
AWAY = Switch("away", "The staff is away.")
NOTIFY = Switch("notify_only", "Nothing is settled by itself.", shops=("one.example", "two.example"))
CLOSED = Switch("closed", "Nothing is answered.", closes="Closed for today.")


@pytest.fixture
def acme() -> Iterator[OpenWorld]:
    """A world with the tenant `acme` at noon, whose vendor has three switches."""
    with open_world() as opened:
        opened.world.switches.declare(VENDOR, (AWAY, NOTIFY, CLOSED))
        opened.tenants.create("acme", first_moment=NOON, frozen=True)
        yield opened


def body(reply: Reply) -> Any:
    assert reply.status == 200
    return reply.body


def turn(opened: OpenWorld, name: str, *, on: bool = True, **shop: str) -> Any:
    options = {"vendor": VENDOR, "name": name, "on": on, **shop}
    return body(opened.call("turn_switch", options, tenant="acme"))


def switch_states(opened: OpenWorld, tenant: str = "acme") -> dict[tuple[str, str | None], bool]:
    shown = body(opened.call("list_switches", tenant=tenant))["switches"]
    return {(one["name"], one["shop"]): one["on"] for one in shown if one["vendor"] == VENDOR}


def test_switches_are_off_and_listed_once_per_shop(acme: OpenWorld) -> None:
    assert switch_states(acme) == {
        ("away", None): False,
        ("notify_only", "one.example"): False,
        ("notify_only", "two.example"): False,
        ("closed", None): False,
    }


def test_switch_is_on_for_its_tenant_and_shop_only(acme: OpenWorld) -> None:
    assert turn(acme, "notify_only", shop="two.example") == {
        "vendor": VENDOR,
        "name": "notify_only",
        "description": NOTIFY.sentence,
        "shop": "two.example",
        "on": True,
    }
    assert [place for place, on in switch_states(acme).items() if on] == [("notify_only", "two.example")]
    assert not any(each(switch_states(acme, "demo").values()))
    switches = acme.world.switches
    assert switches.is_on("acme", VENDOR, "notify_only", "two.example")
    assert not switches.is_on("acme", VENDOR, "notify_only", "one.example")


def test_ledger_records_a_switch_change_once(acme: OpenWorld) -> None:
    for on in (True, True, False):
        turn(acme, "away", on=on)
    turn(acme, "notify_only", shop="one.example")
    told = acme.world.ledger.events("acme", kind="switch.turned")
    assert [(one.subject, one.body, one.at) for one in told] == [
        ("away", {"on": True}, NOON),
        ("away", {"on": False}, NOON),
        ("notify_only", {"on": True, "shop": "one.example"}, NOON),
    ]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"name": "gone"}, 'There is no switch of returnmate named "gone". Choose away,'),
        ({"name": "away", "shop": "one.example"}, "is for the whole account, not for a shop."),
        ({"name": "notify_only"}, "needs one of the shops one.example, two.example."),
        ({"name": "notify_only", "shop": "three.example"}, "needs one of the shops"),
        ({"name": "away", "vendor": "kiosk"}, 'There is no vendor named "kiosk"'),
    ],
)
def test_invalid_switch_change_is_refused(acme: OpenWorld, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Problem) as raised:
        acme.call("turn_switch", {"vendor": VENDOR, "on": True, **options}, tenant="acme")
    assert raised.value.kind == "invalid"
    assert sentence in raised.value.message


def test_reset_turns_all_switches_off(acme: OpenWorld) -> None:
    turn(acme, "closed")
    assert acme.world.switches.closed("acme", VENDOR) == "Closed for today."
    acme.call("reset_tenant", tenant="acme")
    assert (acme.world.switches.closed("acme", VENDOR), any(switch_states(acme).values())) == ("", False)
    turn(acme, "closed")
    acme.call("delete_tenant", tenant="acme")
    acme.tenants.create("acme")
    assert not any(each(switch_states(acme).values()))


def test_switches_survive_a_restart(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'sandbox.sqlite3'}"
    for expected in (False, True):
        store = Store.open(url)
        switches = Switches(store)
        switches.declare("shop", (AWAY,))
        assert switches.is_on("acme", "shop", "away") is expected
        switches.turn("acme", "shop", "away", on=True, at=NOON)
        store.close()


def test_closing_switch_applies_to_the_whole_account() -> None:
    with pytest.raises(ValueError, match="closes the account"):
        Switches(Store.open("sqlite://")).declare("shop", (Switch("x", "X.", shops=("a",), closes="No."),))


def test_closed_vendor_refuses_every_call_with_rate_limit_headers() -> None:
    gate = Gate()
    call = Caller(build(Shop(), gate))
    gate.shut = "Closed for today."
    refused = call("GET", "/items/newest")
    assert (refused.json()["kind"], refused.json()["message"]) == ("unavailable", "Closed for today.")
    assert refused.headers["x-left"] == "59", "the refused call counts"
    gate.shut = ""
    assert call("GET", "/items/newest").status_code == 200
