"""The console's forms for faults, scenarios, switches, snapshots and clones."""

from collections.abc import Iterator

import pytest
from support.browser import Browser, browsing, text_of
from support.first_moment import STARTS

from mock_server.console.words import ordinal

PATH = "/console/demo/faults"
KEY = {"Authorization": "Bearer sandbox-demo-returnmate"}


@pytest.fixture
def browser() -> Iterator[Browser]:
    with browsing(seed_size=1, first_moment=STARTS) as made:
        yield made


def list_returns(browser: Browser) -> int:
    return browser.get("/returnmate/v1/rmas", headers=KEY).status_code


def test_fault_is_added_fires_and_is_turned_off(browser: Browser) -> None:
    page = browser.send(
        PATH, PATH, what="rate_limited", vendor="returnmate", operation="", when="next", number="2"
    )
    assert "The fault flt_1 is on." in text_of(page)
    assert [list_returns(browser) for _ in range(3)] == [429, 429, 200]
    shown = text_of(browser.get(PATH))
    assert "the next 2 calls" in shown
    assert "2 of 2" in shown.replace("2 of 3", "2 of 2")
    assert "flt_1 is off" in text_of(browser.send(f"{PATH}/flt_1/delete", PATH))
    assert "No fault is on" in text_of(browser.get(PATH))


def test_settings_of_a_fault_are_shown_in_words(browser: Browser) -> None:
    browser.send(
        PATH, PATH, what="server_error", when="every", number="2", parameters='{"after_commit": true}'
    )
    browser.send(
        PATH, PATH, what="server_error", when="every", number="1", parameters='{"after_commit": false}'
    )
    shown = text_of(browser.get(PATH)).split("Add a fault")[0]
    assert "after commit yes" in shown
    assert "after commit no" in shown
    assert "every 2nd call" in shown
    assert shown.count("every call") == 1


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"), (21, "21st")],
)
def test_ordinal_numbers_have_their_suffix(number: int, text: str) -> None:
    assert (ordinal(number), ordinal(number + 100)) == (text, f"{100 + number}{text[-2:]}")


def test_active_faults_are_counted_in_the_navigation(browser: Browser) -> None:
    browser.send(PATH, PATH, what="server_error", when="share", number="100")
    assert list_returns(browser) == 500
    assert "Faults 1 active" in text_of(browser.get("/console/demo/ledger"))
    browser.send(f"{PATH}/delete", PATH)
    assert "active" not in text_of(browser.get("/console/demo/ledger"))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"what": "latency", "when": "next", "number": "many"}, "Enter a number of calls"),
        ({"what": "latency", "parameters": "{nonsense"}, "The parameters must be a JSON object"),
        ({"what": "nonsense"}, "nonsense"),
        ({"what": "latency", "operation": "no_such_operation"}, "no_such_operation"),
    ],
)
def test_fault_with_a_mistake_is_explained_and_keeps_what_was_typed(
    browser: Browser, values: dict[str, str], reason: str
) -> None:
    page = browser.send(PATH, PATH, **values)
    assert page.status_code == 400
    alert = text_of(page).split("Add a fault")[1]
    assert reason in alert
    assert browser.get("/__sandbox/tenants/demo/faults").json()["faults"] == []


def test_scenario_is_started(browser: Browser) -> None:
    page = browser.send(f"{PATH}/scenario", PATH, name="outage")
    assert "The scenario outage is on" in text_of(page)
    assert list_returns(browser) == 503


def test_switch_is_turned_on_and_off(browser: Browser) -> None:
    switch = {"vendor": "returnlogic", "name": "maintenance"}
    key = {"Authorization": "Bearer sandbox-demo-returnlogic"}
    assert "Maintenance is on." in text_of(browser.send("/console/demo/switches", PATH, **switch, on="yes"))
    assert browser.get("/returnlogic/v1/orders", headers=key).status_code == 503
    assert "Maintenance is off." in text_of(browser.send("/console/demo/switches", PATH, **switch, on="no"))
    assert browser.get("/returnlogic/v1/orders", headers=key).status_code == 200


def test_tenant_goes_back_to_a_snapshot(browser: Browser) -> None:
    page = browser.send("/console/demo/snapshots", name="before")
    assert "The snapshot before was taken" in text_of(page)
    browser.send(
        "/console/demo/returns/new",
        vendor="swap",
        order_number="#2001",
        customer_email="iris.lane@example.com",
        sku="TEE-NVY-M",
        quantity="1",
        reason="damaged",
    )
    assert browser.get("/__sandbox/tenants/demo").json()["returns"]["swap"] == 2
    asked = text_of(browser.get("/console/demo/tenant"))
    assert "What happened since is lost." in asked
    restored = browser.send("/console/demo/snapshots/before/restore")
    assert "demo is as it was in the snapshot before." in text_of(restored)
    assert browser.get("/__sandbox/tenants/demo").json()["returns"]["swap"] == 1
    assert "was deleted" in text_of(browser.send("/console/demo/snapshots/before/delete"))
    assert "No snapshot yet" in text_of(browser.get("/console/demo/tenant"))


def test_tenant_is_cloned(browser: Browser) -> None:
    page = browser.send("/console/demo/clone", name="twin")
    assert page.url.path == "/console/twin"
    assert "twin is a copy of demo" in text_of(page)
    wrong = browser.send("/console/demo/clone", "/console/demo/tenant", name="twin")
    assert wrong.url.path == "/console/demo/tenant"
    assert 'class="notice error"' in wrong.text
