"""The network and the vendor as an adversary: a transport to the sandbox that disturbs requests."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

import httpx
import orjson

from connector.definition.model import Integration, Trigger
from connector.definition.paths import at_path
from support.certificate.acts import Act
from support.certificate.crashes import CrashPoints
from support.matrix.shop import set_path
from support.merchant import Merchant

WIRE_ACTS = ("storm", "revoke", "redirect", "cap", "poison", "heal", "date", "stale", "loop", "lose")
ELSEWHERE = "https://elsewhere.example.net/stolen"
DECODED = {"content-length", "content-encoding"}
MOST_CALLS = 400
"""A poll that sends more requests is stopped, because it may never end."""


class Endless(BaseException):
    """A poll sent `MOST_CALLS` requests. Not an `Exception`, so that no code under test handles it."""


@dataclass
class Calls:
    """The requests of one poll: of the list, of details and others, for tokens, and refused ones."""

    lists: int = 0
    others: int = 0
    tokens: int = 0
    refused: int = 0
    rejected_positions: int = 0

    @property
    def total(self) -> int:
        return self.lists + self.others + self.tokens + self.refused


@dataclass
class Adversary(httpx.AsyncBaseTransport):
    """Answers from the sandbox, unless an act says otherwise. `before` maps the number of a list request of
    the current poll, counted from 1, to the acts that happen before it.

    - `storm`: the next requests are answered with 429; `revoke`: with 401; `redirect`: with a redirect to
      another host.
    - `cap`: the vendor serves at most this number of rows per page (0: `page_limit`, or as many as
      requested if that is 0 too).
    - `poison`: a record's row becomes unreadable, until `heal`.
    - `date`: the `Date` header is wrong by this number of hours; `date` is also a function for other cases.
    - `stale`: the next lists are answered from a cache, with the page before its last change.
    - `loop`: the next lists are answered with the first page, although another was requested; in a list with
      cursors, the last page names the second one as the next.
    - `lose`: the answers to the next writes are lost, after the vendor has carried them out.
    """

    merchant: Merchant
    offer: Integration
    trigger: Trigger
    act: Callable[[Act], Awaitable[None]]
    crashes: CrashPoints
    before: dict[int, list[Act]] = field(default_factory=dict)
    date: Callable[[datetime], datetime | None] = lambda date: date
    storm: int = 0
    revoke: int = 0
    redirect: int = 0
    cap: int = 0
    page_limit: int = 0
    stale: int = 0
    loop: int = 0
    lose: int = 0
    poisoned: dict[str, int] = field(default_factory=dict)
    served_poison: bool = False
    elsewhere: list[httpx.Request] = field(default_factory=list)
    calls: Calls = field(default_factory=Calls)

    def __post_init__(self) -> None:
        self._inner = self.merchant.transport
        base, operations = httpx.URL(self.merchant.base_url).path.rstrip("/"), self.offer.operations
        tokens = self.offer.authentication.tokens
        self.token_path = base + operations[tokens.operation].path if tokens else None
        self._list = operations[self.trigger.source.operation]
        self._list_path = base + self._list.path
        self._host = httpx.URL(self.merchant.base_url).host
        self._page = self.offer.paging[self._list.paging or ""]
        self._first_cursor: Any = None
        self._versions: dict[httpx.URL, list[bytes]] = {}

    def calm(self) -> None:
        """End every disturbance."""
        self.before = {}
        self.storm = self.revoke = self.redirect = self.cap = self.stale = self.loop = self.lose = 0
        self.poisoned = {}

    def disturb(self, act: Act) -> None:
        kind, number = act
        if kind == "heal":
            self.poisoned = {}
        elif kind == "date":
            self.date = lambda date: date + timedelta(hours=number)
        else:
            setattr(self, kind, number)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host != self._host:
            self.elsewhere.append(request)
            return httpx.Response(200, content=self._empty_list())
        if request.url.path == self.token_path:
            self.calls.tokens += 1
            return self._dated(await self._inner.handle_async_request(request))
        is_list = request.method == "GET" and request.url.path == self._list_path
        if is_list:
            for act in self.before.pop(self.calls.lists + 1, []):
                await self.act(act)
            self.crashes.reach("before fetch")
        if self.calls.total >= MOST_CALLS:
            raise Endless
        if (refusal := self._refusal()) is not None:
            self.calls.refused += 1
            return refusal
        if not is_list:
            self.calls.others += 1
            answer = self._dated(await self._inner.handle_async_request(request))
            if request.method != "GET" and self.lose:
                self.lose -= 1
                raise httpx.ReadError("The connection was cut.", request=request)
            return answer
        self.calls.lists += 1
        answer = await self._answered(request)
        self.crashes.reach("after fetch")
        return answer

    def _refusal(self) -> httpx.Response | None:
        for name, status in (("storm", 429), ("revoke", 401), ("redirect", 302)):
            left = getattr(self, name)
            if left:
                setattr(self, name, left - 1)
                headers = {"location": ELSEWHERE} if status == 302 else {}
                return httpx.Response(status, json=refused(self.offer, status), headers=headers)
        return None

    async def _answered(self, request: httpx.Request) -> httpx.Response:
        if limit := self.cap or self.page_limit:
            size = min(limit, int(request.url.params[self._page.size_parameter]))
            url = request.url.copy_set_param(self._page.size_parameter, str(size))
            request = httpx.Request(request.method, url, headers=request.headers)
        looping = self.loop > 0
        self.loop -= looping
        if looping and not self._page.next:
            first = request.url.copy_set_param(self._page.page_parameter, str(self._page.first))
            request = httpx.Request(request.method, first, headers=request.headers)
        response = self._dated(await self._inner.handle_async_request(request))
        content = await response.aread()
        self.calls.rejected_positions += response.status_code >= 400
        if response.status_code != 200:
            return response
        versions = self._versions.setdefault(request.url, [])
        if versions[-1:] != [content]:
            versions.append(content)
        if self.stale and len(versions) > 1:
            self.stale -= 1
            content = versions[-2]
        headers = {name: response.headers[name] for name in response.headers.keys() - DECODED}
        if looping and self._page.next:
            content = self._circle(content)
        return httpx.Response(200, headers=headers, content=self._poison(content))

    def _circle(self, content: bytes) -> bytes:
        """Let the last page of a list with cursors name the first cursor of the list as the next one."""
        body = orjson.loads(content)
        cursor = at_path(body, self._page.next or ())
        self._first_cursor = self._first_cursor or cursor
        if cursor is None and self._first_cursor:
            set_path(body, self._page.next or (), self._first_cursor)
        return orjson.dumps(body)

    def _poison(self, content: bytes) -> bytes:
        if not self.poisoned:
            return content
        body = orjson.loads(content)
        rows = at_path(body, self._list.payload) if self._list.payload else body
        for place, row in enumerate(rows):
            variant = self.poisoned.get(str(at_path(row, self.trigger.source.id)))
            if variant is not None:
                rows[place] = unreadable(row, self.trigger, variant)
                self.served_poison = True
        return orjson.dumps(body)

    def _dated(self, response: httpx.Response) -> httpx.Response:
        date = self.date(parsedate_to_datetime(response.headers.pop("date")))
        if date is not None:
            response.headers["date"] = format_datetime(date, usegmt=True)
        return response

    def _empty_list(self) -> bytes:
        body: Any = []
        for step in reversed(self._list.payload):
            body = {step: body}
        return orjson.dumps(body)


def refused(offer: Integration, status: int) -> dict[str, Any]:
    """Return an error in the vendor's envelope."""
    kind = offer.errors.by_status.get(status, "unavailable")
    codes = {one: code for code, one in offer.errors.by_code.items()}
    body: dict[str, Any] = {}
    set_path(body, offer.errors.code, codes.get(kind, "REFUSED"))
    set_path(body, offer.errors.message, "Refused for the test")
    return body


def unreadable(row: dict[str, Any], trigger: Trigger, variant: int) -> Any:
    """Return a row that no trigger can use: null, without an ID, or with an ID or a time of another type."""
    source: Any = trigger.source
    when = (
        getattr(source, "changed", None) or getattr(source, "created", None) or getattr(source, "mark", None)
    )
    broken = [None, _with(row, source.id, None), _with(row, source.id, 1.5)]
    if when and at_path(row, when) is not None:
        broken.append(_with(row, when, "0000-00-00"))
    return broken[variant % len(broken)]


def _with(row: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    changed = {**row}
    changed[path[0]] = value if len(path) == 1 else _with(row[path[0]], path[1:], value)
    return changed
