"""The console's views of webhooks: receivers are added, tested and paused; deliveries are sent again."""

import re
from collections.abc import Iterator
from html import unescape
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx
import pytest
from support.browser import Browser, browsing, text_of
from support.loopback import serving
from support.webhook_receiver import Receiver, receiving

PATH = "/console/demo/webhooks"
RETURN = {
    "vendor": "returnmate",
    "order_number": "#2001",
    "customer_email": "iris.lane@example.com",
    "items": [{"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}],
}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def browser() -> Iterator[Browser]:
    with browsing(seed_size=0) as made:
        yield made


def add(browser: Browser, receiver: Receiver, **values: str) -> httpx.Response:
    return browser.send(PATH, PATH, vendor="returnmate", url=receiver.url, **values)


def delivered(browser: Browser, state: str) -> bool:
    found = browser.get("/__sandbox/tenants/demo/deliveries").json()["deliveries"]
    return bool(found) and all(one["state"] == state for one in found)


def test_receiver_is_added_and_its_secret_is_shown_once(browser: Browser, receiver: Receiver) -> None:
    page = add(browser, receiver, events="rma.created, rma.approved")
    (secret,) = re.findall(r"Its secret, shown only once: (\S{32,})", text_of(page))
    (webhook,) = browser.get("/__sandbox/tenants/demo/webhooks").json()["webhooks"]
    assert webhook["events"] == ["rma.created", "rma.approved"]
    later = browser.get(PATH)
    assert webhook["id"] in text_of(later)
    assert secret not in later.text


def test_wrong_receiver_is_explained_beside_the_form(browser: Browser) -> None:
    page = browser.send(PATH, PATH, vendor="returnmate", url="nowhere", events="rma.created")
    assert page.status_code == 400
    assert 'class="notice error" role="alert"' in page.text
    assert 'value="nowhere"' in page.text


def test_delivery_shows_payload_and_attempts_and_is_sent_again(browser: Browser, receiver: Receiver) -> None:
    add(browser, receiver, events="rma.created")
    made = browser.request("POST", "/__sandbox/tenants/demo/returns", json=RETURN).json()
    receiver.wait(lambda: delivered(browser, "delivered"))
    listed = browser.get(PATH)
    (link,) = set(re.findall(rf'href="({PATH}/deliveries/\d+)"', listed.text))
    page = browser.get(link)
    assert made["id"] in text_of(page)
    assert len(re.findall(r'<td class="number tight">1</td>', page.text)) == 1
    again = browser.send(f"{link}/resend", link)
    assert "is being sent again" in text_of(again)
    receiver.wait(lambda: len(receiver.got) == 2)
    assert receiver.got[0][1]["data"] == receiver.got[1][1]["data"]
    timeline = browser.get(f"/console/demo/returns/returnmate/{made['id']}/timeline")
    assert f'<a href="{link}">rma.created</a>' in timeline.text


def test_what_was_not_delivered_is_sent_again(browser: Browser, receiver: Receiver) -> None:
    receiver.status = 500
    add(browser, receiver, events="rma.created")
    browser.request("POST", "/__sandbox/tenants/demo/returns", json=RETURN)
    receiver.wait(lambda: delivered(browser, "given_up"))
    assert "Send again what was not delivered" in text_of(browser.get(PATH))
    receiver.status = 200
    page = browser.send(f"{PATH}/deliveries/resend", PATH)
    assert "Sending 1 delivery again." in text_of(page)
    receiver.wait(lambda: delivered(browser, "delivered"))
    assert "Send again what was not delivered" not in text_of(browser.get(PATH))


def test_receiver_is_tested_paused_resumed_and_deleted(browser: Browser, receiver: Receiver) -> None:
    add(browser, receiver)
    (webhook,) = browser.get("/__sandbox/tenants/demo/webhooks").json()["webhooks"]
    own = f"{PATH}/{webhook['id']}"
    tested = browser.send(f"{own}/test", PATH)
    assert "test event" in text_of(tested)
    receiver.wait(lambda: len(receiver.got) == 1)
    assert "Paused" in text_of(browser.send(f"{own}/pause", PATH))
    assert "Paused" not in text_of(browser.send(f"{own}/resume", PATH)).split("Deliveries")[0].replace(
        "Pause ", ""
    )
    page = browser.get(PATH)
    assert re.search(rf'<details class="confirm">(?:(?!</details>).)*{own}/delete"', page.text, re.DOTALL)
    assert "was deleted" in text_of(browser.send(f"{own}/delete", PATH))
    assert browser.get("/__sandbox/tenants/demo/webhooks").json()["webhooks"] == []


@pytest.mark.parametrize("vendor", ["returnmate", "returnlogic", "swap"])
def test_shown_code_verifies_the_signature_of_a_delivery(browser: Browser, vendor: str) -> None:
    """The Python code of the page accepts what the receiver got, and refuses another body."""
    received: list[tuple[bytes, dict[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append((self.rfile.read(int(self.headers["content-length"])), dict(self.headers)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            """Log nothing."""

    with serving(Handler) as url:
        page = browser.send(PATH, PATH, vendor=vendor, url=f"{url}/hooks")
        (secret,) = re.findall(r"Its secret, shown only once: (\S+)", text_of(page))
        (webhook,) = browser.get("/__sandbox/tenants/demo/webhooks").json()["webhooks"]
        tested = browser.send(f"{PATH}/{webhook['id']}/test", PATH)
        Receiver(url).wait(lambda: bool(received))
    (code,) = re.findall(r"<pre>(import base64.*?)</pre>", browser.get(tested.url.path).text, re.DOTALL)
    scope: dict[str, Any] = {}
    exec(unescape(code), scope)
    body, sent = received[0]
    headers = {name.lower(): value for name, value in sent.items()}
    ((header,),) = [re.findall(r'headers\["([^"]+)"\]', unescape(code))]
    assert scope["is_genuine"](body, {header: headers[header.lower()]}, secret)
    assert not scope["is_genuine"](body + b" ", {header: headers[header.lower()]}, secret)
