"""Genuine and forged posts with signatures of Standard Webhooks, made without the library that the hub uses.

The specification: a signature is the HMAC-SHA256 of `<id>.<timestamp>.<body>` in base64, after `v1,`. The key
is the secret without `whsec_`, decoded from base64. A header may contain several signatures, separated by
spaces.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
TOLERANCE = 900
"""How many seconds the time of a post may differ from the receiver's clock."""


def secret_of(text: str) -> str:
    return "whsec_" + base64.b64encode(text.encode()).decode()


SECRET = secret_of("an example and no secret")
OTHER = secret_of("another example, no secret")
BODY = json.dumps(
    {"event_id": "r1:approved", "kind": "return_created", "data": {"note": "grün ✓"}}, ensure_ascii=False
)


def signature(secret: str, id_: str, at: str, content: str) -> str:
    """Sign a post by the specification; return one signature with its version."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    made = hmac.new(key, f"{id_}.{at}.{content}".encode(), hashlib.sha256).digest()
    return "v1," + base64.b64encode(made).decode()


@dataclass(frozen=True)
class Post:
    """A post as a receiver gets it: the names of its headers are in lower case."""

    id: str
    at: str
    signatures: str
    content: str

    @property
    def headers(self) -> dict[str, str]:
        """The three headers; one with an empty value is not sent."""
        named = {"webhook-id": self.id, "webhook-timestamp": self.at, "webhook-signature": self.signatures}
        return {name: value for name, value in named.items() if value}


def signed(content: str = BODY, *, id_: str = "evt_1", at: str = "", secret: str = SECRET) -> Post:
    """Build a genuine post; `at` is its time in seconds since the Unix epoch, by default `NOW`."""
    at = at or str(int(NOW.timestamp()))
    return Post(id_, at, signature(secret, id_, at, content), content)


def aged(seconds: int) -> Post:
    """Build a genuine post that was sent some seconds before `NOW`."""
    return signed(at=str(int(NOW.timestamp()) - seconds))


GENUINE = signed()
_RIGHT, _WRONG = GENUINE.signatures, signed(secret=OTHER).signatures
_DIGEST = base64.b64decode(_RIGHT.removeprefix("v1,"))


def _with(**changes: str) -> Post:
    return replace(GENUINE, **changes)


ACCEPTED: Mapping[str, Post] = {
    "genuine": GENUINE,
    "the last second of the tolerance": aged(TOLERANCE),
    "a sender whose clock is fast": aged(-TOLERANCE),
    "a wrong signature before the right one": _with(signatures=f"{_WRONG} {_RIGHT}"),
    "a wrong signature after the right one": _with(signatures=f"{_RIGHT} {_WRONG}"),
    "a later version before the right one": _with(signatures=f"v1a,b3RoZXI= {_RIGHT}"),
    "an ID with dots": signed(id_="evt.1.2"),
}
REFUSED: Mapping[str, Post] = {
    "another value in the body": _with(content=BODY.replace("r1", "r2")),
    "a space after the body": _with(content=f"{BODY} "),
    "the same JSON in ASCII": _with(content=json.dumps(json.loads(BODY))),
    "no body": _with(content=""),
    "another ID": _with(id="evt_2"),
    "no ID": _with(id=""),
    "another time": _with(at=str(int(GENUINE.at) + 1)),
    "no time": _with(at=""),
    "no signature": _with(signatures=""),
    "a second too old": aged(TOLERANCE + 1),
    "a second too early": aged(-TOLERANCE - 1),
    "an hour old": aged(3_600),
    "the time in milliseconds": signed(at=f"{GENUINE.at}000"),
    "a time with a fraction": signed(at=f"{GENUINE.at}.0"),
    "a time in words": signed(at=NOW.isoformat()),
    "another secret": _with(signatures=_WRONG),
    "two wrong signatures": _with(signatures=f"{_WRONG} {_WRONG}"),
    "the secret of nobody": signed(secret=secret_of("")),
    "the secret as text": _with(
        signatures="v1,"
        + base64.b64encode(
            hmac.new(SECRET.encode(), f"evt_1.{GENUINE.at}.{BODY}".encode(), hashlib.sha256).digest()
        ).decode()
    ),
    "another version": _with(signatures=_RIGHT.replace("v1,", "v2,")),
    "no version": _with(signatures=_RIGHT.removeprefix("v1,")),
    "a signature in hexadecimal": _with(signatures=f"v1,{_DIGEST.hex()}"),
    "the beginning of the signature": _with(signatures="v1," + base64.b64encode(_DIGEST[:16]).decode()),
    "more than the signature": _with(signatures="v1," + base64.b64encode(_DIGEST + b"x").decode()),
    "an empty signature": _with(signatures="v1,"),
    "a signature of the body alone": _with(
        signatures="v1,"
        + base64.b64encode(
            hmac.new(base64.b64decode(SECRET[6:]), BODY.encode(), hashlib.sha256).digest()
        ).decode()
    ),
    "a list": signed("[]"),
    "no JSON": signed("nothing"),
}
"""Posts that start nothing. The last two are signed, but contain no event."""

Starts = Callable[[Post, str], bool]
"""A function that lets an app receive a post with a stored secret, and reports whether a run starts."""


def mistakes_of(starts: Starts) -> list[str]:
    """Return what an app does wrong with the posts."""
    wrong = [f"{name}: refused" for name, post in ACCEPTED.items() if not starts(post, SECRET)]
    wrong += [f"{name}: accepted" for name, post in REFUSED.items() if starts(post, SECRET)]
    wrong += [] if starts(GENUINE, SECRET.removeprefix("whsec_")) else ["a secret without prefix: refused"]
    return wrong + [f"{one}: accepted" for one in (OTHER, "") if starts(GENUINE, one)]
