"""Names of fields and kinds are shown as words, and abbreviations in capitals."""

import re
from collections.abc import Iterator

import pytest
from support.browser import Browser, browsing, text_of
from support.each import each
from support.in_process import commands

import openapi
from mock_server.console.words import breaking, difference
from mock_server.wording import phrase, title

WRONG = re.compile(r"\b(Json|Url|Id|Api|Html|Http|Rma|Sku|Uri|Pdf)s?\b")
LOWER = re.compile(r"\b(json|url|uri|html|sku)s?\b")
PAGES = (
    "",
    "/returns",
    "/returns/new",
    "/requests",
    "/webhooks",
    "/ledger",
    "/clock",
    "/faults",
    "/keys",
    "/tenant",
)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("truncated_json", "truncated JSON"),
        ("base_url", "base URL"),
        ("id", "ID"),
        ("rmaId", "RMA ID"),
        ("trackingURL", "tracking URL"),
        ("label_sent", "label sent"),
        ("return.state_changed", "return state changed"),
        ("given-up", "given up"),
        ("RMA_STATUS_UPDATED", "RMA STATUS UPDATED"),
        ("identity", "identity"),
        ("", ""),
    ],
)
def test_name_becomes_words(name: str, words: str) -> None:
    assert phrase(name) == words
    assert title(name) == words[:1].upper() + words[1:]


def test_every_kind_of_fault_and_every_event_of_the_ledger_is_spelled_properly() -> None:
    schemas = openapi.read(openapi.CONTROL_PLANE)["components"]["schemas"]
    names = {name for schema in schemas.values() for name in schema.get("properties", {})}
    for name in each(names):
        assert not WRONG.search(title(name)), name
        assert not LOWER.search(phrase(name)), name


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing(seed_size=1) as made:
        made.request(
            "POST",
            "/__sandbox/tenants/demo/faults",
            json={"vendor": "*", "what": "truncated_json", "when": {"next": 1}},
        )
        yield made


@pytest.mark.parametrize("page", PAGES)
def test_pages_spell_abbreviations_properly(browser: Browser, page: str) -> None:
    text = text_of(browser.get(f"/console/demo{page}"))
    assert not WRONG.search(text), WRONG.search(text)
    if page == "/faults":
        assert "Truncated JSON" in text


def test_tables_of_commands_have_words_as_headings(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    command = commands(browser.client, monkeypatch)
    webhook = ("sandbox", "webhook", "add", "returnmate", "http://127.0.0.1:9/hooks")
    added = command(*webhook).stdout
    assert "created at" in added
    assert "URL" in added
    command("sandbox", "test-event", "wh_returnmate_1")
    table = command("sandbox", "deliveries").stdout.splitlines()[0]
    assert "webhook" in table
    assert "next" not in table, "nothing is retried, so this column is empty and left out"
    assert "_" not in table
    document = command("sandbox", "returns", "--vendor", "returnmate", "--format", "json").stdout
    assert "order_number" in document, "JSON keeps the names of the fields"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(2_592_000, "30 d"), (2_591_999.2, "30 d"), (-86_399.5, "1 d"), (5, "5 s")]
)
def test_difference_of_clocks_is_as_long_as_the_move(seconds: float, shown: str) -> None:
    assert difference(seconds) == shown


def test_names_break_after_their_parts_and_are_escaped() -> None:
    assert breaking("/v1/rma_s.x") == "/<wbr>v1/<wbr>rma_<wbr>s.<wbr>x"
    assert breaking("<b>/x") == "&lt;b&gt;/<wbr>x"
