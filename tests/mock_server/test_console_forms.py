"""The console's forms as a browser without a script sends them: redirect after POST, errors in place."""

import json
import re
import shlex
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from support.browser import Browser, browsing, text_of
from support.first_moment import FIRST_MOMENT, STARTS

from mock_server import vendors


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing(seed_size=3, first_moment=STARTS) as made:
        yield made


@pytest.fixture
def tenant(browser: Browser) -> Iterator[str]:
    """A tenant without returns whose clock is frozen."""
    options = {"name": "forms", "seed_size": 0, "first_moment": FIRST_MOMENT, "frozen": True}
    assert browser.request("POST", "/__sandbox/tenants", json=options).status_code == 201
    yield "forms"
    browser.request("DELETE", "/__sandbox/tenants/forms")


def api(browser: Browser, path: str) -> Any:
    return browser.get(f"/__sandbox/tenants{path}").json()


def create_return(browser: Browser, tenant: str, vendor: str) -> str:
    """Create a return with the form, and return the path of its page."""
    page = browser.send(
        f"/console/{tenant}/returns/new",
        vendor=vendor,
        order_number="#2001",
        customer_email="iris.lane@example.com",
        customer_name="Iris Lane",
        sku="TEE-NVY-M",
        quantity="2",
        reason="wrong_size",
    )
    assert page.status_code == 200, page.text
    assert "The return was created." in text_of(page)
    return page.url.path


def test_form_creates_a_tenant(browser: Browser) -> None:
    page = browser.send("/console", name="made", seed_size="2", first_moment=FIRST_MOMENT, frozen="yes")
    assert page.url.path == "/console/made"
    assert f"made was created with {2 * len(vendors.names())} returns." in text_of(page)
    made = api(browser, "/made")
    assert (made["seed_size"], made["first_moment"], made["frozen"]) == (2, FIRST_MOMENT, True)
    again = browser.send("/console", name="made", seed_size="2")
    assert again.status_code == 409
    assert "There is a tenant 'made' already." in text_of(again)
    assert 'value="made"' in again.text


def test_wrong_name_of_a_tenant_is_explained_beside_the_form(browser: Browser) -> None:
    page = browser.send("/console", name='A"B', seed_size="7")
    assert page.status_code == 400
    assert 'role="alert"' in page.text
    assert 'value="A&#34;B"' in page.text
    assert 'value="7"' in page.text


def test_reset_and_deletion_name_what_is_lost_and_ask_once(browser: Browser) -> None:
    browser.send("/console", name="doomed", seed_size="1")
    page = browser.get("/console/doomed/tenant")
    count = api(browser, "/doomed/ledger?last=1")["events"][0]["sequence"]
    assert (
        f"This deletes the tenant doomed with {len(vendors.names())} returns, {count:,} ledger events"
        in text_of(page)
    )
    for action in ("reset", "delete"):
        assert re.search(rf'<details class="confirm">(?:(?!</details>).)*/{action}"', page.text, re.DOTALL)
    assert "Delete" not in text_of(browser.get("/console/demo/tenant"))
    assert "doomed was reset to" in text_of(browser.send("/console/doomed/reset"))
    assert "doomed and all its data were deleted." in text_of(browser.send("/console/doomed/delete"))
    assert browser.get("/__sandbox/tenants/doomed").status_code == 404


@pytest.mark.parametrize("vendor", vendors.names())
def test_return_is_created_and_moved_with_the_buttons_that_are_allowed(
    browser: Browser, tenant: str, vendor: str
) -> None:
    path = create_return(browser, tenant, vendor)
    (listed,) = api(browser, f"/{tenant}/returns")["returns"]
    assert (listed["vendor"], listed["customer"]["name"] or "Iris Lane") == (vendor, "Iris Lane")
    found = api(browser, f"/{tenant}/returns/{vendor}/{listed['id']}")
    page = browser.get(path)
    buttons = re.findall(r'<button name="status" value="([^"]+)">([^<]+)</button>', page.text)
    assert buttons == [(move["status"], move["name"]) for move in found["moves"]]
    moved = browser.send(f"{path}/move", path, status=buttons[0][0])
    assert moved.url.path == path
    assert f"The return is now {buttons[0][0]}." in text_of(moved)
    assert api(browser, f"/{tenant}/returns")["returns"][0]["status"] == buttons[0][0]
    assert "Return state changed" in text_of(browser.get(f"{path}/timeline"))


def test_move_that_is_not_allowed_is_explained(browser: Browser, tenant: str) -> None:
    path = create_return(browser, tenant, "returnmate")
    page = browser.send(f"{path}/move", path, status="completed")
    assert page.url.path == path
    assert "A return that is 'pending' cannot become 'completed'" in text_of(page)
    assert 'class="notice error" role="alert"' in page.text


