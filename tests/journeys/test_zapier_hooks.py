"""Instant triggers in Zapier's core against the sandbox: subscribe, receive posts, unsubscribe."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from support import zapier
from support.all_statuses import status_paths
from support.loopback import serving
from support.sandbox import Sandbox
from support.zapier import Shop, ZapierApp

from connector.definition.compiler import integration, vendors
from connector.definition.instant import is_instant, with_instant
from connector.definition.model import Trigger
from connector.generator import write
from connector.generator.zapier import render
from connector.generator.zapier.lint import lint
from connector.generator.zapier.lint.records import leaves

HOOKED = [
    (vendor, key)
    for vendor in vendors()
    for key, trigger in with_instant(integration(vendor)).triggers.items()
    if is_instant(trigger)
]
PATIENCE = 60.0


@dataclass
class WebhookReceiver:
    """Zapier's end of a webhook: the posts received, by path."""

    url: str
    posts: dict[str, list[Any]] = field(default_factory=dict)

    def wait(self, path: str, count: int) -> list[Any]:
        """Return the posts to a path, once there are `count` of them."""
        deadline = time.monotonic() + PATIENCE
        while len(self.posts.get(path, [])) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.posts.get(path, [])


@contextmanager
def listening() -> Iterator[WebhookReceiver]:
    class Post(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers.get("content-length", 0)))
            receiver.posts.setdefault(self.path, []).append(json.loads(text))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            """Log nothing."""

    with serving(Post) as url:
        receiver = WebhookReceiver(url)
        yield receiver


@pytest.fixture(scope="module")
def assumed(
    sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], ZapierApp]]:
    """Return a vendor's app with assumed parts, in Zapier's core; one process for all its triggers."""
    with ExitStack() as open_ones:
        known: dict[str, ZapierApp] = {}

        def app(vendor: str) -> ZapierApp:
            if vendor not in known:
                folder = tmp_path_factory.mktemp(vendor)
                write.write_files(render(integration(vendor), selection="everything"), folder)
                (folder / "node_modules").symlink_to(zapier.APPS / vendor / "node_modules")
                assert lint(folder) == []
                override = {f"{vendor.upper()}_BASE_URL": sandbox.credentials(vendor)["base_url"]}
                known[vendor] = open_ones.enter_context(zapier.started(folder, **override))
            return known[vendor]

        yield app


@dataclass
class Hook:
    """One webhook trigger of a merchant, called as Zapier calls it."""

    shop: Shop
    key: str

    def run(self, perform: str, **bundle: Any) -> Any:
        method = f"triggers.{self.key}.operation.{perform}"
        return self.shop.app.run(method, auth=self.shop.auth, **bundle)

    def create_return(self) -> str:
        """Create a return as a shopper; return its id."""
        self.shop.create_return("#1")
        id_: str = self.shop.sandbox.ledger(self.shop.tenant, "return.created")[-1]["subject"]
        return id_


@pytest.mark.parametrize(("vendor", "key"), HOOKED)
def test_webhook_is_subscribed_delivered_and_unsubscribed(
    assumed: Callable[[str], ZapierApp], sandbox: Sandbox, vendor: str, key: str
) -> None:
    tenant = sandbox.tenant(f"hook-{vendor}-{HOOKED.index((vendor, key))}", seed_size=0, limits="off")
    auth = sandbox.credentials(vendor, tenant)["fields"]
    hook, source = (
        Hook(Shop(assumed(vendor), sandbox, tenant, auth, vendor), key),
        offered(vendor, key).source,
    )
    created = not getattr(source, "state", None)
    reached = getattr(source, "reached", None)
    way = (
        []
        if created
        else next(one for one in status_paths(vendor) if one and (not reached or one[-1] == reached[0]))
    )
    before = None if created else hook.create_return()
    with listening() as receiver:
        kept = hook.run("performSubscribe", targetUrl=f"{receiver.url}/first?secret=1")
        id_ = before or hook.create_return()
        hook.shop.move(id_, *way)
        posts = receiver.wait("/first?secret=1", len(way) or 1)
        assert len(posts) == (len(way) or 1)
        fired = [row for post in posts for row in hook.run("perform", cleanedRequest=post)]
        assert [at(row, source.id) for row in fired] == [id_] * (len(way) if not (created or reached) else 1)
        listed = [row for row in hook.run("performList") if at(row, source.id) == id_]
        assert t006(hook, listed, fired) == []
        hook.run("performUnsubscribe", subscribeData=kept)
        hook.run("performSubscribe", targetUrl=f"{receiver.url}/second")
        hook.shop.move(hook.create_return(), *way)
        assert receiver.wait("/second", 1)
        assert len(receiver.posts["/first?secret=1"]) == len(posts)
        hook.run("performUnsubscribe", subscribeData=kept)


def t006(hook: Hook, listed: list[Any], fired: list[Any]) -> list[str]:
    """Return the fields that the list has and the webhook has not; a user may have mapped them."""
    assert listed
    assert fired
    shown, posts = (
        {key for row in rows for key, _ in leaves(hook.shop.hydrated(row))} for rows in (listed, fired)
    )
    return sorted(shown - posts)


def offered(vendor: str, key: str) -> Trigger:
    return with_instant(integration(vendor)).triggers[key]


def at(row: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        row = row[name]
    return row


def test_at_least_one_trigger_has_a_webhook() -> None:
    assert HOOKED
