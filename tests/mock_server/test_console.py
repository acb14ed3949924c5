"""The console's pages over HTTP, without a browser and without a script."""

import re
from collections.abc import Iterator

import pytest
from support.browser import Browser, text_of
from support.each import each
from support.first_moment import STARTS

from mock_server import vendors
from mock_server.app import create_app
from mock_server.settings import Settings

HOSTILE = "<script>alert('x')</script>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    app = create_app(Settings(seed_size=8, first_moment=STARTS, rate_limits=False))
    yield Browser(app)
    app.world.close()


@pytest.fixture
def tenant(browser: Browser, request: pytest.FixtureRequest) -> str:
    """A tenant of its own for each test, without returns and with a frozen clock."""
    name = "t-" + re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[-34:].strip("-")
    made = browser.send("/console", name=name, seed_size="0", frozen="yes", first_moment="2026-03-02T09:00:00Z")
    assert made.status_code == 200, made.text
    return name


VIEWS = ("", "/ledger", "/webhooks", "/clock", "/keys", "/tenant", "/returns/new")
EMPTY = {"/ledger": "Nothing has happened yet", "/webhooks": "No webhook was sent yet"}


@pytest.mark.parametrize("path", ["/", "/console", *(f"/console/demo{view}" for view in VIEWS)])
def test_every_view_has_an_address_landmarks_and_one_heading(browser: Browser, path: str) -> None:
    page = browser.get(path)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.text.count("<h1") == 1
    assert page.text.count("<main ") == 1
    assert '<a class="skip" href="#main">' in page.text
    assert re.findall(r"<script(?![^>]* src=)|<style|\son\w+=| style=|javascript:", page.text) == []
    assert page.headers["cache-control"] == "no-store"
    policy = page.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "form-action 'self'" in policy


@pytest.mark.parametrize("path", ["/", "/console", *(f"/console/demo{view}" for view in VIEWS)])
def test_links_are_local_and_work(browser: Browser, path: str) -> None:
    links = set(re.findall(r'(?:href|src)="([^"#]+)"', browser.get(path).text))
    for link in each(links):
        assert link.startswith(("/", "?")), link
        assert browser.get(link if link.startswith("/") else path + link).status_code == 200, link
