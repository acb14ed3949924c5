"""The targets of a story's subscriptions: they take deliveries, refuse them, hang, or are down."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
from standardwebhooks import Webhook

from connector.definition.paths import at_path
from connector.hub.delivering import PATIENCE

LOSES = "loses its answer"
BEHAVIOURS = ("takes", "500", "404", "hangs", "is down", "429", LOSES, "302")
"""What a target does, by the number of the act `target`."""
HOURS = 3_600
GONE = 410
ELSEWHERE = "https://elsewhere.example.net/in"


@dataclass(frozen=True)
class Post:
    """One delivery as a target received it: its `webhook-id`, the event's ID, and the event's record."""

    webhook_id: str
    event: str
    record: str
    gap: bool
    raw: Mapping[str, Any]
    at: datetime


@dataclass
class Target:
    """The target of one subscription.

    `take` is called with each post that the target accepts; it returns False to refuse the post. `arrived`
    contains when each delivery came first, and `accepted` which of them were accepted. `given_up` contains
    the records of deliveries that were still refused a day after their first attempt.
    """

    url: str
    secret: str
    subscription: str
    take: Callable[[Post], bool]
    behaviour: str = "takes"
    arrived: dict[str, Post] = field(default_factory=dict)
    accepted: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    given_up: set[str] = field(default_factory=set)
    ids: dict[str, set[str]] = field(default_factory=dict)
    events: dict[str, set[str]] = field(default_factory=dict)
    failures: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)
    """Broken promises: the name of the invariant, and a sentence."""

    def post(self, request: httpx.Request, id_path: tuple[str, ...], now: datetime) -> Post:
        """Read a delivery, and check what each of them promises."""
        headers, body = request.headers, json.loads(request.content)
        raw = body.get("raw") or body["data"]
        id_, record = headers["webhook-id"], str(at_path(raw, id_path))
        post = Post(id_, body["event_id"], record, body["gap"], raw, now)
        self.ids.setdefault(post.event, set()).add(id_)
        self.events.setdefault(id_, set()).add(post.event)
        signed = Webhook(self.secret).sign(id_, now, request.content.decode())
        if headers["webhook-signature"] != signed:
            self.problems.append(("deliveries_are_signed", f"the signature of {id_} is wrong"))
        if id_ not in self.arrived:
            self._check_order(post)
        self.arrived.setdefault(id_, post)
        return post

    def _check_order(self, post: Post) -> None:
        """Check a new delivery against the earlier ones of its record: are they over, and is there a gap?"""
        earlier = [one for one in self.arrived.values() if one.record == post.record]
        open_ = [one for one in earlier if one.webhook_id not in self.accepted]
        for one in open_:
            if post.at - one.at < PATIENCE:
                text = f"{post.event} came while {one.event} of the same record was still tried"
                self.problems.append(("order_per_return", text))
        certain = [one for one in open_ if one.webhook_id not in self.unsure]
        if (certain and not post.gap) or (post.gap and not open_):
            text = f"{post.event} says gap: {post.gap}, after {[one.event for one in open_]} were given up"
            self.problems.append(("a_gap_is_shown", text))

    async def answer(self, post: Post) -> httpx.Response:
        """Accept or refuse a delivery, as the present behaviour says."""
        kept = self.behaviour in {"takes", LOSES} and self.take(post)
        if self.behaviour == "takes" and kept:
            self.failures = 0
            self.accepted.add(post.webhook_id)
            return httpx.Response(200)
        self.failures += 1
        if self.behaviour == LOSES and kept:
            self.unsure.add(post.webhook_id)
            raise httpx.ReadError("The connection was cut.")
        first = self.arrived[post.webhook_id].at
        if post.at - first >= PATIENCE:
            self.given_up.add(post.record)
        if self.behaviour == "hangs":
            await asyncio.sleep(HOURS)
        if self.behaviour == "is down":
            raise httpx.ConnectError("The connection was refused.")
        status = int(self.behaviour) if self.behaviour.isdecimal() else 500
        headers = {429: {"retry-after": "1800"}, 302: {"location": ELSEWHERE}}.get(status, {})
        return httpx.Response(status, headers=headers)


@dataclass
class Targets(httpx.AsyncBaseTransport):
    """The network to all targets, by address; `before` is awaited after a target has taken a delivery."""

    id_path: tuple[str, ...]
    clock: Callable[[], datetime]
    known: dict[str, Target] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)
    after: Callable[[Post], Any] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = str(request.url)
        if url in self.gone:
            self.gone[url] += 1
            return httpx.Response(GONE)
        target = self.known[url]
        post = target.post(request, self.id_path, self.clock())
        answer = await target.answer(post)
        if self.after:
            await self.after(post)
        return answer
