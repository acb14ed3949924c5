"""Who may use the console: login with the control token, sessions, requests from pages of other sites."""

from collections.abc import Iterator
from typing import Any

import pytest
from support.browser import FORM, URL, Browser, browsing, text_of

from mock_server.admission.control_guard import MAX_WRONG
from mock_server.console.sessions import SECONDS, Sessions

TOKEN = "example-control-token"
SECOND = 1_000_000


@pytest.fixture(scope="module")
def opened() -> Iterator[Browser]:
    """A console without a control token."""
    with browsing(seed_size=0) as made:
        yield made


@pytest.fixture
def guarded() -> Iterator[Browser]:
    """A console that needs the control token."""
    with browsing(seed_size=0, control_token=TOKEN) as made:
        yield made


def log_in(browser: Browser, token: str = TOKEN, **values: str) -> Any:
    return browser.request("POST", "/console/login", data={"token": token, **values}, headers=FORM)


@pytest.mark.parametrize("path", ["/", "/console", "/console/demo/keys", "/console/none"])
def test_pages_need_a_login_if_there_is_a_control_token(guarded: Browser, path: str) -> None:
    answer = guarded.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/console/login")
    assert "sandbox-" not in answer.text
    form = guarded.get("/console/login")
    assert form.status_code == 200
    assert 'type="password"' in form.text
    assert guarded.get("/console/static/console.css").status_code == 200


@pytest.mark.parametrize("path", ["/console/demo/reset", "/console", "/console/demo/clock/freeze"])
def test_forms_and_events_need_a_login(guarded: Browser, path: str) -> None:
    assert guarded.request("POST", path, headers=FORM).status_code == 401
    assert guarded.get("/console/changes?tenant=demo").status_code == 401


def test_login_opens_the_page_that_was_asked_for(guarded: Browser) -> None:
    asked = guarded.get("/console/demo/ledger?vendor=swap")
    form = guarded.get(asked.headers["location"])
    assert 'name="next" value="/console/demo/ledger?vendor=swap"' in form.text
    answer = log_in(guarded, next="/console/demo/ledger?vendor=swap")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/demo/ledger?vendor=swap")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert TOKEN not in cookie
    assert guarded.get("/console/demo/ledger").status_code == 200
    out = guarded.request("POST", "/console/logout", headers=FORM)
    assert out.status_code == 303
    assert guarded.get("/console/demo/ledger").status_code == 303


def test_wrong_token_is_refused_and_guessing_is_slowed_down(guarded: Browser) -> None:
    """The console shares its count of wrong tokens with the control plane."""
    for _ in range(MAX_WRONG):
        answer = log_in(guarded, "guess")
        assert answer.status_code == 401
        assert "This is not the control token of the sandbox." in text_of(answer)
        assert "set-cookie" not in answer.headers
    assert log_in(guarded).status_code == 429
    api = guarded.get("/__sandbox/health", headers={"Authorization": f"Bearer {TOKEN}"})
    assert api.status_code == 429
    elsewhere = Browser(guarded.app, address="192.0.2.7")
    assert log_in(elsewhere).status_code == 303


@pytest.mark.parametrize("token", ["", " ", "é", "\u20ac", "a\r\nX-Sandbox-Token: b"])
def test_strange_tokens_are_refused(guarded: Browser, token: str) -> None:
    assert log_in(guarded, token).status_code == 401


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example/", "/\\evil.example", "/__sandbox/ui/"]
)
def test_login_leads_only_to_pages_of_the_console(guarded: Browser, wanted: str) -> None:
    assert log_in(guarded, next=wanted).headers["location"] == "/"


def test_login_page_leads_to_the_start_page_if_no_login_is_needed(opened: Browser) -> None:
    assert opened.get("/console/login").headers["location"] == "/"


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": URL, "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize(
    "path", ["/console/demo/reset", "/console/demo/clock/freeze", "/console", "/console/login"]
)
def test_form_of_another_site_is_refused(opened: Browser, path: str, headers: dict[str, str]) -> None:
    before = opened.get("/__sandbox/tenants").json()["tenants"]
    answer = opened.request("POST", path, data={"name": "made-by-another-site"}, headers=headers)
    assert answer.status_code == 403
    assert "from a web page of another site" in answer.text
    after = opened.get("/__sandbox/tenants").json()["tenants"]
    assert [{**one, "now": ""} for one in after] == [{**one, "now": ""} for one in before]


def test_page_using_dns_rebinding_cannot_read_the_console(opened: Browser) -> None:
    headers = {"Host": "rebound.evil.example:4010"}
    assert opened.get("/console/demo/keys", headers=headers).status_code == 403
    assert opened.get("/console/changes?tenant=demo", headers=headers).status_code == 403


class RealTime:
    now = 1_772_452_800 * SECOND

    def __call__(self) -> int:
        return self.now


def test_session_ends_and_belongs_to_one_token_and_one_sandbox() -> None:
    clock = RealTime()
    sessions = Sessions(TOKEN, URL, clock)
    cookie = f"{sessions.name}={sessions.issue()}"
    assert sessions.is_valid(f"other=1; {cookie}")
    assert not Sessions("another-token", URL, clock).is_valid(cookie)
    assert not Sessions(TOKEN, "http://127.0.0.1:4011", clock).is_valid(cookie)
    clock.now += (SECONDS - 1) * SECOND
    assert sessions.is_valid(cookie)
    clock.now += SECOND
    assert not sessions.is_valid(cookie)


@pytest.mark.parametrize(
    "value", ["", "1", ".", "9999999999.", "9999999999.0000", "x.y", "٣.abc", '"', "a=b;=;"]
)
def test_forged_sessions_are_refused(value: str) -> None:
    sessions = Sessions(TOKEN, URL, RealTime())
    assert not sessions.is_valid(f"{sessions.name}={value}")
    assert not sessions.is_valid(value)


def test_cookie_is_for_https_only_if_the_sandbox_is() -> None:
    assert Sessions(TOKEN, "https://sandbox.example.com", RealTime()).secure
    assert not Sessions(TOKEN, URL, RealTime()).secure
