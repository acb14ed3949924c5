"""The console's view of what clients sent: newest first, with the reason of each refusal."""

import itertools
import json
import re
import shlex
from collections.abc import Iterator

import pytest
from support.browser import Browser, browsing, text_of, words_of

PATH = "/console/demo/requests"
RETURN = {
    "order_number": "#1001",
    "customer_email": "iris.lane@example.com",
    "items": [{"sku": "BOOT-CHE-39", "quantity": 1, "reason": "defective"}],
}


@pytest.fixture
def browser() -> Iterator[Browser]:
    with browsing(seed_size=0) as made:
        yield made


def call(
    browser: Browser, method: str, path: str, body: object = None, key: str = "sandbox-demo-returnmate"
) -> int:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    url = f"/returnmate/v1{path}"
    return browser.request(method, url, headers=headers, json=body).status_code


def listed(browser: Browser, **query: str) -> list[str]:
    """Return the text of each row, newest first."""
    page = browser.get(PATH, params=query)
    rows = re.findall(r'<tr data-key="\d+">(.*?)</tr>', page.text, re.DOTALL)
    return [words_of(row) for row in rows]


def test_requests_are_listed_with_the_reason_of_a_refusal(browser: Browser) -> None:
    empty = text_of(browser.get(PATH))
    assert "No request has arrived yet" in empty
    assert "curl -H" in empty
    assert call(browser, "GET", "/rmas") == 200
    assert call(browser, "POST", "/rmas", {**RETURN, "customer_email": "nobody"}) == 400
    newest, oldest = listed(browser)
    assert "400 POST /returnmate/v1/rmas create_return customer_email must be" in newest
    assert "200 GET /returnmate/v1/rmas list_returns" in oldest


def test_query_of_a_request_is_listed_up_to_a_length(browser: Browser) -> None:
    call(browser, "GET", f"/rmas?search={'<b>' * 40}")
    call(browser, "GET", "/rmas?status=approved&limit=5")
    newest, oldest = listed(browser)
    assert "GET /returnmate/v1/rmas ?status=approved&limit=5 list_returns" in newest
    assert "…" in oldest
    assert "<b>" not in browser.get(PATH).text


def test_request_with_a_wrong_key_is_listed_unless_only_own_keys_are_wanted(browser: Browser) -> None:
    call(browser, "GET", "/rmas", key="wrong")
    (row,) = listed(browser)
    assert "401" in row
    assert "no tenant" in row
    assert listed(browser, keys="own") == []


def test_requests_are_filtered(browser: Browser) -> None:
    call(browser, "GET", "/rmas")
    call(browser, "POST", "/rmas", {})
    assert len(listed(browser)) == 2
    assert len(listed(browser, status="4xx")) == 1
    assert len(listed(browser, method="GET", vendor="returnmate")) == 1
    assert "No request matches" in text_of(browser.get(PATH, params={"vendor": "swap"}))


def test_request_is_shown_with_its_response_and_the_nearest_operation(browser: Browser) -> None:
    call(browser, "GET", "/rmaz")
    call(browser, "POST", "/rmas", RETURN)
    created, unknown = re.findall(rf'href="({PATH}/\d+)"', browser.get(PATH).text)
    page = text_of(browser.get(unknown))
    assert "Probably meant GET /returnmate/v1/rmas" in page
    assert re.search(r'href="/returnmate/v1/ui/#/[^"]+/list_returns"', browser.get(unknown).text)
    shown = text_of(browser.get(created))
    assert "iris.lane@example.com" in shown
    assert "RMA-" in shown
    assert "sandbox-demo-returnmate" not in shown


def test_copied_command_sends_the_same_request_again(browser: Browser) -> None:
    call(browser, "POST", "/rmas", RETURN)
    (link,) = re.findall(rf'href="({PATH}/\d+)"', browser.get(PATH).text)
    page = browser.get(link).text
    (command,) = re.findall(r'data-copy="(curl -X POST[^"]*)"', page)
    words = shlex.split(command.replace("&#39;", "'").replace("&#34;", '"').replace("&amp;", "&"))
    headers = dict(word.split(": ", 1) for flag, word in itertools.pairwise(words) if flag == "-H")
    body = json.loads(words[words.index("-d") + 1])
    again = browser.request("POST", words[-1], headers=headers, json=body)
    assert again.status_code == 201
    assert body == RETURN


def test_history_of_a_return_contains_its_requests(browser: Browser) -> None:
    call(browser, "POST", "/rmas", RETURN)
    (found,) = browser.get("/__sandbox/tenants/demo/returns").json()["returns"]
    call(browser, "GET", f"/rmas/{found['id']}")
    call(browser, "GET", "/rmas")
    timeline = text_of(browser.get(f"/console/demo/returns/returnmate/{found['id']}/timeline"))
    assert timeline.count("Request POST create_return 201") == 1
    assert timeline.count("Request GET get_return 200") == 1
    assert "list_returns" not in timeline


def test_recorded_requests_are_deleted(browser: Browser) -> None:
    call(browser, "GET", "/rmas")
    page = browser.send(f"{PATH}/delete", PATH)
    assert "The recorded requests were deleted." in text_of(page)
    assert listed(browser) == []


def test_hostile_text_in_a_request_is_escaped(browser: Browser) -> None:
    hostile = "<script>alert(1)</script>"
    browser.request("GET", f"/returnmate/v1/{hostile}?q={hostile}", headers={"Authorization": hostile})
    call(browser, "POST", "/rmas", {"order_number": hostile})
    links = re.findall(rf'href="({PATH}/\d+)"', browser.get(PATH).text)
    assert len(links) == 2
    for page in (browser.get(PATH), browser.get(links[0]), browser.get(links[1]), browser.get("/")):
        assert page.status_code == 200
        assert hostile not in page.text
