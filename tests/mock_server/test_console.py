"""The console's pages over HTTP, without a browser and without a script."""

import re
from collections.abc import Iterator

import httpx
import pytest
from support.browser import Browser, browsing, text_of
from support.each import each
from support.first_moment import STARTS

from mock_server import vendors

HOSTILE = "<script>alert('x')</script>"
VIEWS = ("", "/returns", "/returns/new", "/ledger", "/clock", "/faults", "/keys", "/tenant")
PAGES = ("/", "/console", *(f"/console/demo{view}" for view in VIEWS))
FILES = ("console.css", "console.js", "icon.svg")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing(seed_size=8, first_moment=STARTS) as made:
        made.request("POST", "/__sandbox/tenants", json={"name": "empty", "seed_size": 0})
        yield made


def first_return(browser: Browser, **query: str) -> dict[str, str]:
    found = browser.get("/__sandbox/tenants/demo/returns", params=query).json()["returns"]
    return {name: str(found[0][name]) for name in ("vendor", "id", "number", "status")}


def assert_is_page(page: httpx.Response) -> None:
    assert page.status_code == 200, page.text
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.text.count("<h1") == 1
    assert page.text.count("<main ") == 1
    assert '<a class="skip" href="#main">' in page.text
    assert re.findall(r"<script(?![^>]* src=)|<style|\son\w+=| style=|javascript:", page.text) == []


@pytest.mark.parametrize("path", PAGES)
def test_every_view_has_an_address_landmarks_and_one_heading(browser: Browser, path: str) -> None:
    assert_is_page(browser.get(path))


@pytest.mark.parametrize("tab", ["", "/timeline", "/raw"])
def test_every_view_of_a_return_has_an_address(browser: Browser, tab: str) -> None:
    for vendor in each(vendors.names()):
        one = first_return(browser, vendor=vendor)
        page = browser.get(f"/console/demo/returns/{vendor}/{one['id']}{tab}")
        assert_is_page(page)
        assert one["number"] in text_of(page)


def test_page_after_the_last_one_is_the_last_one(browser: Browser) -> None:
    last = text_of(browser.get("/console/demo/returns?page=9999"))
    assert "has no returns yet" not in last
    assert first_return(browser)["number"] in last  # all returns fit on one page


@pytest.mark.parametrize("path", PAGES)
def test_pages_forbid_inline_code_and_are_not_stored(browser: Browser, path: str) -> None:
    page = browser.get(path)
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "form-action 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers.get_list("content-security-policy") == [policy]


def test_links_are_local_and_work(browser: Browser) -> None:
    links: set[str] = set()
    for path in each(
        ("/", "/console", "/console/demo/keys", "/console/demo/returns", "/console/empty/ledger")
    ):
        found = re.findall(r'(?:href|src)="([^"#]+)"', browser.get(path).text)
        links |= {link if link.startswith("/") else path + link for link in found}
    assert len(links) > 40
    for link in each(sorted(links)):
        assert link.startswith("/"), link
        assert browser.get(link).status_code == 200, link


def test_script_and_style_are_small_and_can_be_cached(browser: Browser) -> None:
    page = browser.get("/").text
    sizes = []
    for name in FILES:
        (address,) = re.findall(rf'"(/console/static/{re.escape(name)}\?v=[0-9a-f]+)"', page)
        file = browser.get(address)
        assert file.status_code == 200
        assert "max-age=31536000" in file.headers["cache-control"]
        sizes.append(len(file.content))
    assert sum(sizes) < 60_000


def test_start_page_shows_how_to_reach_every_vendor(browser: Browser) -> None:
    text = text_of(browser.get("/"))
    keys = browser.get("/__sandbox/tenants/demo/credentials").json()["vendors"]
    assert set(keys) == set(vendors.names())
    for found in each(keys.values()):
        assert found["base_url"] in text


@pytest.mark.parametrize("vendor", vendors.names())
def test_keys_page_has_credentials_and_snippets(browser: Browser, vendor: str) -> None:
    page = browser.get(f"/console/demo/keys?vendor={vendor}")
    text = text_of(page)
    assert f"sandbox-demo-{vendor}" in text
    for label in ("curl", "Python", "Node", "pytest"):
        assert f"{label} " in text
    assert f'returns_tenant.client("{vendor}")' in text


EMPTY = {
    "/returns": "Create a return",
    "/ledger": "Create a return",
    "/faults": "No fault is on",
    "": "Create a return",
}


@pytest.mark.parametrize("path", EMPTY)
def test_empty_views_say_what_to_do(browser: Browser, path: str) -> None:
    page = browser.get(f"/console/empty{path}")
    assert EMPTY[path] in text_of(page)
    assert "data-row" not in page.text
    assert not re.search(r"<tbody[^>]*>\s*</tbody>", page.text)


