"""Receivers of webhooks that behave well or badly, for the receiver check. They verify by hand."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from mock_server.clock import SECOND, wall
from support.loopback import serving
from support.webhook_signatures import VERIFIERS, claims_of

LARGEST = 1_000_000
URL_SECRET = "url-secret-of-a-test"


@dataclass
class Receiver:
    """A receiver of one vendor's events; the flags are its mistakes. `got` are the accepted bodies."""

    vendor: str
    secret: str
    url: str = ""
    ignores_signatures: bool = False
    ignores_age: bool = False
    trusts_the_token: bool = False
    checks_the_secret_only: bool = False
    hangs: bool = False
    always: int = 0
    fails_on_duplicates: bool = False
    redirects_to: str = ""
    crashes_on_broken_bodies: bool = False
    refuses_new_kinds: bool = False
    refuses_new_fields: bool = False
    needs_order: bool = False
    at_once: int = 1_000
    breaks_after_large_bodies: bool = False
    got: list[bytes] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _active: int = 0
    _broken: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> int:
        """Return the status of the answer to one request."""
        with self._lock:
            self._active += 1
            crowded = self._active > self.at_once
        try:
            if self.at_once < 1_000:
                time.sleep(0.03 if self._active == 1 else 0.3)  # until others arrive
            return 429 if crowded else self._decide(path, headers, body)
        finally:
            with self._lock:
                self._active -= 1

    def _decide(self, path: str, headers: dict[str, str], body: bytes) -> int:
        if self.always:
            return self.always
        if self._broken:
            return 503
        if len(body) > LARGEST:
            self._broken = self.breaks_after_large_bodies
            return 413
        if headers.get("content-type") != "application/json":
            return 415
        return self._read(path, headers, body)

    def _read(self, path: str, headers: dict[str, str], body: bytes) -> int:
        try:
            content = json.loads(body)
            authentic = self._is_authentic(path, headers, body)
        except (ValueError, KeyError, TypeError, AttributeError):
            return 500 if self.crashes_on_broken_bodies else 400
        if not isinstance(content, dict):
            return 400
        return self._process(content, body) if authentic else 401

    def _process(self, content: dict[str, object], body: bytes) -> int:
        if self.refuses_new_kinds and "something.new" in self._text(body):
            return 422
        if self.refuses_new_fields and "added_later" in content:
            return 422
        identity = self._identity(body)
        with self._lock:
            known = identity in self._seen
            self._seen.add(identity)
        if known and self.fails_on_duplicates:
            return 500
        self.got.append(body)
        return 200

    def _is_authentic(self, path: str, headers: dict[str, str], body: bytes) -> bool:
        if self.ignores_signatures:
            return True
        if self.vendor not in VERIFIERS:
            return parse_qs(urlsplit(path).query).get("key") == [URL_SECRET]
        if self.trusts_the_token and json.loads(body)["jwt"].endswith("."):
            return True
        if self.checks_the_secret_only and claims_of(body, self.secret):
            return True
        if not VERIFIERS[self.vendor](headers, body, self.secret):
            return False
        claims = claims_of(body, self.secret) if "jwt" in json.loads(body) else None
        return claims is None or self.ignores_age or wall() < claims["exp"] * SECOND

    def _text(self, body: bytes) -> str:
        claims = claims_of(body, self.secret) if b'"jwt"' in body else {}
        return body.decode() + json.dumps(claims)

    def _identity(self, body: bytes) -> str:
        content = json.loads(body)
        if "jwt" in content:
            claims = claims_of(body, self.secret) or {}
            return f"{claims.get('event')} {claims.get('return_id')}"
        return str(content.get("id", body))


Configure = Callable[[Receiver], None]


@contextmanager
def receiving(
    vendor: str, secret: str, configure: Callable[[Receiver], None] | None = None
) -> Iterator[Receiver]:
    """Run a receiver until the block ends."""
    receiver = Receiver(vendor, secret)
    if configure:
        configure(receiver)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"] or 0))
            if receiver.hangs:
                time.sleep(1)
            if receiver.redirects_to:
                self.send_response(307)
                self.send_header("Location", receiver.redirects_to)
            else:
                headers = {name.lower(): value for name, value in self.headers.items()}
                self.send_response(receiver.answer(self.path, headers, body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            """Log nothing."""

    with serving(Handler) as url:
        query = "" if vendor in VERIFIERS else f"?key={URL_SECRET}"
        receiver.url = f"{url}/hooks{query}"
        yield receiver
