"""Sends requests to a server repeatedly, and measures the rate, the latency and the server's CPU time."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.records import Request
from bench.servers import LOAD_CORE, Server, pinned

_SENDER = Path(__file__).parent / "load.mjs"
_WARM_UP = 20


class AnswersOtherwiseError(Exception):
    """Raised if a server answers a request with another status than expected; the message states both."""


@dataclass(frozen=True)
class Figures:
    """The results for one request that was sent to a server many times.

    `rate` is the number of requests per second, `p50` and `p99` are latencies in milliseconds, and `cpu` is
    the server's CPU time per request in microseconds.
    """

    rate: float
    p50: float
    p99: float
    cpu: float


def fire(
    server: Server, requests: Sequence[Request], status: int, *, connections: int = 16, seconds: float = 2
) -> Figures:
    """Send requests in turn for some seconds, and return the results.

    Raises `AnswersOtherwiseError` if a response has another status than `status`.
    """
    _warm_up(server, requests, status)
    options = {
        "url": server.base_url,
        "connections": connections,
        "seconds": seconds,
        "requests": [
            {
                "method": request.method,
                "path": server.path + request.path,
                "headers": dict(request.headers),
                **({"body": request.body.decode()} if request.body else {}),
            }
            for request in requests
        ],
    }
    before = server.cpu
    run = subprocess.run(
        pinned(LOAD_CORE, "node", str(_SENDER)),
        input=json.dumps(options),
        capture_output=True,
        text=True,
        check=True,
    )
    used = server.cpu - before
    result = json.loads(run.stdout)
    found = " and ".join(map(str, result["statuses"])) + f" with {result['errors']} errors"
    if result["statuses"] != [status] or result["errors"] or not result["total"]:
        raise AnswersOtherwiseError(f"{found}, not {status}")
    return Figures(result["rate"], result["p50"], result["p99"], used / result["total"] * 1e6)


def _warm_up(server: Server, requests: Sequence[Request], status: int) -> None:
    with httpx.Client() as client:
        for number in range(_WARM_UP):
            request = requests[number % len(requests)]
            url = server.base_url + server.path + request.path
            answer = client.request(request.method, url, headers=request.headers, content=request.body)
            if answer.status_code != status:
                raise AnswersOtherwiseError(f"{answer.status_code}, not {status}")
