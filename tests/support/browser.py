"""A person at the console without a script: opens pages, sends forms and reads what is shown."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any

import httpx
from starlette.testclient import TestClient

from mock_server.app import Sandbox, create_app
from mock_server.settings import Settings
from support.in_process import as_httpx

URL = "http://127.0.0.1:4010"
FORM = {"Origin": URL, "Sec-Fetch-Site": "same-origin"}
"""The headers that a browser sends with a form of the console's own pages."""


class Browser:
    """Sends requests to an application in this process, from the given client address; keeps cookies."""

    def __init__(self, app: Sandbox, address: str = "127.0.0.1") -> None:
        self.app = app
        self.client = TestClient(app, base_url=URL, follow_redirects=False, client=(address, 5_000))

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send one request, without following redirects."""
        return as_httpx(self.client.request(method, path, **options))

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Open a page."""
        return self.request("GET", path, **options)

    def send(self, path: str, sender: str = "/", **values: str) -> httpx.Response:
        """Send a form, and return the page after the redirect, or the response if it is no redirect."""
        answer = self.request("POST", path, data=values, headers={**FORM, "Referer": URL + sender})
        return self.get(answer.headers["location"]) if answer.status_code == 303 else answer


@contextmanager
def browsing(**settings: Any) -> Iterator[Browser]:
    """Run a sandbox with these settings, and yield a browser; webhooks are sent until the block ends."""
    browser = Browser(create_app(Settings(rate_limits=False, **settings)))
    with browser.client:
        yield browser


def text_of(page: httpx.Response) -> str:
    """Return the visible text of a page, with single spaces."""
    return words_of(page.text)


def words_of(markup: str) -> str:
    """Return the text of markup, with single spaces; `<wbr>` allows a break inside a word."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", markup.replace("<wbr>", ""))).split())
