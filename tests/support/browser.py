"""A person at the console without a script: opens pages, follows forms and redirects, reads what is shown."""

import asyncio
import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import httpx

from mock_server.app import Sandbox

URL = "http://127.0.0.1:4010"
FORM = {"Origin": URL, "Sec-Fetch-Site": "same-origin"}
"""The headers that a browser sends with a form of the console's own pages."""


@dataclass
class Browser:
    """Sends requests to an application in this process; keeps cookies."""

    app: Sandbox
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)
    address: str = "127.0.0.1"

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send one request, without following redirects."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, client=(self.address, 5_000))
            async with httpx.AsyncClient(transport=transport, base_url=URL, cookies=self.cookies) as client:
                answer = await client.request(method, path, **options)
                self.cookies = client.cookies
                return answer

        return asyncio.run(ask())

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Open a page."""
        return self.request("GET", path, **options)

    def send(self, path: str, sender: str = "/", **values: str) -> httpx.Response:
        """Send a form, and return the page after the redirect, or the response if it is no redirect."""
        answer = self.request("POST", path, data=values, headers={**FORM, "Referer": URL + sender})
        return self.get(answer.headers["location"]) if answer.status_code == 303 else answer


def text_of(page: httpx.Response) -> str:
    """Return the visible text of a page, with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())