def test_return_with_a_mistake_is_explained_and_keeps_what_was_typed(browser: Browser, tenant: str) -> None:
    values = {
        "vendor": "swap",
        "order_number": "#2",
        "customer_email": "nobody",
        "sku": "A<B",
        "quantity": "x",
    }
    page = browser.send(f"/console/{tenant}/returns/new", **values, reason="damaged")
    assert page.status_code == 400
    assert 'value="nobody"' in page.text
    assert 'value="A&lt;B"' in page.text
    assert api(browser, f"/{tenant}/returns")["total"] == 0


def test_clock_is_advanced_frozen_and_resumed(browser: Browser, tenant: str) -> None:
    sender = f"/console/{tenant}/ledger?kind=return.created"
    page = browser.send(f"/console/{tenant}/clock/advance", sender, seconds="86400")
    assert str(page.url).endswith(sender)
    assert "The clock moved by 1 d; no scheduled step was due." in text_of(page)
    assert api(browser, f"/{tenant}/clock")["now"] == "2026-03-03T12:00:00Z"
    browser.send(f"/console/{tenant}/clock/advance", seconds="3", unit="3600")
    assert api(browser, f"/{tenant}/clock")["now"] == "2026-03-03T15:00:00Z"
    browser.send(f"/console/{tenant}/clock/advance", to="2026-03-04T10:30")
    assert api(browser, f"/{tenant}/clock")["now"] == "2026-03-04T10:30:00Z"
    past = browser.send(f"/console/{tenant}/clock/advance", f"/console/{tenant}/clock", to="2026-03-01T10:30")
    assert "it cannot go back to" in text_of(past)
    frozen = browser.get(f"/console/{tenant}")
    assert "The clock is frozen" in text_of(frozen)
    ticking = browser.send(f"/console/{tenant}/clock/unfreeze")
    assert "The clock ticks again." in text_of(ticking)
    assert "The clock is frozen at" not in text_of(browser.get(f"/console/{tenant}"))
    browser.send(f"/console/{tenant}/clock/freeze")
    assert api(browser, f"/{tenant}/clock")["frozen"] is True


@pytest.mark.parametrize("seconds", ["", "x", "-5", "nan", "1e400"])
def test_nonsense_instead_of_a_duration_is_explained(browser: Browser, tenant: str, seconds: str) -> None:
    page = browser.send(f"/console/{tenant}/clock/advance", f"/console/{tenant}/clock", seconds=seconds)
    assert page.status_code == 200
    assert 'class="notice error"' in page.text
    assert api(browser, f"/{tenant}/clock")["now"] == FIRST_MOMENT


def test_clock_moves_to_the_next_event(browser: Browser, tenant: str) -> None:
    path = create_return(browser, tenant, "returnmate")
    browser.send(f"{path}/move", path, status="approved")
    return_id = path.rpartition("/")[2]
    credentials = api(browser, f"/{tenant}/credentials")["vendors"]["returnmate"]
    made = browser.request(
        "POST",
        f"{credentials['base_url']}/rmas/{return_id}/shipments",
        json={"carrier": "australia_post", "service": "standard"},
        headers=credentials["headers"],
    )
    assert made.status_code == 201, made.text
    due = api(browser, f"/{tenant}/clock")["next_due"]
    page = browser.get(path)
    assert f'name="to" value="{due}"' in page.text
    page = browser.send(f"/console/{tenant}/clock/advance", path, to=due)
    assert "1 scheduled step ran" in text_of(page)
    assert api(browser, f"/{tenant}/clock")["now"] == due


@pytest.mark.parametrize(
    "sender",
    ["https://evil.example/console/x", "//evil.example", "/\\evil.example", "/returnmate/v1/ui/", ""],
)
def test_redirect_leads_only_to_pages_of_the_console(browser: Browser, tenant: str, sender: str) -> None:
    answer = browser.request(
        "POST", f"/console/{tenant}/clock/advance", data={"seconds": "60"}, headers={"Referer": sender}
    )
    assert answer.status_code == 303
    assert answer.headers["location"] in {"/", "/console/x"}


def test_notice_is_shown_once(browser: Browser, tenant: str) -> None:
    page = browser.send(f"/console/{tenant}/clock/advance", f"/console/{tenant}/clock", seconds="60")
    assert "The clock moved by 1 min" in text_of(page)
    assert "The clock moved" not in text_of(browser.get(f"/console/{tenant}/clock"))


def test_large_form_is_refused(browser: Browser) -> None:
    answer = browser.request("POST", "/console", data={"name": "x" * 300_000})
    assert answer.status_code == 413
    assert "The form is larger than" in answer.text


def test_notice_shows_the_api_request_that_the_form_sent(browser: Browser, tenant: str) -> None:
    page = browser.send(f"/console/{tenant}/clock/advance", f"/console/{tenant}/clock", seconds="60")
    assert f"POST /__sandbox/tenants/{tenant}/clock/advance" in text_of(page)
    (command,) = re.findall(r'data-copy="(curl -X POST[^"]+)"', page.text)
    words = shlex.split(unescape(command))
    body = json.loads(words[words.index("-d") + 1])
    moved = browser.request("POST", words[-1], json=body)
    assert moved.json()["clock"]["now"] == "2026-03-02T12:02:00Z"