def test_returns_are_found_filtered_and_paged(browser: Browser) -> None:
    everything = text_of(browser.get("/console/demo/returns"))
    assert "40 returns, newest first" in everything
    one = first_return(browser, vendor="swap")
    found = browser.get("/console/demo/returns", params={"search": one["id"]})
    assert "1 return found" in text_of(found)
    assert one["number"] in text_of(found)
    none = text_of(browser.get("/console/demo/returns", params={"search": "no such text"}))
    assert "No return matches" in none
    requested = text_of(browser.get("/console/demo/returns", params={"state": "cancelled", "vendor": "swap"}))
    assert "found, newest first" in requested
    assert "ReturnMate" not in requested.split("Age")[-1]


def test_ledger_is_paged_and_filtered(browser: Browser) -> None:
    page = browser.get("/console/demo/ledger")
    numbers = [int(number) for number in re.findall(r'data-key="(\d+)"', page.text)]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 50
    (older,) = re.findall(r'href="([^"]+)" rel="next"', page.text)
    following = [int(number) for number in re.findall(r'data-key="(\d+)"', browser.get(older).text)]
    assert following[0] == numbers[-1] - 1
    first = browser.get(f"/console/demo/ledger?before={2}")
    assert re.findall(r'data-key="(\d+)"', first.text) == ["1"]
    assert 'rel="next"' not in first.text
    refunds = browser.get("/console/demo/ledger?kind=refund.issued&vendor=returnmate")
    kinds = re.findall(r"<td>(Return|Refund|Shipment) [^<]+</td>", refunds.text)
    assert set(kinds) == {"Refund"}


@pytest.mark.parametrize("text", [HOSTILE, '"><img src=x onerror=alert(1)>'])
def test_text_from_clients_is_escaped(browser: Browser, text: str) -> None:
    body = {
        "vendor": "returnmate",
        "order_number": "#2001",
        "customer_email": "iris.lane@example.com",
        "customer_name": text,
        "items": [{"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}],
    }
    made = browser.request("POST", "/__sandbox/tenants/empty/returns", json=body).json()
    base = f"/console/empty/returns/returnmate/{made['id']}"
    for path in ("/console/empty/returns", base, f"{base}/raw", f"{base}/timeline", "/console/empty/ledger"):
        page = browser.get(path, params={"search": text} if path.endswith("returns") else {})
        assert page.status_code == 200
        assert text not in page.text
        assert "<img" not in page.text
    browser.request("POST", "/__sandbox/tenants/empty/reset")


@pytest.mark.parametrize(
    "path", ["/console/none", "/console/none/ledger", "/console/demo/nothing", "/console/x/y/z"]
)
def test_unknown_pages_are_explained(browser: Browser, path: str) -> None:
    page = browser.get(path)
    assert page.status_code == 404
    assert "Go to the start page" in text_of(page)


def test_pages_list_their_api_requests(browser: Browser) -> None:
    page = browser.get("/console/demo/ledger?vendor=swap")
    text = text_of(page)
    assert "API request behind this page" in text
    (target,) = re.findall(r"GET (/__sandbox/\S+ledger\S+)", text)
    answer = browser.get(target)
    newest = answer.json()["events"][-1]
    assert newest["vendor"] == "swap"
    assert f'data-key="{newest["sequence"]}"' in page.text


def test_state_has_the_same_colour_at_every_vendor(browser: Browser) -> None:
    """The colour follows the neutral state, and the vendor's own word is always shown with it."""
    for state, tone in each({"requested": "waiting", "completed": "done", "cancelled": "refused"}.items()):
        found = browser.get("/__sandbox/tenants/demo/returns", params={"state": state}).json()["returns"]
        page = browser.get("/console/demo/returns", params={"state": state}).text
        shown = re.findall(r'<span class="state (\w+)" title="[^"]+">([^<]+)</span>', page)
        assert {colour for colour, _ in shown} == {tone}
        assert {word for _, word in shown} == {one["status"] for one in found}


@pytest.mark.parametrize("vendor", vendors.names())
def test_console_shows_the_only_vendor_of_a_sandbox(vendor: str) -> None:
    """With one vendor, its API is served at the root, where the console is too."""
    with browsing(vendor=vendor, seed_size=1, first_moment=STARTS) as alone:
        page = alone.get("/")
        assert_is_page(page)
        (entry,) = alone.app.entries
        assert f'href="{entry.path}/ui/"' in page.text
        assert alone.get("/console/demo/returns").status_code == 200
        assert alone.get(f"{entry.path}/ui/").status_code == 200
