"""A road to the sandbox for programs that are not Python: lets through what the specification knows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

import httpx

from support.contract import Contract, ContractBroken
from support.loopback import serving

OF_ONE_HOP = {"connection", "transfer-encoding", "host"}


Hurdle = Callable[[httpx.Request, Callable[[], httpx.Response]], httpx.Response]


def nothing(_request: httpx.Request, passed_on: Callable[[], httpx.Response]) -> httpx.Response:
    """Be in nobody's way."""
    return passed_on()


@dataclass
class Toll:
    """Where the road begins (`url`), how many requests have passed, and what was wrong with the others.

    `hurdle` answers each request instead of the sandbox, which it may ask by calling its second argument.
    `requests` are those that came, in order; `reached` those that went on to the sandbox.
    """

    url: str
    passed: int = 0
    broken: list[str] = field(default_factory=list)
    hurdle: Hurdle = nothing
    requests: list[httpx.Request] = field(default_factory=list)
    reached: list[httpx.Request] = field(default_factory=list)

    def clear(self) -> None:
        """Take away the hurdle, and forget what has passed."""
        self.hurdle = nothing
        self.requests.clear()
        self.reached.clear()


@contextmanager
def listening(vendor: str, base_url: str) -> Iterator[Toll]:
    """Pass requests on to the sandbox's `base_url` until the block ends; others are answered by 418."""
    target = httpx.URL(base_url)
    contract = Contract(vendor, names_only=True)
    client = httpx.Client(timeout=60, verify=False)  # loading CAs takes 0.1 s

    class Road(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer in one piece: in two, the second waits 40 ms for the first's receipt
        disable_nagle_algorithm = True

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name: value for name, value in self.headers.items() if name.lower() not in OF_ONE_HOP}
            url = target.copy_with(raw_path=self.path.encode())
            request = httpx.Request(self.command, url, headers=headers, content=body or None)
            try:
                contract.check(request, target.path)
            except ContractBroken as broken:
                toll.broken.append(f"{self.command} {self.path}: {broken}")
                self.answer(httpx.Response(418, text=str(broken)))
                return
            toll.passed += 1
            toll.requests.append(request)
            self.answer(toll.hurdle(request, lambda: self.ask(request)))

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = pass_on  # noqa: N815 - http.server's names

        def ask(self, request: httpx.Request) -> httpx.Response:
            toll.reached.append(request)
            return client.send(request)

        def answer(self, response: httpx.Response) -> None:
            content = response.content
            self.send_response_only(response.status_code)
            for name, value in response.headers.items():
                if name not in OF_ONE_HOP | {"content-length"}:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    with client, serving(Road) as url:
        toll = Toll(f"{url}{target.path}")
        yield toll
