"""The sandbox's responses to the compared requests, which some peers are set up with."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

import openapi
from bench.loads import Kind
from bench.records import Request
from bench.servers import Server

VENDOR: Final = "returnmate"
"""The vendor whose API the peers serve: the only one of which every API has a list, one, and a create."""
COMPARED: Final[tuple[Kind, ...]] = ("list", "one", "create", "invalid", "unauthorized", "unknown")
NODE_MODULES: Final = Path(__file__).parents[1] / "node_modules"


class UnavailableError(Exception):
    """Raised if a peer cannot be run here; the message states why."""


@dataclass(frozen=True)
class Recorded:
    """A request of one kind, and the sandbox's response to it."""

    kind: Kind
    request: Request
    status: int
    content_type: str
    body: bytes


def record(server: Server, kind: Kind, request: Request) -> Recorded:
    """Send a request to the sandbox once; `request.path` is relative to the path of the vendor's API."""
    url = server.base_url + server.path + request.path
    answer = httpx.request(request.method, url, headers=dict(request.headers), content=request.body)
    return Recorded(kind, request, answer.status_code, answer.headers["content-type"], answer.content)


def document_with_full_page(folder: Path) -> Path:
    """Write ReturnMate's specification to a file, with an example of a list that has 25 returns.

    Mock servers that answer with the examples of a specification then answer a list as long as the sandbox's.
    """
    document: dict[str, Any] = openapi.read(VENDOR)
    content = document["paths"]["/rmas"]["get"]["responses"]["200"]["content"]["application/json"]
    content["example"]["data"] *= 25
    content["example"]["meta"] = {"page": 1, "per_page": 25, "total": 150, "total_pages": 6}
    path = folder / "returnmate.json"
    path.write_text(json.dumps(document))
    return path


def script(*parts: str) -> str:
    """Return the path of a file in `bench/node_modules`; raise `UnavailableError` if it is not installed."""
    path = NODE_MODULES.joinpath(*parts)
    if not path.is_file():
        raise UnavailableError(f"{'/'.join(parts)} is not installed in bench/node_modules")
    return str(path)


def of_kind(recorded: Sequence[Recorded], kind: Kind) -> Recorded:
    """Return the recorded response of one kind; raise `LookupError` if it is missing."""
    for one in recorded:
        if one.kind == kind:
            return one
    raise LookupError(f"No response of the kind {kind!r} was recorded.")
